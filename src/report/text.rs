//! The summary as text.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Cells, Columns, Row};
use super::number::{FigureUnit, figure, per_second};
use super::section::{self, is_informative, is_listed, section_of};
use super::style::{Palette, paint};
use super::{client, failures, parts, server};
use crate::metrics::{
    CheckSummary, MetricKind, MetricSummary, Sink, Stat, Summary, SummarySection, Tags,
    ThresholdSummary, TimeUnit, Unit,
};
use crate::units::{counted, visible};

/// The parts of a summary that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Mode {
    /// The most important metrics: without phases of requests, delays of the load generator, and metrics without samples.
    #[default]
    Compact,
    /// All metrics, and blocks for groups and scenarios if the run broke its metrics down by the tags `group` and `scenario`.
    Full,
}

/// The options of a summary.
#[derive(Debug, Clone)]
pub(crate) struct TextOptions {
    /// The parts that are shown.
    pub mode: Mode,
    /// The figures of trends.
    pub trend_stats: Vec<Stat>,
    /// The unit of all times; by default, each time has the unit that fits it.
    pub time_unit: Option<TimeUnit>,
    /// The colours.
    pub palette: Palette,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self {
            mode: Mode::Compact,
            trend_stats: Stat::TREND.to_vec(),
            time_unit: None,
            palette: Palette::PLAIN,
        }
    }
}

/// The end-of-test summary, with empty lines around it.
pub(crate) fn text(summary: &Summary, options: &TextOptions) -> String {
    let mut page = Page {
        options,
        out: String::from("\n"),
    };
    page.thresholds(&summary.thresholds);
    page.totals(summary);
    if options.mode == Mode::Full {
        page.groups(summary);
        page.scenarios(summary);
    }
    for line in failures::lines(&summary.failures, &options.palette) {
        page.line(&line);
    }
    page.notes(summary);
    let parts = (&*summary.parts, summary.start_skew);
    for line in parts::lines(parts, options.time_unit, &options.palette) {
        page.line(&line);
    }
    for line in client::lines(&summary.client, options.time_unit, &options.palette) {
        page.line(&format!("    {line}"));
    }
    page.out.push_str("\n\n");
    page.out
}

/// The thresholds of a summary alone.
pub(crate) fn thresholds_text(thresholds: &[ThresholdSummary], options: &TextOptions) -> String {
    let mut page = Page {
        options,
        out: String::from("\n"),
    };
    page.thresholds(thresholds);
    page.out
}

struct Page<'a> {
    options: &'a TextOptions,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn title(&mut self, indent: usize, mark: &str, title: &str) {
        let title = paint(self.options.palette.title, &format!("{mark} {title} "));
        self.line("");
        self.line(&format!("{:indent$}{title}", ""));
        self.line("");
    }

    fn thresholds(&mut self, thresholds: &[ThresholdSummary]) {
        if thresholds.is_empty() {
            return;
        }
        self.title(2, "█", "THRESHOLDS");
        let mut metrics: BTreeMap<(&str, &Tags), Vec<&ThresholdSummary>> = BTreeMap::new();
        for threshold in thresholds {
            metrics
                .entry((&threshold.metric, &threshold.tags))
                .or_default()
                .push(threshold);
        }
        let whole = Tags::new();
        for ((metric, tags), list) in &metrics {
            // A sub-metric is indented below its metric if that has thresholds too.
            let under = !tags.is_empty() && metrics.contains_key(&(*metric, &whole));
            let indent = if under { 6 } else { 4 };
            let metric = if under { "" } else { metric };
            let tags = if tags.is_empty() {
                String::new()
            } else {
                format!("{{{tags}}}")
            };
            self.line(&format!("{:indent$}{metric}{}", "", visible(&tags)));
            for threshold in list {
                let line = self.threshold(threshold);
                self.line(&format!("{:indent$}{line}", ""));
            }
            self.line("");
        }
    }

    fn threshold(&self, threshold: &ThresholdSummary) -> String {
        let palette = &self.options.palette;
        let mark = match threshold.ok {
            Some(true) => paint(palette.good, "✓"),
            Some(false) => paint(palette.bad, "✗"),
            None => paint(palette.warning, "-"),
        };
        let source = paint(palette.word, &format!("'{}'", threshold.source));
        let Some(value) = threshold.value else {
            return format!("{mark} {source} {}", paint(palette.extra, "no data"));
        };
        let unit = FigureUnit::of_stat(threshold.kind, threshold.unit, threshold.stat);
        let value = unit.show_in(value, self.options.time_unit);
        let stat = paint(palette.word, &format!("{}=", threshold.stat));
        format!("{mark} {source} {stat}{}", paint(palette.value, &value))
    }

    fn totals(&mut self, summary: &Summary) {
        self.title(2, "█", "TOTAL RESULTS");
        if let Some(checks) = summary.metric("checks").filter(|metric| !metric.is_empty()) {
            self.checks(
                checks,
                summary,
                &summary.checks.iter().collect::<Vec<_>>(),
                4,
            );
        }
        let mode = self.options.mode;
        let rows = summary
            .metrics
            .iter()
            .filter(|metric| mode == Mode::Full || is_informative(metric, summary))
            .flat_map(|metric| self.metric(metric))
            .collect();
        self.sections(rows, 4);
        for line in server::block(summary, &self.options.palette) {
            self.line(&line);
        }
    }

    /// The rows of a metric and its sub-metrics, each with its section.
    fn metric(&self, metric: &MetricSummary) -> Vec<(SummarySection, Row)> {
        let mode = self.options.mode;
        let mut rows = Vec::new();
        if !is_listed(&metric.name, mode) || !self.shown(metric) {
            return rows;
        }
        let section = section_of(&metric.name);
        rows.push((section, self.row(0, &metric.name, metric)));
        for part in &metric.sub_metrics {
            // With sections of their own, groups and scenarios are not shown twice.
            let apart = mode == Mode::Full && one_tag(&part.tags).is_some();
            if !apart && self.shown(part) {
                let label = part
                    .tags
                    .iter()
                    .map(|(k, v)| format!("{k}:{v}"))
                    .collect::<Vec<_>>();
                let name = format!("{{ {} }}", label.join(", "));
                rows.push((section, self.row(2, &name, part)));
            }
        }
        rows
    }

    fn shown(&self, metric: &MetricSummary) -> bool {
        // Without samples a count is zero, but a last value or an average does not exist.
        let counted = matches!(metric.kind, MetricKind::Counter | MetricKind::Rate);
        !metric.is_empty() || (self.options.mode == Mode::Full && counted)
    }

    fn row(&self, indent: usize, name: &str, metric: &MetricSummary) -> Row {
        let options = self.options;
        let cells = Cells::new(metric, &options.trend_stats, options.time_unit);
        Row {
            indent,
            name: visible(name).into_owned(),
            cells,
        }
    }

    fn sections(&mut self, mut rows: Vec<(SummarySection, Row)>, indent: usize) {
        let columns = Columns::of(rows.iter().map(|(_, row)| row));
        rows.sort_by_key(|&(section, _)| section);
        for rows in rows.chunk_by(|a, b| a.0 == b.0) {
            let title = paint(self.options.palette.title, section::title(rows[0].0));
            self.line(&format!("{:indent$}{title}", ""));
            for (_, row) in rows {
                self.line(&columns.line(row, indent, &self.options.palette));
            }
            self.line("");
        }
    }

    fn checks(
        &mut self,
        metric: &MetricSummary,
        summary: &Summary,
        list: &[&CheckSummary],
        indent: usize,
    ) {
        let Sink::Rate(all) = &metric.values else {
            return;
        };
        let seconds = summary.duration.as_secs_f64();
        let count = all.total as f64;
        let rate = if seconds > 0.0 { count / seconds } else { 0.0 };
        let total = Cells::Figures(
            figure(count, Unit::Plain, None),
            vec![per_second(rate, Unit::Plain)],
        );
        let row = |name: &str, cells| Row {
            indent: 0,
            name: name.to_owned(),
            cells,
        };
        let rows = [
            row("checks_total", total),
            row("checks_succeeded", Cells::rate(all.passes, all.total)),
            row("checks_failed", Cells::rate(all.fails(), all.total)),
        ];
        let columns = Columns::of(&rows);
        for row in &rows {
            self.line(&columns.line(row, indent, &self.options.palette));
        }
        self.line("");
        for check in list {
            // Checks with the same name in several groups are shown with their group.
            let twice = list.iter().filter(|other| other.name == check.name).count() > 1;
            let group = check.group.trim_start_matches("::");
            let name = if twice && !group.is_empty() {
                format!("{} ({group})", check.name)
            } else {
                check.name.clone()
            };
            self.check(check, &name, indent);
        }
        if !list.is_empty() {
            self.line("");
        }
    }

    fn check(&mut self, check: &CheckSummary, name: &str, indent: usize) {
        let CheckSummary { passes, fails, .. } = *check;
        let palette = self.options.palette;
        if fails == 0 {
            let name = paint(palette.good, &format!("✓ {name}"));
            return self.line(&format!("{:indent$}{name}", ""));
        }
        let percent = u128::from(passes) * 100 / (u128::from(passes) + u128::from(fails));
        let name = paint(palette.bad, &format!("✗ {name}"));
        let counts = format!("↳  {percent}% — ✓ {passes} / ✗ {fails}");
        let counts = paint(palette.bad, &counts);
        self.line(&format!("{:indent$}{name}", ""));
        self.line(&format!("{:indent$}  {counts}", ""));
    }

    fn groups(&mut self, summary: &Summary) {
        for group in values_of(summary, "group") {
            let path: Vec<&str> = group.trim_start_matches("::").split("::").collect();
            let depth = path.len() - 1;
            let mark = if depth == 0 { "█" } else { "↳" };
            let title = format!("GROUP: {}", path.last().unwrap_or(&group));
            self.title(2 + 2 * depth, mark, &title);
            let checks = summary.checks.iter().filter(|check| check.group == group);
            let checks: Vec<_> = checks.collect();
            self.part(
                summary,
                &Tags::new().with("group", group),
                &checks,
                4 + 2 * depth,
            );
        }
    }

    fn scenarios(&mut self, summary: &Summary) {
        for scenario in values_of(summary, "scenario") {
            if scenario != "default" {
                self.title(2, "█", &format!("SCENARIO: {scenario}"));
                self.part(summary, &Tags::new().with("scenario", scenario), &[], 4);
            }
        }
    }

    /// The checks and metrics of the samples with exactly these tags.
    fn part(&mut self, summary: &Summary, tags: &Tags, checks: &[&CheckSummary], indent: usize) {
        let mut rows = Vec::new();
        for metric in &summary.metrics {
            let Some(part) = metric
                .sub_metrics
                .iter()
                .find(|p| p.tags == *tags && !p.is_empty())
            else {
                continue;
            };
            if metric.name == "checks" {
                self.checks(part, summary, checks, indent);
            } else if is_listed(&metric.name, self.options.mode) {
                let row = self.row(0, &metric.name, part);
                rows.push((section_of(&metric.name), row));
            }
        }
        self.sections(rows, indent);
    }

    fn notes(&mut self, summary: &Summary) {
        let refused = (summary.rejected > 0).then(|| {
            let samples = counted(summary.rejected, "sample");
            format!("{samples} refused: not a finite number, or negative for a counter")
        });
        let notes: Vec<&String> = summary.notes.iter().chain(&refused).collect();
        if notes.is_empty() {
            return;
        }
        let title = paint(self.options.palette.title, "NOTES");
        self.line(&format!("    {title}"));
        for note in notes {
            self.line(&format!("    {}", visible(note)));
        }
        self.line("");
    }
}

/// The value of the tag `group` or `scenario`, if that is the only tag.
fn one_tag(tags: &Tags) -> Option<(&str, &str)> {
    let mut all = tags.iter();
    let only = all
        .next()
        .filter(|(key, _)| matches!(*key, "group" | "scenario"))?;
    all.next().is_none().then_some(only)
}

/// The values of a tag by which the metrics are broken down, except for samples outside of all groups.
fn values_of<'a>(summary: &'a Summary, tag: &str) -> BTreeSet<&'a str> {
    let parts = summary
        .metrics
        .iter()
        .flat_map(|metric| &metric.sub_metrics);
    parts
        .filter(|part| !part.is_empty())
        .filter_map(|part| one_tag(&part.tags))
        .filter(|(key, value)| *key == tag && !value.is_empty())
        .map(|(_, value)| value)
        .collect()
}

#[cfg(test)]
mod tests;

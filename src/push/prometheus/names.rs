//! Names and labels of series in Prometheus.

use super::sample::Labels;
use crate::metrics::{MetricKind, SeriesInfo, Stat, Tags, Unit};
use crate::push::RunContext;

/// The prefix of k6's metrics. With it, names and labels are those of k6, for its dashboards.
pub(super) const K6: &str = "k6_";

/// The suffix of a metric's name, by the pushed value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Suffix {
    /// A sum that grows.
    Total,
    /// A plain value.
    Value,
    /// A share.
    Rate,
    /// The passes of a rate, which can be summed.
    Passes,
    /// All samples of a rate, which can be summed.
    Samples,
    /// A distribution.
    Histogram,
    /// A statistic of a distribution.
    Stat(Stat),
}

/// The name of a metric in the store.
pub(super) fn name(prefix: &str, info: &SeriesInfo, suffix: Suffix) -> String {
    let base = &info.metric;
    match suffix {
        // A suffix that the name already has is not repeated.
        Suffix::Total => with_ending(prefix, base, "_total"),
        Suffix::Value => format!("{prefix}{base}"),
        Suffix::Rate => with_ending(prefix, base, "_rate"),
        Suffix::Passes => format!("{prefix}{base}_passes_total"),
        Suffix::Samples => format!("{prefix}{base}_samples_total"),
        Suffix::Histogram => match info.unit {
            Unit::Time => with_ending(prefix, base, "_seconds"),
            Unit::Data => with_ending(prefix, base, "_bytes"),
            Unit::Plain => format!("{prefix}{base}"),
        },
        Suffix::Stat(stat) => format!("{prefix}{base}_{}", stat_name(stat)),
    }
}

fn with_ending(prefix: &str, base: &str, suffix: &str) -> String {
    let base = base.strip_suffix(suffix).unwrap_or(base);
    format!("{prefix}{base}{suffix}")
}

/// `p99` for `p(99)`, `p99_9` for `p(99.9)`.
fn stat_name(stat: Stat) -> String {
    let name = stat.to_string();
    let name = name.replace(['(', ')'], "");
    name.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// The default suffixes of a kind of metric.
pub(super) fn suffixes(kind: MetricKind) -> &'static [Suffix] {
    match kind {
        MetricKind::Counter => &[Suffix::Total],
        MetricKind::Gauge => &[Suffix::Value],
        MetricKind::Rate => &[Suffix::Rate, Suffix::Passes, Suffix::Samples],
        MetricKind::Trend => &[Suffix::Histogram],
    }
}

/// The labels of all series of a run.
pub(super) fn common(about: &RunContext, prefix: &str) -> Vec<(String, String)> {
    let mut labels = vec![("run".to_owned(), about.id.clone())];
    if prefix == K6 {
        // k6's dashboards select a run by this label.
        labels.push(("testid".to_owned(), about.id.clone()));
    }
    if let Some(part) = about.run.part {
        // Parts of one run write separate series.
        labels.push(("part".to_owned(), part.index().to_string()));
    }
    for (name, value) in &about.labels {
        add(&mut labels, name, value);
    }
    labels
}

/// The name and all labels of a series, sorted as the protocol requires.
pub(super) fn labels(name: &str, tags: &Tags, common: &[(String, String)]) -> Labels {
    let mut labels = vec![("__name__".to_owned(), name.to_owned())];
    labels.extend_from_slice(common);
    for (name, value) in tags.iter() {
        add(&mut labels, name, value);
    }
    labels.sort();
    labels.into()
}

/// Adds a label. A duplicate name is changed, since stores reject duplicate labels.
fn add(labels: &mut Vec<(String, String)>, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    let mut name = label(name);
    while labels.iter().any(|(taken, _)| *taken == name) {
        name = format!("tag_{name}");
    }
    labels.push((name, value.to_owned()));
}

/// A valid label name: `[a-zA-Z_][a-zA-Z0-9_]*`, without two leading underscores.
fn label(name: &str) -> String {
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_");
    if name.starts_with("__") || !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return format!("tag_{}", name.trim_start_matches('_'));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{SeriesRole, Tags};

    fn info(metric: &str, kind: MetricKind, unit: Unit, tags: Tags) -> SeriesInfo {
        SeriesInfo {
            metric: metric.to_owned(),
            kind,
            unit,
            tags,
            role: SeriesRole::Whole,
        }
    }

    #[test]
    fn names_are_those_of_k6_and_of_prometheus() {
        let named = |metric: &str, kind, unit, suffix| {
            name("k6_", &info(metric, kind, unit, Tags::new()), suffix)
        };
        let p = |percent| Suffix::Stat(Stat::Percentile(percent));
        for (got, name) in [
            (
                named("http_reqs", MetricKind::Counter, Unit::Plain, Suffix::Total),
                "k6_http_reqs_total",
            ),
            (
                named("x_total", MetricKind::Counter, Unit::Plain, Suffix::Total),
                "k6_x_total",
            ),
            (
                named("vus", MetricKind::Gauge, Unit::Plain, Suffix::Value),
                "k6_vus",
            ),
            (
                named("checks", MetricKind::Rate, Unit::Plain, Suffix::Rate),
                "k6_checks_rate",
            ),
            (
                named("d", MetricKind::Trend, Unit::Time, Suffix::Histogram),
                "k6_d_seconds",
            ),
            (
                named("d", MetricKind::Trend, Unit::Data, Suffix::Histogram),
                "k6_d_bytes",
            ),
            (
                named("d", MetricKind::Trend, Unit::Plain, Suffix::Histogram),
                "k6_d",
            ),
            (
                named("d", MetricKind::Trend, Unit::Time, p(99.0)),
                "k6_d_p99",
            ),
            (
                named("d", MetricKind::Trend, Unit::Time, p(99.9)),
                "k6_d_p99_9",
            ),
            (
                named("d", MetricKind::Trend, Unit::Time, Suffix::Stat(Stat::Max)),
                "k6_d_max",
            ),
        ] {
            assert_eq!(got, name);
        }
    }

    #[test]
    fn labels_are_sorted_and_valid() {
        let about = RunContext {
            id: "r1".to_owned(),
            run: crate::record::RunMetadata::default(),
            labels: vec![("Build-No".to_owned(), "7".to_owned())],
        };
        let tags = Tags::new()
            .with("run", "mine")
            .with("__x", "1")
            .with("9", "n")
            .with("group", "");
        let labels = labels("ssel_m", &tags, &common(&about, "ssel_"));
        let text: Vec<String> = labels.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(
            text,
            [
                "Build_No=7",
                "__name__=ssel_m",
                "run=r1",
                "tag_9=n",
                "tag_run=mine",
                "tag_x=1"
            ]
        );
        assert!(common(&about, "k6_").contains(&("testid".to_owned(), "r1".to_owned())));
    }
}

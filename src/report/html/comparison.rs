//! The page of a comparison: a table, and both sides in the same charts.

use serde_json::{Value, json};

use crate::compare::{ChangeVerdict, Comparison};
use crate::metrics::{Histogram, Sink, Tags};
use crate::record::{Frame, Record};
use crate::report::comparison::{change_text, figure_text};

use super::charts::{Chart, ChartLine, charts, frame, trends};
use super::element::{Cell, Table, figure, grid, verdict};
use super::svg::{Plot, Scale};
use super::{Document, assemble, headline};
use crate::report::number::FigureUnit;

/// The page of a comparison. If a side has several runs, the charts show the first.
pub(crate) fn comparison_page(comparison: &Comparison, base: &[Record], new: &[Record]) -> String {
    let (Some(old), Some(fresh)) = (base.first(), new.first()) else {
        return String::new();
    };
    let doubts = comparison.doubts.iter();
    let pairs = pairs(old, fresh);
    let charts = pairs.iter().map(|(chart, _)| {
        let sentence = format!(
            "{}: both runs over the time since their start.",
            chart.title
        );
        frame(&chart.id, &chart.title, "", &sentence, false, "")
    });
    let (base, new) = (headline::title(old), headline::title(fresh));
    let sides = (headline::subtitle(old), headline::subtitle(fresh));
    assemble(&Document {
        heading: &format!("{new} compared with {base}"),
        subtitle: &format!("base: {}<br>new: {}", sides.0, sides.1),
        top: &doubts
            .map(|doubt| verdict("warn", doubt))
            .collect::<String>(),
        sections: vec![
            ("changes", "Changes", table(comparison)),
            ("time", "Over time", grid(&charts.collect::<String>())),
            (
                "distributions",
                "Distributions",
                grid(&distributions(old, fresh)),
            ),
        ],
        data: &data(old, fresh, &pairs),
        events: None,
    })
}

fn table(comparison: &Comparison) -> String {
    let head = [
        "metric",
        "figure",
        "base",
        "new",
        "change",
        "95% interval",
        "",
    ];
    let mut table = Table::new("Each figure on both sides", head).sortable();
    for row in &comparison.rows {
        let class = match row.verdict {
            ChangeVerdict::Better => "good-text",
            ChangeVerdict::Worse => "bad-text",
            ChangeVerdict::Different => "warn-text",
            _ => "quiet",
        };
        let (change, interval) = change_text(row);
        let figure = |value: Option<f64>| Cell::figure(value, |value| figure_text(row, value));
        table.rows.push(vec![
            Cell::text(&row.selector),
            Cell::text(row.stat.to_string()),
            figure(row.base),
            figure(row.new),
            Cell::text(change),
            Cell::text(interval),
            Cell::Word(row.verdict.text().to_owned(), class),
        ]);
    }
    table.html()
}

/// The charts that both runs have.
fn pairs(base: &Record, new: &Record) -> Vec<(Chart, Chart)> {
    let mut others = charts(new);
    charts(base)
        .into_iter()
        .filter_map(|chart| {
            let at = others.iter().position(|other| other.id == chart.id)?;
            Some((chart, others.swap_remove(at)))
        })
        .collect()
}

/// Both runs over the time of the longer one.
fn data(base: &Record, new: &Record, pairs: &[(Chart, Chart)]) -> Value {
    let is_longer = new.frames.len() > base.frames.len();
    let longer = if is_longer { new } else { base };
    let frames = longer.frames.iter();
    let (times, lengths): (Vec<f64>, Vec<f64>) = frames
        .map(|frame| (frame.end().as_secs_f64(), frame.length.as_secs_f64()))
        .unzip();
    let values = |record: &Record, line: &ChartLine| -> Vec<Option<f64>> {
        let spans = times.iter().zip(&lengths);
        let middles = spans.map(|(end, length)| end - length / 2.0);
        middles.map(|at| line.value(at_time(record, at)?)).collect()
    };
    let chart = |(base_chart, new_chart): &(Chart, Chart)| {
        let side = |record, chart: &Chart, name: &str, color: usize| -> Vec<Value> {
            let line = |line: &ChartLine| json!({ "name": format!("{} {name}", line.name), "values": values(record, line), "color": color, "thin": line.thin });
            chart.lines.iter().map(line).collect()
        };
        let mut series = side(base, base_chart, "base", 0);
        series.extend(side(new, new_chart, "new", 1));
        json!({ "id": base_chart.id, "unit": base_chart.unit.name(), "log": base_chart.log, "series": series })
    };
    json!({ "t": times, "len": lengths, "charts": pairs.iter().map(chart).collect::<Vec<_>>() })
}

/// The frame that contains a moment of a run.
fn at_time(record: &Record, at: f64) -> Option<&Frame> {
    record
        .frames
        .iter()
        .find(|frame| frame.start.as_secs_f64() <= at && at < frame.end().as_secs_f64())
}

/// The percentiles of each trend that both runs have, as two lines.
fn distributions(base: &Record, new: &Record) -> String {
    let plot = |(series, title): (usize, String)| {
        let metric = &base.series[series].metric;
        let histogram = |record: &Record| match record.total(metric, &Tags::new())? {
            Sink::Trend(trend) => Some(trend.histogram()),
            _ => None,
        };
        let (old, fresh) = (histogram(base)?, histogram(new)?);
        let unit = FigureUnit::of(old.unit());
        let percents = [0.0, 25.0, 50.0, 75.0, 90.0, 95.0, 98.0, 99.0];
        let line = |histogram: &Histogram| -> Vec<(f64, f64)> {
            percents
                .iter()
                .map(|percent| (*percent, histogram.percentile(*percent)))
                .collect()
        };
        let (old_line, new_line) = (line(&old), line(&fresh));
        let y = Scale::linear(old_line.iter().chain(&new_line).map(|(_, value)| *value));
        let x_ticks: Vec<(f64, String)> = percents
            .iter()
            .map(|p| (*p, format!("p{p}")))
            .filter(|(p, _)| !matches!(*p, 95.0 | 98.0))
            .collect();
        let sentence = format!(
            "{title}: median {} and {}, p99 {} and {}.",
            unit.show(old.percentile(50.0)),
            unit.show(fresh.percentile(50.0)),
            unit.show(old.percentile(99.0)),
            unit.show(fresh.percentile(99.0))
        );
        let plot = Plot::new(Scale::fixed(0.0, 100.0), y)
            .x_axis(&x_ticks)
            .y_axis(unit)
            .line(0, &old_line)
            .line(1, &new_line)
            .named(0, "base")
            .named(1, "new")
            .html(&sentence);
        Some(figure(&title, "", &plot))
    };
    trends(base).into_iter().filter_map(plot).collect()
}

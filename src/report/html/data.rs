//! The data of a page as JSON, for its script.

use serde_json::{Value, json};

use super::charts::{Chart, charts};
use super::heat::histogram;
use super::{fragments, heat, streams};
use crate::metrics::Tags;
use crate::record::{Frame, Record};

/// A frame whose 99th percentile of lag reaches this is marked; it is the limit of the verdict on the client.
const LATE: f64 = crate::metrics::LAG_LIMIT;

/// The data of all charts.
pub(super) fn whole(record: &Record) -> Value {
    let frames = &record.frames;
    let line = |line: &super::charts::ChartLine| {
        let values: Vec<Value> = frames
            .iter()
            .map(|frame| number(line.value(frame)))
            .collect();
        json!({ "name": line.name, "values": values, "thin": line.thin, "color": line.color })
    };
    let chart = |chart: &Chart| {
        json!({
            "id": chart.id, "unit": chart.unit.name(), "log": chart.log, "bands": chart.bands,
            "series": chart.lines.iter().map(line).collect::<Vec<_>>(),
        })
    };
    let lag: Vec<Value> = frames
        .iter()
        .map(|frame| number(lag(record, frame)))
        .collect();
    json!({
        "t": frames.iter().map(|frame| rounded(frame.end().as_secs_f64())).collect::<Vec<_>>(),
        "len": frames.iter().map(|frame| rounded(frame.length.as_secs_f64())).collect::<Vec<_>>(),
        "limited": limited(record),
        "lag": lag,
        "charts": charts(record).iter().map(chart).collect::<Vec<_>>(),
        "heat": heat::heat_map(record).iter().map(super::heat::HeatMap::data).collect::<Vec<_>>(),
        "lanes": streams::data(record),
    })
}

/// The event with the whole page: the first one of a live page, and the one after old frames were merged.
pub(crate) fn whole_event(record: &Record) -> Value {
    let mut data = whole(record);
    data["html"] = json!(fragments(record, true));
    data
}

/// The event with the latest frame of a live page: a figure for each line of each chart, and the changed parts of the page.
pub(crate) fn frame_event(record: &Record) -> Option<Value> {
    let frame = record.frames.last()?;
    let values = |chart: &Chart| {
        let values = chart.lines.iter().map(|line| number(line.value(frame)));
        (chart.id.clone(), values.collect::<Vec<_>>())
    };
    let charts: std::collections::BTreeMap<_, _> = charts(record).iter().map(values).collect();
    let heat: serde_json::Map<String, Value> = heat::heat_map(record)
        .iter()
        .map(|map| {
            let (from, to) = map.rows();
            (
                map.id.clone(),
                json!({ "cells": map.cells(frame), "from": from, "to": to }),
            )
        })
        .collect();
    Some(json!({
        "t": rounded(frame.end().as_secs_f64()),
        "len": rounded(frame.length.as_secs_f64()),
        "limited": limited(record),
        "lag": number(lag(record, frame)),
        "charts": charts,
        "heat": heat,
        "html": fragments(record, false),
    }))
}

/// The lag of the client in a frame, at its 99th percentile.
fn lag(record: &Record, frame: &Frame) -> Option<f64> {
    let series = record.find("client_lag", &Tags::new())?;
    Some(histogram(frame, series)?.percentile(99.0))
}

/// Spans in which the client was late, in seconds since the start of the run.
fn limited(record: &Record) -> Vec<[f64; 2]> {
    let mut spans: Vec<[f64; 2]> = Vec::new();
    for frame in &record.frames {
        if lag(record, frame).is_none_or(|lag| lag <= LATE) {
            continue;
        }
        let (start, end) = (
            rounded(frame.start.as_secs_f64()),
            rounded(frame.end().as_secs_f64()),
        );
        match spans.last_mut() {
            Some([_, last]) if *last >= start - 0.01 => *last = end,
            _ => spans.push([start, end]),
        }
    }
    spans
}

/// Rounds to four significant digits, which is the precision of a chart.
fn number(value: Option<f64>) -> Value {
    let Some(value) = value.filter(|value| value.is_finite()) else {
        return Value::Null;
    };
    let text = format!("{value:.3e}");
    text.parse::<f64>().map_or(Value::Null, Value::from)
}

/// Rounds to milliseconds.
fn rounded(seconds: f64) -> f64 {
    (seconds * 1e3).round() / 1e3
}

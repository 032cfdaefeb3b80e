//! The report page: one self-contained HTML file, made from a record.
//!
//! The page is complete without JavaScript: every chart has a sentence and a table, and distributions are drawn here as SVG.
//! `page.js` draws the charts over time from the data at the end of the page. A live page is the same page; it takes
//! further frames from an event stream, see [`frame_event`].

#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a page is built once, and its pieces are easier to read in one line"
)]

mod about;
mod charts;
mod comparison;
mod curve;
mod data;
mod distribution;
mod element;
mod figure;
mod headline;
mod heat;
mod judgement;
mod llm;
mod server;
mod streams;
mod svg;
mod tables;

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;

use self::element::escape;
use crate::record::Record;

pub(crate) use self::comparison::comparison_page;
pub(crate) use self::curve::{GOAL, LOAD_SECONDS, SweepLevel, sweep_page};
pub(crate) use self::data::{frame_event, whole_event};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const UPLOT_SCRIPT: &str = include_str!("vendor/uPlot.iife.min.js");
const UPLOT_STYLE: &str = include_str!("vendor/uPlot.min.css");
const UPLOT_LICENCE: &str = include_str!("vendor/uPlot-LICENSE.txt");

/// A section of the page: its id, title and content. A section without content is not shown.
type Section = (&'static str, &'static str, String);

/// The page of a record; for several loads, their curve.
pub(crate) fn page(record: &Record) -> String {
    let levels = record.levels();
    if !levels.is_empty() {
        return curve::page_of_levels(record, levels);
    }
    document(record, None)
}

/// The page of a run in progress, which receives the event stream at `events`.
pub(crate) fn live_page(record: &Record, events: &str) -> String {
    document(record, Some(events))
}

/// The parts of a page that change during a run, by the id of their element. Those with charts are included only if the page is
/// redrawn completely.
fn fragments(record: &Record, with_charts: bool) -> BTreeMap<&'static str, String> {
    let is_wanted = |(id, ..): &Section| match *id {
        "time" | "lanes" => with_charts,
        id => id != "about",
    };
    let top = ("headline", "", headline::content(record));
    std::iter::once(top)
        .chain(sections_of(record))
        .filter(is_wanted)
        .map(|(id, _, content)| (id, content))
        .collect()
}

/// The ids of the charts on the page of a record. A live page with other charts is redrawn completely.
pub(crate) fn chart_ids(record: &Record) -> Vec<String> {
    charts::charts(record)
        .into_iter()
        .map(|chart| chart.id)
        .collect()
}

fn sections_of(record: &Record) -> Vec<Section> {
    vec![
        (
            "judgement",
            "Thresholds, checks and failures",
            judgement::content(record),
        ),
        ("time", "Over time", charts::content(record)),
        ("llm", "Language model", llm::content(record)),
        ("server", "Server", server::content(record)),
        (
            "distributions",
            "Distributions",
            distribution::content(record),
        ),
        ("lanes", "Streams", streams::content(record)),
        ("metrics", "Metrics", tables::metrics(record)),
        ("parts", "By tag", tables::parts(record)),
        ("about", "About this run", about::content(record)),
    ]
}

fn document(record: &Record, events: Option<&str>) -> String {
    let shown = |(_, _, content): &Section| events.is_some() || !content.is_empty();
    assemble(&Document {
        heading: &headline::title(record),
        subtitle: &headline::subtitle(record),
        top: &format!("<div id=\"headline\">{}</div>\n", headline::content(record)),
        sections: sections_of(record).into_iter().filter(shown).collect(),
        data: &data::whole(record),
        events,
    })
}

/// The content of a page.
struct Document<'a> {
    heading: &'a str,
    subtitle: &'a str,
    /// The content before the sections.
    top: &'a str,
    sections: Vec<Section>,
    data: &'a serde_json::Value,
    events: Option<&'a str>,
}

fn assemble(document: &Document<'_>) -> String {
    // A live page may connect to its own origin, a saved page to nothing.
    let (connect, live, state) = match document.events {
        Some(events) => (
            "; connect-src 'self'",
            format!(" data-live=\"{}\"", escape(events)),
            " <span id=\"live\" role=\"status\">connecting</span>",
        ),
        None => ("", String::new(), ""),
    };
    let Document {
        heading,
        subtitle,
        top,
        sections,
        data,
        ..
    } = document;
    let mut links = String::new();
    let mut body = String::new();
    for (id, heading, content) in sections {
        links += &format!("<li><a href=\"#s-{id}\">{heading}</a></li>");
        body += &format!(
            "<section aria-labelledby=\"s-{id}\"><h2 id=\"s-{id}\">{heading}</h2><div id=\"{id}\">{content}</div></section>\n"
        );
    }
    let (heading, version) = (escape(heading), env!("CARGO_PKG_VERSION"));
    let packed = packed(data);
    format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:{connect}">
<title>{heading} – ssel</title>
<style>{UPLOT_STYLE}</style>
<style>{STYLE}</style>
</head>
<body{live}>
<a class="skip" href="#main">Skip to the figures</a>
<header class="top"><h1>{heading}</h1><p>{subtitle}{state}</p><button id="theme" type="button" hidden>Light or dark</button></header>
<nav aria-label="Sections"><ul>{links}</ul></nav>
<main id="main">
{top}{body}</main>
<footer>Made by ssel {version}. Charts: uPlot.</footer>
<!--
{UPLOT_LICENCE}-->
<script type="application/octet-stream" id="data">{packed}</script>
<script>{UPLOT_SCRIPT}</script>
<script>{SCRIPT}</script>
</body>
</html>
"##
    )
}

/// JSON as the script in the page decompresses it: raw deflate in base64.
fn packed(data: &serde_json::Value) -> String {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    let written = encoder.write_all(data.to_string().as_bytes());
    // Writing to memory does not fail.
    let bytes = written.and_then(|()| encoder.finish()).unwrap_or_default();
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests;

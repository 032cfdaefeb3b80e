//! What the servers beside the run said of themselves.

use super::element::{Cell, Table};
use crate::record::Record;
use crate::report::server::{lines, ours};
use crate::scrape::{Findings, is_known};

/// The figures that the metrics of servers come to.
pub(super) fn content(record: &Record) -> String {
    if !record.series.iter().any(|info| is_known(&info.metric)) {
        return String::new();
    }
    let summary = record.summary();
    let Some(findings) = Findings::of(&summary) else {
        return String::new();
    };
    let mut table = Table::new("What the server says", ["figure", "value"]);
    let rows = lines(&findings, &ours(&summary)).into_iter();
    table.rows = rows
        .map(|(label, words)| vec![Cell::text(label), Cell::text(words)])
        .collect();
    table.html()
}

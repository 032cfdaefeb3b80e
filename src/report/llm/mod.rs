//! The texts of `ssel llm`: [`llm_live()`] during the run, [`llm_result()`] at its end, and [`llm_curve()`] for several levels
//! of load.

use crate::llm::Statistics;

mod curve;
mod economics;
mod latencies;
mod live;
mod probe;
mod remarks;
mod result;
mod servers;
mod steady;
mod turns;

pub(crate) use curve::{CurveRow, llm_curve};
pub(crate) use live::{LlmLive, llm_live};
pub(crate) use probe::ProbeFigures;
pub(crate) use result::{LlmResult, llm_result};

/// Formats seconds as milliseconds.
fn millis(seconds: f64) -> String {
    format!("{:.2}", seconds * 1e3)
}

/// Formats a statistic of times in milliseconds; `-` without samples.
fn time(times: &Statistics, seconds: f64) -> String {
    match times.count {
        0 => "-".to_owned(),
        _ => millis(seconds),
    }
}

#[cfg(test)]
mod tests;

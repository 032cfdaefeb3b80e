//! The screen of `ssel llm`: [`llm_result()`] at its end, [`llm_curve()`] for several levels of load, [`llm_live()`]
//! during the run.

use crate::llm::Statistics;

mod bystander;
mod curve;
mod economics;
mod latencies;
mod live;
mod remarks;
mod result;
mod servers;
mod steady;
mod turns;

pub(crate) use bystander::Bystander;
pub(crate) use curve::{CurveRow, llm_curve};
pub(crate) use live::{LlmLive, llm_live};
pub(crate) use result::{FailureLine, LlmResult, llm_result};

/// Seconds as milliseconds.
fn millis(seconds: f64) -> String {
    format!("{:.2}", seconds * 1e3)
}

/// A figure of times in milliseconds; `-` without samples.
fn time(times: &Statistics, seconds: f64) -> String {
    match times.count {
        0 => "-".to_owned(),
        _ => millis(seconds),
    }
}

#[cfg(test)]
mod tests;

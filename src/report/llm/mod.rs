//! A benchmark of an inference server on the screen: [`llm_result()`] at its end, [`llm_curve()`] for several levels of load,
//! [`llm_live()`] while it runs.

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

#[cfg(test)]
mod tests;

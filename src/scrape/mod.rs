//! The metrics of servers in the text format of Prometheus: parsed and summarized. Pure and plain data.
//!
//! ```text
//! a page of /metrics ──> [`Exposition`] ──> [`Window`] ──> [`ScrapedValue`]s: increases of counters, values of gauges
//!                                                        │  recorded as metrics of the run
//!                                                        v
//!                                                     [`Findings`]: hit rate, peaks, the server's own TTFT
//! ```

mod findings;
mod known;
#[cfg(feature = "llm")]
mod text;
#[cfg(feature = "llm")]
mod window;

pub(crate) use self::findings::Findings;
pub(crate) use self::known::{Wanted, charted, is_known};
#[cfg(feature = "llm")]
pub(crate) use self::text::Exposition;
#[cfg(test)]
pub(crate) use self::text::NotMetrics;
#[cfg(feature = "llm")]
pub(crate) use self::window::{ScrapedValue, Window};

#[cfg(test)]
mod tests;

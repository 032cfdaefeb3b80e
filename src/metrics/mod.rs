//! The metrics engine: registers metrics, aggregates samples, and evaluates thresholds. Pure: no clock, no lock that is
//! held for long, no output.
//!
//! # How a sample travels
//!
//! ```text
//! worker thread                              collecting thread
//! Recorder::series (once)  -> Series
//! Recorder::add (each one) -> its own shard  ── swapped for an empty one ──> Totals ──> Summary
//!                                                                               └─────> Threshold::evaluate
//!                          -> its own log    ── if asked for: Registry::keep_samples ──> Registry::take_samples
//! ```
//!
//! - A [`Registry`] knows the metrics of a run and the parts they are broken into; each part has one number, the
//!   index of its sink in every shard.
//! - A [`Recorder`] is one worker's way in. Its lock is only ever contended while the collector swaps the shard, which
//!   takes nanoseconds; merging happens outside. What was recorded is never lost, even if its thread never comes back.
//! - A [`Sample`] by itself is kept only where [`Registry::keep_samples`] was called, and only until it is taken.
//! - [`Totals`] are the merged shards. A [`Summary`] is the plain result of a run, for whoever prints it.
//!
//! Memory depends on the number of metrics and their parts, never on the length of the run: a [`Trend`] keeps a few
//! thousand samples as they are and histograms past that, and every split of a metric by tags is bounded.

mod builtin;
mod catalog;
mod cell;
mod client;
mod dense;
mod distribution;
mod error;
mod exponential;
mod failures;
mod hdr;
mod histogram;
mod id;
mod kind;
mod known;
mod locks;
mod percentile;
mod recent;
mod recorder;
mod registry;
mod samples;
mod selector;
mod sink;
mod split;
mod stat;
mod streams;
mod summary;
mod tags;
mod tally;
mod threshold;
mod threshold_parser;
mod totals;
mod trend;

pub(crate) use builtin::{Better, Llm, Section, builtin, is_llm};
pub(crate) use catalog::Catalog;
#[doc(hidden)]
pub use catalog::Part;
pub use catalog::SeriesInfo;
pub(crate) use client::{Client, ClientFacts, ClientLimit, ClientVerdict, LAG_LIMIT, LimitCause};
pub(crate) use distribution::Distribution;
pub use error::MetricError;
pub(crate) use error::SelectorError;
pub(crate) use exponential::{Exponential, Layout};
pub(crate) use failures::{Failure, FailureKey, Failures};
pub use histogram::Histogram;
pub use id::MetricId;
#[doc(hidden)]
pub use id::SinkId;
pub(crate) use id::Target;
pub use kind::{Kind, Unit};
pub(crate) use recent::Recent;
pub use recorder::{Recorder, Series};
pub use registry::Registry;
pub use samples::Sample;
pub(crate) use selector::Selector;
pub use sink::{Counter, Gauge, Rate, Sink};
pub(crate) use split::Warning;
pub(crate) use stat::{Stat, StatError, TimeUnit};
pub(crate) use streams::{Keep, Reservoir, Stream, Ticket};
pub use summary::{CheckSummary, MetricSummary, SubMetric, Summary, ThresholdSummary, Values};
pub(crate) use summary::{PartOutcome, PartSummary, RunFacts};
pub use tags::Tags;
#[cfg(test)]
pub(crate) use tally::{ErrorCounts, FirstErrors};
pub(crate) use tally::{StreamTally, Tally, Unfinished};
pub(crate) use threshold::{Outcome, Threshold, ThresholdError, Verdict};
pub(crate) use threshold_parser::{Expression, Limit};
#[doc(hidden)]
pub use totals::Totals;
pub use trend::Trend;

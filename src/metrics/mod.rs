//! The metrics engine: registers metrics, aggregates samples, and evaluates thresholds. Pure: no clock, no lock that is
//! held for long, no output.
//!
//! # The path of a sample
//!
//! ```text
//! worker thread                              collecting thread
//! Recorder::series (once)  -> Series
//! Recorder::add (each one) -> its own shard  ── swapped for an empty one ──> Totals ──> Summary
//!                                                                               └─────> Threshold::evaluate
//!                          -> its own log    ── if enabled: Registry::keep_samples ──> Registry::take_samples
//! ```
//!
//! - A [`Registry`] knows the metrics of a run and their sub-metrics; each has a number, the index of its sink in every
//!   shard.
//! - Each worker records through a [`Recorder`]. Its lock is contended only while the collector swaps the shard, which
//!   takes nanoseconds; merging happens outside of it. Samples are never lost, even if their thread hangs.
//! - Individual [`Sample`]s are kept only after [`Registry::keep_samples`], and only until they are taken.
//! - [`Totals`] are the merged shards. A [`Summary`] is the result of a run as plain data.
//!
//! Memory depends on the number of metrics and sub-metrics, not on the length of the run: a [`Trend`] keeps up to 10,000
//! samples and then a histogram, and the number of sub-metrics is bounded.

mod bucket;
mod bucket_counts;
mod builtin;
mod catalog;
mod client;
mod distribution;
mod error;
mod exponential;
mod failures;
mod hdr;
mod histogram;
mod id;
mod kind;
mod known;
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

pub(crate) use builtin::{Better, Llm, SummarySection, builtin, is_llm};
pub(crate) use catalog::Catalog;
pub use catalog::SeriesInfo;
#[doc(hidden)]
pub use catalog::SeriesRole;
pub(crate) use client::{
    ClientAudit, ClientFacts, ClientLimit, ClientVerdict, LAG_LIMIT, LimitCause,
};
pub(crate) use distribution::Distribution;
pub use error::MetricError;
pub(crate) use error::SelectorError;
pub(crate) use exponential::{Exponential, Layout};
pub(crate) use failures::{FailureCount, FailureKey, Failures};
pub use histogram::Histogram;
pub use id::MetricId;
pub(crate) use id::SeriesRef;
#[doc(hidden)]
pub use id::SinkId;
pub use kind::{MetricKind, Unit};
pub(crate) use recent::Recent;
pub use recorder::{Recorder, Series};
pub use registry::Registry;
pub use samples::Sample;
pub(crate) use selector::Selector;
pub use sink::{Aggregation, Counter, Gauge, Rate, Sink, TrendSamples};
pub(crate) use split::Warning;
pub(crate) use stat::{Stat, StatError, TimeUnit};
pub(crate) use streams::{Keep, Reservoir, SampledStream, StreamTicket};
pub use summary::{CheckSummary, MetricSummary, Summary, ThresholdSummary};
pub(crate) use summary::{PartOutcome, PartSummary, RunFacts};
pub use tags::Tags;
pub(crate) use tally::{ErrorCount, StreamTally, Unfinished, WrkTally};
pub(crate) use threshold::{Threshold, ThresholdError};
pub(crate) use threshold_parser::{Expression, ThresholdLimit};
#[doc(hidden)]
pub use totals::Totals;
pub use trend::Trend;

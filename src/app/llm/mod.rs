//! `ssel llm`: the benchmark of an inference server without a script.
//!
//! A [`Bench`] becomes a Lua script ([`script()`]), which runs like any other. The replies are collected in addition to the
//! metrics of the run, for a table and files with the terms of LLM benchmarks.

mod access;
mod bench;
mod collect;
mod describe;
mod embedded;
mod endpoint;
mod figures;
#[cfg(feature = "cli")]
mod find;
mod goal;
#[cfg(feature = "cli")]
mod judge;
mod lookup;
mod lua;
mod measure;
mod models;
mod options;
#[cfg(feature = "cli")]
mod run;
#[cfg(feature = "cli")]
mod save;
mod scores;
mod script;
mod search;
#[cfg(feature = "cli")]
mod server;
mod sweep;
mod trace;
mod warmup;
mod wording;

pub(crate) use access::Access;
pub(crate) use bench::{
    Bench, Cancel, Conversation, Dataset, Load, LoadLevel, LoadLimits, MaxErrors,
};
pub(crate) use describe::{describe, describe_load, describe_search, describe_sweep};
pub use embedded::{LlmBench, LlmEnded};
pub(crate) use endpoint::ApiEndpoint;
#[cfg(feature = "cli")]
pub(crate) use find::find_max_rate;
pub(crate) use goal::Goal;
pub(crate) use measure::BenchRunner;
pub(crate) use models::{asks_for_key, only_model};
pub(crate) use options::check;
#[cfg(feature = "cli")]
pub(crate) use run::{BenchEnd, once, repeated, sweep};
#[cfg(feature = "cli")]
pub(crate) use save::{Save, SavePaths};
pub(crate) use scores::{ScoreApi, Scores};
pub(crate) use script::script;
#[cfg(feature = "cli")]
pub(crate) use server::own_metrics;
pub(crate) use sweep::Sweep;
pub(crate) use trace::TraceFile;
pub(crate) use warmup::Warmup;
pub(crate) use wording::wording;

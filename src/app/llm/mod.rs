//! `ssel llm`: the benchmark of an inference server without a script.
//!
//! A [`Bench`] is written as a Lua script ([`script()`]), which is run like any other. What its requests came to is
//! collected beside the run's metrics, for a table and a file in the words of LLM benchmarks.

mod bench;
mod beside;
mod collect;
mod describe;
mod endpoint;
mod find;
mod goal;
mod judge;
mod lua;
mod measure;
mod models;
mod options;
mod run;
mod save;
mod script;
mod search;
mod server;
mod sweep;
mod trace;
mod warmup;
mod wording;

pub(crate) use bench::{
    Access, Amount, Bench, Cancel, Conversation, Dataset, Load, MaxErrors, ScoreApi, Scores, Step,
};
pub(crate) use describe::{describe, describe_load, describe_search, describe_sweep};
pub(crate) use endpoint::Endpoint;
pub(crate) use find::find_max_rate;
pub(crate) use goal::Goal;
pub(crate) use measure::Lab;
pub(crate) use models::{asks_for_key, only_model};
pub(crate) use options::check;
pub(crate) use run::{End, once, repeated, sweep};
pub(crate) use save::{Save, SavePaths};
pub(crate) use script::script;
pub(crate) use server::own_metrics;
pub(crate) use sweep::Sweep;
pub(crate) use trace::TraceFile;
pub(crate) use warmup::Warmup;
pub(crate) use wording::wording;

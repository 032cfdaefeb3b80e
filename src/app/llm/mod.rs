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

pub use bench::{
    Access, Amount, Bench, Cancel, Conversation, Dataset, Load, MaxErrors, ScoreApi, Scores, Step,
    Wording,
};
pub use describe::{describe, describe_load, describe_search, describe_sweep};
pub use endpoint::Endpoint;
pub use find::find_max_rate;
pub use goal::{Goal, Reading};
pub use measure::{Lab, Measured};
pub use models::{asks_for_key, only_model};
pub use options::check;
pub use run::{End, once, repeated, sweep};
pub use save::{Save, SavePaths};
pub use script::script;
pub use search::{Probe, Search};
pub use server::own_metrics;
pub use sweep::Sweep;
pub use trace::TraceFile;
pub use warmup::Warmup;
pub use wording::wording;

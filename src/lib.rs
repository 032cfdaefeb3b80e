//! ssel: load testing for Server-Sent Events and LLM streaming, scripted in Lua.
//!
//! The program `ssel` is a thin wrapper around this library, and other programs can use it too. It then prints nothing,
//! ends no process, listens for no signals and sets up no logging.
//!
//! | to | use | example |
//! |---|---|---|
//! | run a Lua script and get its [`Summary`] | [`Run::script`] | `examples/run_script.rs` |
//! | run VUs written in Rust | [`Run::vus`], [`vu::Vu`], [`vu::VuFactory`], [`Requests`] | `examples/rust_vus.rs` |
//! | benchmark a server of language models | [`LlmBench`] | |
//! | receive each sample during a run | [`output::Output`], [`Run::output`] | `examples/custom_output.rs` |
//! | decode an event stream from bytes | [`sse::Decoder`], also in the package `ssel-sse` | `examples/decode.rs` |
//! | open event streams and measure their times | [`http::EventStream`] | |
//! | start a server to test against | [`serve::Server`] | `examples/rust_vus.rs` |
//! | measure the responses of language models | [`llm::Reader`] | |
//! | read a saved run | [`saved::read`], [`record::Record`] | |
//!
//! # Layers
//!
//! The modules, from the top down; each knows only those below it.
//!
//! - `app`: a run from script to summary, the one place that knows everything
//! - `error`: why a run could not take place
//! - `runner`: VUs over time · `script`: the Lua side · [`output`]: the terminal, and where samples go ·
//!   `live`: the page of a run that goes on · `push`: stores that a run is pushed to
//! - `chat`: one exchange with a language model
//! - `samples`: what a request leaves in the metrics · `wrk`: a lean client for load on one URL ·
//!   `control`: the client for what is not measured
//! - [`http`]: requests and streams · `report`: results as text · [`serve`]: the built-in target
//! - `compare`: what changed between runs
//! - `options`: what to run · [`vu`]: what a runner drives
//! - [`record`]: a run as plain data · [`llm`]: chunks to tokens
//! - [`metrics`]: the math · [`sse`]: the decoder · `load`: schedules
//! - `statistics`: how sure a figure is · `spans`: requests by themselves · `h1`: the bytes of HTTP/1.1 ·
//!   `parts`: the parts of a run
//! - `units`: durations, bytes, counts · `sync`: locks

#![cfg_attr(
    not(feature = "cli"),
    allow(
        dead_code,
        unused_imports,
        reason = "the command line is the one user of much that a program does without"
    )
)]

mod app;
mod chat;
#[cfg(feature = "cli")]
mod cli;
mod compare;
mod control;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "tests/fuzzing.rs"]
pub mod fuzzing;
mod h1;
pub mod http;
#[doc(hidden)]
pub mod internals;
mod join;
mod live;
pub mod llm;
mod load;
pub mod metrics;
mod options;
pub mod output;
mod parts;
mod push;
pub mod record;
mod report;
mod runner;
mod samples;
pub mod saved;
mod scrape;
mod script;
pub mod serve;
mod spans;
mod statistics;
mod sync;
#[cfg(test)]
mod tests;
mod units;
pub mod vu;
#[cfg(feature = "wrk")]
mod wrk;

pub use app::{Ended, LlmBench, LlmEnded, Run, Setup, Stopper, Verdict};
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::main;
pub use error::Error;
pub use metrics::Summary;
pub use samples::{Connections, RequestOutcome, Requests};
pub use script::Source;
#[doc(inline)]
pub use ssel_sse as sse;

//! ssel: load testing for Server-Sent Events and LLM streaming, scripted in Lua.
//!
//! The program is a thin wrapper around this library: see [`cli`] for what the command line does and [`app`] for how a
//! run is put together. The modules, from the top down; each knows only those below it:
//!
//! - [`cli`]: the command line, exit codes
//! - [`app`]: a run from script to summary, the one place that knows everything
//! - [`error`]: why a command could not be carried out
//! - [`runner`]: VUs over time · [`script`]: the Lua side · [`output`]: the terminal
//! - [`chat`]: one exchange with a language model
//! - [`samples`]: what a request leaves in the metrics · [`wrk`]: a lean client for load on one URL
//! - [`http`]: requests and streams · [`report`]: a summary as text · [`serve`]: the built-in target
//! - [`options`]: what to run · [`vu`]: what a runner drives
//! - [`metrics`]: the math · [`sse`]: the decoder · [`llm`]: chunks to tokens · [`load`]: schedules
//! - [`units`]: durations, bytes, counts

pub mod app;
pub mod chat;
pub mod cli;
pub mod error;
pub mod http;
pub mod llm;
pub mod load;
pub mod metrics;
pub mod options;
pub mod output;
pub mod report;
pub mod runner;
pub mod samples;
pub mod script;
pub mod serve;
pub mod sse;
pub mod units;
pub mod vu;
pub mod wrk;

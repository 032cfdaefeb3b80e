//! Load testing for Server-Sent Events and LLM streaming.
//!
//! The program `ssel` is a thin wrapper around this library, which other programs can use too. The library prints nothing,
//! never exits the process, handles no signals and installs no logger.
//!
//! ```
//! use ssel::{Run, Source, Verdict};
//!
//! let script = "function default() http.get(target.url('/echo')) end";
//! let ended = Run::script(Source::text("echo.lua", script))
//!     .option("vus", 2)
//!     .option("iterations", 10)
//!     .threshold("http_req_failed", "rate==0")
//!     .run()?;
//! assert_eq!(ended.verdict, Verdict::Passed);
//! # Ok::<(), ssel::Error>(())
//! ```
//!
//! | to | use | example |
//! |---|---|---|
//! | run a Lua script | [`Run::script`] | [`run_script.rs`] |
//! | run VUs written in Rust | [`Run::vus`], [`vu::Vu`], [`vu::VuFactory`], [`Requests`] | [`rust_vus.rs`] |
//! | read the result of a run | [`Summary`], [`record::Record`], [`saved::read`] | |
//! | receive each sample during a run | [`Run::output`], [`output::Output`] | [`custom_output.rs`] |
//! | benchmark a server of language models | [`LlmBench`] | |
//! | measure the replies of language models | [`llm::Reader`] | |
//! | send requests, open event streams and measure both | [`http::Client`], [`http::EventStream`] | |
//! | decode an event stream from bytes | [`sse::Decoder`], also in the package [`ssel-sse`] | [`decode.rs`] |
//! | start a server to test against | [`serve::Server`] | [`rust_vus.rs`] |
//!
//! [`run_script.rs`]: https://docs.rs/crate/ssel/latest/source/examples/run_script.rs
//! [`rust_vus.rs`]: https://docs.rs/crate/ssel/latest/source/examples/rust_vus.rs
//! [`custom_output.rs`]: https://docs.rs/crate/ssel/latest/source/examples/custom_output.rs
//! [`decode.rs`]: https://docs.rs/crate/ssel/latest/source/examples/decode.rs
//! [`ssel-sse`]: https://docs.rs/ssel-sse
//!
//! # Features
//!
//! All features are enabled by default. Without them, the library consists of the HTTP client, event streams, runs of VUs written
//! in Rust, metrics, records and saved runs.
//!
//! | feature | adds | needs |
//! |---|---|---|
//! | `lua` | [`Run::script`], with everything that scripts can call | LuaJIT, built from source by a C compiler and `make` |
//! | `target` | [`serve`], the built-in server, which scripts reach by `target.url` | |
//! | `llm` | [`LlmBench`] | `lua` |
//! | `wrk` | the client of the command `ssel wrk`; no public items yet | |
//! | `cli` | the program | all others |
//! | `tokenizer` | exact prompt lengths by a `tokenizer.json`, for the program; off by default | `llm` |
//!
//! [`llm`] belongs to `lua` and `target` alike: scripts read the replies of language models, and the target writes them.

#![cfg_attr(
    not(feature = "cli"),
    allow(
        dead_code,
        unreachable_pub,
        unused_imports,
        reason = "modules that features share have more than one of them uses; with all features, everything is used"
    )
)]

mod app;
#[cfg(feature = "lua")]
mod chat;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
mod compare;
#[cfg(feature = "llm")]
mod control;
pub mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "tests/fuzzing.rs"]
pub mod fuzzing;
mod h1;
pub mod http;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod internals;
#[cfg(feature = "cli")]
mod join;
#[cfg(feature = "cli")]
mod live;
#[cfg(any(feature = "lua", feature = "target"))]
pub mod llm;
mod load;
pub mod metrics;
mod options;
pub mod output;
mod parts;
#[cfg(feature = "cli")]
mod push;
pub mod record;
mod report;
mod runner;
mod samples;
pub mod saved;
mod scrape;
#[cfg(feature = "lua")]
mod script;
#[cfg(feature = "target")]
pub mod serve;
mod spans;
#[cfg(any(feature = "lua", feature = "target"))]
mod statistics;
mod sync;
#[cfg(test)]
mod tests;
mod units;
pub mod vu;
#[cfg(feature = "wrk")]
mod wrk;

pub use app::{Ended, Run, Setup, Stopper, Verdict};
#[cfg(feature = "llm")]
pub use app::{LlmBench, LlmEnded};
#[cfg(feature = "cli")]
#[doc(hidden)]
pub use cli::main;
pub use error::Error;
pub use metrics::Summary;
#[cfg(feature = "lua")]
pub use options::Source;
pub use samples::{Connections, RequestOutcome, Requests};
#[doc(inline)]
pub use ssel_sse as sse;

//! Tests of the real program: each runs `ssel` and checks its whole output.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::float_cmp,
    reason = "counts and figures of JSON are compared exactly"
)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test says why it is skipped, and shows the logs of servers that failed"
)]

mod support {
    pub(crate) mod counting;
    pub(crate) mod golden;
    pub(crate) mod schema;
    pub(crate) mod ssel;
    pub(crate) mod tls;
}

mod architecture;
mod cli;
mod compare;
mod docs;
mod engines;
mod examples;
mod executors;
mod joined;
mod ledger;
mod library;
mod lifecycle;
mod llm;
mod llm_command;
mod lua_api;
mod open_at_end;
mod otlp;
mod outputs;
mod parts;
mod pushes;
mod report;
mod saved;
mod secrets;
mod signals;
mod sse;
mod summary;
mod wrk;

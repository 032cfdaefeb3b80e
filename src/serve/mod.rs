//! The built-in target: a server that streams events, imitates LLM servers and fails on demand.
//!
//! It serves examples, tests and calibration, as `ssel serve` or, from a script, as `target.url("/.sse")`. What it
//! answers follows from the request alone: no route rolls dice without a seed, and none needs the network.
//!
//! How it is built: hyper reads requests and axum routes them. A handler that streams gives a future that produces
//! bytes (`stream`), so that pacing is ordinary code; one that has to break HTTP itself takes the socket away from
//! hyper (`wire`). Both work on any request of a kept-alive connection.

mod clock;
mod echo;
mod events;
mod failure;
mod fault;
mod llm;
mod params;
mod raw;
mod request;
mod routes;
mod server;
mod status;
mod stream;
mod wire;

pub use server::{Background, Server};

#[cfg(test)]
mod tests;

//! The built-in target: a server that streams events, imitates LLM servers and fails on demand.
//!
//! It serves examples, tests and calibration, as `ssel serve` or, in a script, as `target.url("/.sse")`. A response
//! depends only on its request: random choices have a seed, and no route needs the network.
//!
//! Hyper reads requests, and axum routes them. A handler that streams returns a future that produces bytes (`stream`), so
//! that pacing is ordinary code. A handler that breaks HTTP itself takes the socket from hyper (`wire`). Both also work on
//! later requests of a connection.

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

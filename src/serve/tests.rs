//! What the target promises, over real sockets; its pace, on paused time.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails where something is missing"
)]

mod client;
mod events;
mod faults;
mod http;
mod http2;
mod llm;
mod pace;

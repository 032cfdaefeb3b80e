//! What the target promises, over real sockets; its pace, on paused time.

mod client;
mod events;
mod faults;
mod http;
mod http2;
mod llm;
mod pace;
mod queries;

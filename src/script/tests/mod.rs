//! Tests with whole scripts in a VU on this thread and, where there is traffic, the built-in target.

mod http;
mod kit;
mod llm;
mod spawn;

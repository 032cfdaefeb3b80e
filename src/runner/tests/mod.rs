//! Tests of the runner with VUs written in Rust. Most run in paused time and on one thread, so that every number is exact;
//! those of threads run on threads.

mod arrivals;
mod held;
mod iterations;
mod kit;
mod looping;
mod parts;
mod replay;
mod stops;
mod threads;

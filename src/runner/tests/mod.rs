//! What a run promises, told with VUs written in Rust. Most of it in paused time and on one thread, so that every
//! number is exact; what threads are for, on threads.

mod arrivals;
mod held;
mod iterations;
mod kit;
mod looping;
mod parts;
mod replay;
mod stops;
mod threads;

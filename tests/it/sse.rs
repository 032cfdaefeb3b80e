//! Event streams in scripts: callbacks and loops, parameters, fields, and every kind of failure.

mod callbacks;
mod connect;
mod connections;
mod errors;
mod events;
#[cfg(target_os = "linux")]
mod memory;
mod misuse;
mod params;
mod reconnects;
mod tls;
mod waiting;

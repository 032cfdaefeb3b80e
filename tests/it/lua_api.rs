//! Everything else a script can call, and what it cannot.

mod check;
mod data;
mod environment;
mod exec;
mod group;
mod json;
mod limits;
mod metrics;
mod misuse;
mod refused;
mod require;
mod spawn;
mod time;

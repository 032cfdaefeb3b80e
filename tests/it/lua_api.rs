//! All other functions of scripts, and functions that are missing on purpose.

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

//! The lifecycle of a script: what runs where and how often, data between stages, and failures.

mod data;
mod exports;
mod failures;
mod handle_summary;
mod timeouts;

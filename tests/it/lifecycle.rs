//! A script's life: what runs where and how often, what goes from one stage to the next, and how each can fail.

mod data;
mod exports;
mod failures;
mod handle_summary;
mod timeouts;

//! Saved runs in other formats.

mod frames_csv;
mod hdr_log;
mod junit;
mod markdown;
mod text;

pub(crate) use frames_csv::frames_csv;
pub(crate) use hdr_log::hdr_log;
pub(crate) use junit::junit;
pub(crate) use markdown::markdown;
pub(crate) use text::{record_text, text_options};

#[cfg(test)]
mod tests;

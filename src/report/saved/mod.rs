//! A saved run in other forms.

mod frames_csv;
mod hdr_log;
mod junit;
mod markdown;
mod text;

pub use frames_csv::frames_csv;
pub use hdr_log::hdr_log;
pub use junit::junit;
pub use markdown::markdown;
pub use text::{record_text, text_options};

#[cfg(test)]
mod tests;

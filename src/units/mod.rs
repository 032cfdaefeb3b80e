//! Reads and writes durations, sizes, numbers, names and URLs.
//!
//! One notation for the command line, scripts, options files and reports: what [`format_duration`] writes,
//! [`parse_duration`] reads back to the nanosecond. Parsing is exact, in integers, and never overflows.

mod amount;
mod bytes;
mod counted;
mod duration;
mod error;
mod moment;
mod nearest;
mod number;
mod random;
mod refusal;
mod secret;
mod visible;

pub(crate) use bytes::{format_bytes, parse_bytes};
pub(crate) use counted::counted;
pub(crate) use duration::{
    MAX_DURATION, duration_from_secs, format_duration, milliseconds_meant, parse_duration,
};
pub(crate) use error::UnitError;
pub(crate) use moment::{parse_moment, utc_date};
pub(crate) use nearest::nearest;
pub(crate) use number::format_number;
pub(crate) use random::{SplitMix64, fraction, mix, mixed};
pub(crate) use refusal::system_refusal;
pub(crate) use secret::{is_secret, shown_header, shown_url, without_secrets};
pub(crate) use visible::{visible, visible_lines};

//! Durations, sizes, plain numbers, names and URLs as people write and read them.
//!
//! One notation for the command line, scripts, options files and reports: what [`format_duration`] writes,
//! [`parse_duration`] reads back to the nanosecond. Parsing is exact, in integers, and never overflows.

mod amount;
mod bytes;
mod counted;
mod duration;
mod error;
mod mixed;
mod moment;
mod nearest;
mod number;
mod refusal;
mod secret;
mod visible;

pub use bytes::{format_bytes, parse_bytes};
pub use counted::counted;
pub use duration::{
    MAX_DURATION, duration_from_secs, format_duration, milliseconds_meant, parse_duration,
};
pub use error::UnitError;
pub(crate) use mixed::mixed;
pub use moment::parse_moment;
pub use nearest::nearest;
pub use number::format_number;
pub use refusal::system_refusal;
pub use secret::{is_secret, shown_header, shown_url, without_secrets};
pub use visible::{visible, visible_lines};

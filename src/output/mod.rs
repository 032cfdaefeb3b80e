//! Outputs of samples, and the `terminal`, the only file that prints.
//!
//! ```text
//! workers ── a log each ──> thread ssel-outputs ──> Output::samples: LineOutput, or an output of your own
//! ```

mod dedup;
mod destinations;
mod finish;
mod interface;
#[cfg(feature = "cli")]
mod line_output;
#[cfg(feature = "cli")]
mod lines;
mod messages;
#[cfg(feature = "cli")]
mod named;
mod outputs;
mod queue;
mod save;
mod standard;
mod stderr;
mod stream_writer;
mod streams;
pub(crate) mod terminal;

pub(crate) use destinations::{DestinationError, Destinations};
pub use interface::{Output, OutputResult, RunInfo};
#[cfg(feature = "cli")]
pub(crate) use line_output::{Form, LineOutput};
#[cfg(feature = "cli")]
pub(crate) use named::named;
pub(crate) use outputs::Outputs;
#[doc(hidden)]
pub use outputs::keep_samples;
pub(crate) use save::save;
pub(crate) use terminal::{Terminal, TerminalSettings, TerminalStream};

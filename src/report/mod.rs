//! What a run looks like on a screen: texts made from plain data. Pure: nothing here prints, reads a clock or asks what
//! the screen can do.
//!
//! The layout is k6's, so that who knows one knows the other: [`text()`] is the end-of-test summary, [`banner()`] and
//! [`header()`] come before the run, [`progress()`] is redrawn during it. Colours are data, see [`style`].

mod banner;
mod client;
mod columns;
mod header;
mod number;
mod progress;
mod section;
pub mod style;
mod text;

pub use banner::banner;
pub use header::{Header, ScenarioLine, header};
pub use progress::{Progress, ScenarioProgress, Status, progress};
pub use style::Palette;
pub use text::{Mode, TextOptions, text};

//! Results as text and as pages, generated from plain data. Nothing here prints, reads a clock or queries the screen.
//!
//! `JsonLines` and `CsvLines` format samples.
//!
//! The layout is that of k6: [`text()`] is the end-of-test summary, [`banner()`] and [`header()`] come before the run, and
//! [`progress()`] is redrawn during it. Colours are data, see [`style`]. `llm` has the screen of `ssel llm`, `wrk` the report of
//! `ssel wrk`, and `html` the report page.

mod banner;
mod client;
mod columns;
#[cfg(feature = "cli")]
mod comparison;
#[cfg(feature = "cli")]
mod csv_lines;
mod failures;
mod header;
#[cfg(feature = "cli")]
pub(crate) mod html;
#[cfg(feature = "cli")]
mod json_lines;
#[cfg(feature = "llm")]
mod llm;
mod number;
mod parts;
mod progress;
#[cfg(feature = "cli")]
mod saved;
mod section;
mod server;
pub(crate) mod style;
mod text;
mod timestamp;
#[cfg(feature = "cli")]
mod wrk;

pub(crate) use banner::banner;
#[cfg(feature = "cli")]
pub(crate) use comparison::{
    change_text as comparison_change, comparison_json, comparison_markdown, comparison_text,
};
#[cfg(feature = "cli")]
pub(crate) use csv_lines::CsvLines;
#[cfg(feature = "llm")]
pub(crate) use failures::FailureLine;
pub(crate) use header::{Header, ScenarioLine, header};
#[cfg(feature = "cli")]
pub use json_lines::JsonLines;
#[cfg(feature = "llm")]
pub(crate) use llm::{CurveRow, LlmLive, LlmResult, ProbeFigures, llm_curve, llm_live, llm_result};
pub(crate) use number::seconds;
#[cfg(feature = "cli")]
pub(crate) use parts::parts_text;
pub(crate) use progress::{Progress, ScenarioProgress, final_progress, progress};
#[cfg(feature = "cli")]
pub(crate) use saved::{frames_csv, hdr_log, junit, markdown, record_text, text_options};
pub(crate) use style::Palette;
pub(crate) use text::{Mode, TextOptions, text, thresholds_text};
pub use timestamp::compact_date;
pub(crate) use timestamp::utc;
#[cfg(feature = "cli")]
pub(crate) use wrk::{WrkLength, WrkReport, wrk, wrk_header};

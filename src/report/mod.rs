//! The screen: text generated from plain data. Pure: nothing here prints, reads a clock or asks what the screen can do.
//!
//! Samples become lines of JSON and CSV here: [`JsonLines`], [`CsvLines`].
//!
//! The layout is k6's, so that who knows one knows the other: [`text()`] is the end-of-test summary, [`banner()`] and
//! [`header()`] come before the run, [`progress()`] is redrawn during it. Colours are data, see [`style`].
//! [`llm_result()`] and what stands beside it are the screen of `ssel llm`, [`wrk()`] is the report of `ssel wrk`.

mod banner;
mod client;
mod columns;
mod comparison;
mod csv_lines;
mod failures;
mod header;
pub(crate) mod html;
mod json_lines;
mod llm;
mod number;
mod parts;
mod progress;
mod saved;
mod section;
mod server;
pub(crate) mod style;
mod text;
mod timestamp;
mod wrk;

pub(crate) use banner::banner;
pub(crate) use comparison::{
    change_text as comparison_change, comparison_json, comparison_markdown, comparison_text,
};
pub(crate) use csv_lines::CsvLines;
pub(crate) use header::{Header, ScenarioLine, header};
pub use json_lines::JsonLines;
pub(crate) use llm::{
    Bystander, CurveRow, FailureLine, LlmLive, LlmResult, llm_curve, llm_live, llm_result,
};
pub(crate) use number::seconds;
pub(crate) use parts::parts_text;
pub(crate) use progress::{Progress, ScenarioProgress, final_progress, progress};
pub(crate) use saved::{frames_csv, hdr_log, junit, markdown, record_text, text_options};
pub(crate) use style::Palette;
pub(crate) use text::{Mode, TextOptions, text, thresholds_text};
pub use timestamp::compact_date;
pub(crate) use timestamp::utc;
pub(crate) use wrk::{WrkLength, WrkReport, wrk, wrk_header};

//! `ssel report`: a saved run in other formats.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::{saved_run, written};
use crate::error::Error;
use crate::output::Terminal;
use crate::report::{self, html};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel report run.ssel                       # the summary, as the run itself showed it
  ssel report run.ssel -f html -o run.html   # a page with charts
  ssel report run.ssel -f markdown >> \"$GITHUB_STEP_SUMMARY\"
  ssel report run.ssel -f json | jq '.metrics.http_req_duration.values[\"p(95)\"]'")]
pub(in crate::cli) struct Report {
    /// Saved run
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: PathBuf,

    /// Output format
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Text)]
    pub(in crate::cli) format: ReportFormat,

    /// Output file; default: standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ReportFormat {
    /// The summary
    Text,
    /// The summary as data
    Json,
    /// The figures of each second
    Csv,
    /// Verdict, thresholds and metrics for a pull request
    Markdown,
    /// Thresholds and checks as test cases, for CI systems
    Junit,
    /// A log of HdrHistogram, for its tools
    Hdr,
    /// A page with charts
    Html,
}

impl Report {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        let record = saved_run(&self.run)?;
        let palette = match self.output {
            Some(_) => report::Palette::PLAIN,
            None => terminal.out_palette(),
        };
        let text = match self.format {
            ReportFormat::Text => report::record_text(&record, &palette),
            ReportFormat::Json => {
                let json = serde_json::to_string_pretty(&record.summary());
                json.unwrap_or_default() + "\n"
            }
            ReportFormat::Csv => report::frames_csv(&record),
            ReportFormat::Markdown => report::markdown(&record),
            ReportFormat::Junit => report::junit(&record),
            ReportFormat::Hdr => report::hdr_log(&record),
            ReportFormat::Html => html::page(&record),
        };
        written(&text, self.output.as_deref(), terminal)?;
        Ok(ExitCode::SUCCESS)
    }
}

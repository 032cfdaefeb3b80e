//! `ssel report`, `ssel merge` and `ssel check`: what is done with saved runs.

use std::path::PathBuf;

use clap::ValueEnum;

use super::OptionFlags;

/// The flags of `ssel report`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel report run.ssel                       # the summary, as the run itself showed it
  ssel report run.ssel -f html -o run.html   # a page with charts
  ssel report run.ssel -f markdown >> \"$GITHUB_STEP_SUMMARY\"
  ssel report run.ssel -f json | jq '.metrics.http_req_duration.values[\"p(95)\"]'")]
pub(in crate::cli) struct Report {
    /// The saved run
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: PathBuf,

    /// How it is written
    #[arg(short, long, value_enum, default_value_t = ReportFormat::Text)]
    pub(in crate::cli) format: ReportFormat,

    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

/// The forms of a report.
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

/// The flags of `ssel merge`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Percentiles of the merged run are those of one process that recorded all samples. Thresholds are judged anew.

Exit code: 0, or 99 if a threshold does not hold over all parts.

Example:
  ssel merge machine-*.ssel -o all.ssel")]
pub(in crate::cli) struct Merge {
    /// The saved runs, parts of one run that several processes made
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub(in crate::cli) runs: Vec<PathBuf>,

    /// The new file
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,

    /// Merge runs of different scripts or options as well
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// The flags of `ssel check`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code: 0, or 99 if a threshold does not hold.

Example:
  ssel check run.ssel script.lua")]
pub(in crate::cli) struct Check {
    /// The saved run
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: PathBuf,

    /// The script whose thresholds are applied
    #[arg(value_name = "SCRIPT")]
    pub(in crate::cli) script: PathBuf,

    #[command(flatten)]
    pub(in crate::cli) options: OptionFlags,
}

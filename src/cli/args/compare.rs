//! `ssel compare`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::compare::FailOn;

/// The flags of `ssel compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A percentile that the samples cannot carry is shown as –. Intervals are at 95 %: single runs are compared by sections of
the run, repeated ones by ranks, which takes at least four runs a side.

Exit code: 0, or 99 if a --fail-on condition fails.

Examples:
  ssel compare base.ssel new.ssel --fail-on 'p(99) llm_ttft > 5%'
  ssel compare base-*.ssel --new new-*.ssel -f markdown
  ssel compare base.ssel new.ssel -f html -o comparison.html")]
pub(in crate::cli) struct Compare {
    /// The saved runs: the base and the new one; with --new, all of the base
    #[arg(required = true, value_name = "RUN")]
    pub(in crate::cli) runs: Vec<PathBuf>,

    /// The runs of the new side
    #[arg(long, value_name = "RUN", num_args = 1..)]
    pub(in crate::cli) new: Vec<PathBuf>,

    /// Fail with exit code 99 if the whole interval of a change is beyond this; warn if only the change itself is (repeatable)
    #[arg(long, value_name = "CONDITION", allow_hyphen_values = true)]
    pub(in crate::cli) fail_on: Vec<FailOn>,

    /// Show all figures: phases of requests, single checks, figures without enough data
    #[arg(long)]
    pub(in crate::cli) all: bool,

    /// How the comparison is written
    #[arg(short, long, value_enum, default_value_t = ComparisonFormat::Text)]
    pub(in crate::cli) format: ComparisonFormat,

    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

/// The formats of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ComparisonFormat {
    /// A table for the terminal
    Text,
    /// A table for a pull request
    Markdown,
    /// All figures, for programs
    Json,
    /// A page with both runs in the same charts
    Html,
}

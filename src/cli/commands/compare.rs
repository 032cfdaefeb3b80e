//! `ssel compare`: the changes between runs.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::super::exit_code;
use super::{saved_run, written};
use crate::compare::{ComparedFigure, FailOn, FailOnResult, compare};
use crate::error::Error;
use crate::output::Terminal;
use crate::record::Record;
use crate::report::{self, html};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel compare base.ssel new.ssel --fail-on 'p(99) llm_ttft > 5%'
  ssel compare base-*.ssel --new new-*.ssel -f markdown
  ssel compare base.ssel new.ssel -f html -o comparison.html

Intervals are at 95 %. A run is compared by its sections, repeated runs by ranks, which takes at least four runs per side. A percentile that needs more samples is shown as –.

Exit status:
  0    the comparison was made
  99   a --fail-on condition failed

Documentation:
  docs/compare.md")]
pub(in crate::cli) struct Compare {
    /// Saved runs: the base and the new run; with --new, all runs of the base
    #[arg(required = true, value_name = "RUN")]
    pub(in crate::cli) runs: Vec<PathBuf>,

    /// Runs of the new side
    #[arg(long, value_name = "RUN", num_args = 1..)]
    pub(in crate::cli) new: Vec<PathBuf>,

    /// Condition that fails the comparison, e.g. 'rate iterations < -3%': exit status 99 if the whole interval of the change
    /// is beyond the limit, a warning if only the change itself is; repeatable
    #[arg(long, value_name = "CONDITION", allow_hyphen_values = true)]
    pub(in crate::cli) fail_on: Vec<FailOn>,

    /// Also show phases of requests, single checks and figures without enough data
    #[arg(long)]
    pub(in crate::cli) all: bool,

    /// Output format
    #[arg(short, long, value_enum, default_value_t = ComparisonFormat::Text)]
    pub(in crate::cli) format: ComparisonFormat,

    /// Output file; default: standard output
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

impl Compare {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        let (base, new) = self.sides()?;
        let (base, new) = (read(base)?, read(new)?);
        let comparison = compare(&base, &new);
        let mut failed = false;
        let mut verdicts = Vec::new();
        for condition in &self.fail_on {
            let judged = condition.judge(&base, &new);
            let (judgement, row) =
                judged.map_err(|error| Error::Usage(format!("--fail-on: {error}")))?;
            failed |= judgement == FailOnResult::Fails;
            verdicts.push((judgement, sentence(&condition.to_string(), judgement, &row)));
        }
        let text = match self.format {
            ComparisonFormat::Text => {
                report::comparison_text(&comparison, self.all, &terminal.out_palette())
            }
            ComparisonFormat::Markdown => report::comparison_markdown(&comparison),
            ComparisonFormat::Json => format!("{:#}\n", report::comparison_json(&comparison)),
            ComparisonFormat::Html => html::comparison_page(&comparison, &base, &new),
        };
        written(&text, self.output.as_deref(), terminal)?;
        for (judgement, sentence) in &verdicts {
            match judgement {
                FailOnResult::Fails => terminal.error(sentence),
                FailOnResult::Holds => {}
                FailOnResult::Warns | FailOnResult::Unknown => terminal.warn(sentence),
            }
        }
        Ok(if failed {
            exit_code::THRESHOLDS.into()
        } else {
            ExitCode::SUCCESS
        })
    }

    /// The files of both sides.
    fn sides(&self) -> Result<(&[PathBuf], &[PathBuf]), Error> {
        match (self.runs.as_slice(), self.new.as_slice()) {
            ([base, new], []) => Ok((std::slice::from_ref(base), std::slice::from_ref(new))),
            (base, []) => Err(Error::Usage(format!(
                "to compare {} runs, say which are new: ssel compare BASE… --new NEW…",
                base.len()
            ))),
            (base, new) => Ok((base, new)),
        }
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Record>, Error> {
    files.iter().map(|path| saved_run(path)).collect()
}

fn sentence(condition: &str, judgement: FailOnResult, row: &ComparedFigure) -> String {
    let (change, interval) = report::comparison_change(row);
    match judgement {
        FailOnResult::Fails => format!("{condition}: failed, the change is {change} ({interval})"),
        FailOnResult::Warns => {
            format!("{condition}: the change is {change}, but chance could explain it ({interval})")
        }
        FailOnResult::Unknown => format!("{condition}: the runs do not have enough data to tell"),
        FailOnResult::Holds => format!("{condition}: holds"),
    }
}

//! `ssel compare`: the changes between runs.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::args::{Compare, ComparisonFormat};
use super::super::exit_code;
use super::{saved_run, written};
use crate::compare::{Judgement, Row, compare};
use crate::error::Error;
use crate::output::Terminal;
use crate::record::Record;
use crate::report::{self, html};

pub(in crate::cli) fn compare_runs(args: &Compare, terminal: &Terminal) -> Result<ExitCode, Error> {
    let (base, new) = sides(args)?;
    let (base, new) = (read(base)?, read(new)?);
    let comparison = compare(&base, &new);
    let mut failed = false;
    let mut verdicts = Vec::new();
    for condition in &args.fail_on {
        let judged = condition.judge(&base, &new);
        let (judgement, row) = judged.map_err(|error| Error::Usage(error.to_string()))?;
        failed |= judgement == Judgement::Fails;
        verdicts.push((judgement, sentence(&condition.to_string(), judgement, &row)));
    }
    let text = match args.format {
        ComparisonFormat::Text => {
            report::comparison_text(&comparison, args.all, &terminal.out_palette())
        }
        ComparisonFormat::Markdown => report::comparison_markdown(&comparison),
        ComparisonFormat::Json => format!("{:#}\n", report::comparison_json(&comparison)),
        ComparisonFormat::Html => html::comparison_page(&comparison, &base, &new),
    };
    written(&text, args.output.as_deref(), terminal)?;
    for (judgement, sentence) in &verdicts {
        match judgement {
            Judgement::Fails => terminal.error(sentence),
            Judgement::Holds => {}
            Judgement::Warns | Judgement::Unknown => terminal.warn(sentence),
        }
    }
    Ok(if failed {
        exit_code::THRESHOLDS.into()
    } else {
        ExitCode::SUCCESS
    })
}

/// The files of both sides.
fn sides(args: &Compare) -> Result<(&[PathBuf], &[PathBuf]), Error> {
    match (args.runs.as_slice(), args.new.as_slice()) {
        ([base, new], []) => Ok((std::slice::from_ref(base), std::slice::from_ref(new))),
        (base, []) => Err(Error::Usage(format!(
            "to compare {} runs, say which are new: ssel compare BASE… --new NEW…",
            base.len()
        ))),
        (base, new) => Ok((base, new)),
    }
}

fn read(files: &[PathBuf]) -> Result<Vec<Record>, Error> {
    files.iter().map(|path| saved_run(path)).collect()
}

fn sentence(condition: &str, judgement: Judgement, row: &Row) -> String {
    let (change, interval) = report::comparison_change(row);
    match judgement {
        Judgement::Fails => format!("{condition}: failed, the change is {change} ({interval})"),
        Judgement::Warns => {
            format!("{condition}: the change is {change}, but chance could explain it ({interval})")
        }
        Judgement::Unknown => format!("{condition}: the runs do not have enough data to tell"),
        Judgement::Holds => format!("{condition}: holds"),
    }
}

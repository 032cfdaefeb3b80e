//! The subcommands, one file each.

mod compare;
mod dashboard;
mod eval;
mod inspect;
mod k8s;
mod llm;
mod merge;
mod new;
mod pages;
mod report;
mod run;
mod serve;
mod wrk;

pub(super) use compare::compare_runs;
pub(super) use dashboard::dashboard;
pub(super) use eval::eval;
pub(super) use inspect::inspect;
pub(super) use k8s::k8s;
pub(super) use llm::llm;
pub(super) use merge::{check, merge};
pub(super) use new::new;
pub(super) use pages::{completions, man};
pub(super) use report::report;
pub(super) use run::run;
pub(super) use serve::serve;
pub(super) use wrk::wrk;

use std::path::Path;

use crate::error::Error;
use crate::output::{self, Terminal};
use crate::record::Record;
use crate::saved;

/// Writes the result of a command into a file, whole or not at all, or prints it.
fn written(text: &str, file: Option<&Path>, terminal: &Terminal) -> Result<(), Error> {
    let Some(path) = file else {
        terminal.write(text);
        return Ok(());
    };
    output::save(path, text.as_bytes(), terminal).map_err(Error::Output)
}

fn saved_run(path: &Path) -> Result<Record, Error> {
    saved::read(path).map_err(|error| Error::Usage(error.to_string()))
}

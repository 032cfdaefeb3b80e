//! `ssel completions` and `ssel man`: what the command line says of itself.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;

use super::super::args::{Args, Completions, Man};
use crate::error::Error;
use crate::output::Terminal;

pub(in crate::cli) fn completions(args: &Completions, terminal: &Terminal) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "ssel", &mut text);
    terminal.write(&String::from_utf8_lossy(&text));
    ExitCode::SUCCESS
}

pub(in crate::cli) fn man(args: &Man, terminal: &Terminal) -> Result<ExitCode, Error> {
    if let Some(folder) = &args.dir {
        write_pages(folder).map_err(|source| Error::Io {
            what: format!("cannot write the pages to {}", folder.display()),
            source,
        })?;
    } else {
        let mut text = Vec::new();
        clap_mangen::Man::new(documented())
            .render(&mut text)
            .map_err(|error| Error::Internal(error.to_string()))?;
        terminal.write(&String::from_utf8_lossy(&text));
    }
    Ok(ExitCode::SUCCESS)
}

/// A page for the program and one for each command, named as `man` looks for them: `ssel-run.1`.
fn write_pages(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    clap_mangen::generate_to(documented(), folder)
}

/// The program without its command `help`, which needs no page.
fn documented() -> clap::Command {
    Args::command().disable_help_subcommand(true)
}

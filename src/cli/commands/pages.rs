//! `ssel completions` and `ssel man`: what the command line says of itself.

use std::iter;
use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::builder::Resettable;

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
    let root = documented();
    if let Some(folder) = &args.dir {
        write_pages(&root, folder).map_err(|source| Error::Io {
            what: format!("cannot write the pages to {}", folder.display()),
            source,
        })?;
    } else {
        let text = page(&root).map_err(|error| Error::Internal(error.to_string()))?;
        terminal.write(&String::from_utf8_lossy(&text));
    }
    Ok(ExitCode::SUCCESS)
}

/// A page for the program and one for each command, named as `man` looks for them: `ssel-run.1`.
fn write_pages(root: &clap::Command, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for command in iter::once(root).chain(root.get_subcommands()) {
        let name = command.get_display_name().unwrap_or("ssel");
        std::fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    }
    Ok(())
}

/// The program without its command `help`, which needs no page.
fn documented() -> clap::Command {
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    command
}

/// The page of a command: what clap says of it, then the sections of the text below its help.
fn page(command: &clap::Command) -> std::io::Result<Vec<u8>> {
    let below = command
        .get_after_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone().after_help(Resettable::Reset)).render(&mut page)?;
    sections(&below, &mut page);
    Ok(page)
}

/// Writes text with headings such as `Examples:` as sections of a man page, line for line.
fn sections(text: &str, page: &mut Vec<u8>) {
    let mut open = false;
    for line in text.lines() {
        let heading = line
            .strip_suffix(':')
            .filter(|heading| !heading.starts_with(' '));
        let opens = heading.is_some() || (!open && !line.is_empty());
        if opens {
            if open {
                page.extend(b".fi\n");
            }
            let name = heading.unwrap_or("Notes").to_uppercase();
            page.extend(format!(".SH \"{name}\"\n.nf\n").bytes());
            open = true;
        }
        if heading.is_none() && open {
            // A line that begins with a dot or an apostrophe is a command of roff.
            let escaped = line.replace('\\', "\\e").replace('-', "\\-");
            let guard = if escaped.starts_with(['.', '\'']) {
                "\\&"
            } else {
                ""
            };
            page.extend(format!("{guard}{escaped}\n").bytes());
        }
    }
    if open {
        page.extend(b".fi\n");
    }
}

//! `ssel completions` and `ssel man`.

use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory;
use clap::builder::Resettable;
use clap_complete::Shell;

use super::super::Args;
use crate::error::Error;
use crate::output::Terminal;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel completions bash > ~/.local/share/bash-completion/completions/ssel
  ssel completions zsh > ~/.zfunc/_ssel                                     # a folder of fpath
  ssel completions fish > ~/.config/fish/completions/ssel.fish")]
pub(in crate::cli) struct Completions {
    /// Shell to print completions for
    shell: Shell,
}

impl Completions {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> ExitCode {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut Args::command(), "ssel", &mut text);
        terminal.write(&String::from_utf8_lossy(&text));
        ExitCode::SUCCESS
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel man --dir ~/.local/share/man/man1    # then: man ssel-run
  ssel man | man -l -")]
pub(in crate::cli) struct Man {
    /// Folder to write ssel.1 and a page for each command to; without it, ssel.1 is printed
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Man {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        let root = documented();
        if let Some(folder) = &self.dir {
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
}

/// A page for the program and one for each command, with the names that `man` expects: `ssel-run.1`.
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

/// The page of a command: clap's sections, then those of the text below its help.
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

/// Writes the text below a help as sections of a man page: a line such as `Examples:` begins one, indented lines keep their
/// layout, and other lines are notes.
fn sections(text: &str, page: &mut Vec<u8>) {
    let mut is_kept = false;
    let mut section = "";
    for line in text.lines().filter(|line| !line.is_empty()) {
        let is_indented = line.starts_with(' ');
        if is_kept && !is_indented {
            page.extend(b".fi\n");
            is_kept = false;
        }
        let heading = line.strip_suffix(':').filter(|_| !is_indented);
        if heading.is_some() || (!is_indented && section != "Notes") {
            section = heading.unwrap_or("Notes");
            page.extend(format!(".SH \"{}\"\n", section.to_uppercase()).bytes());
        }
        if heading.is_some() {
            continue;
        }
        if is_indented && !is_kept {
            page.extend(b".nf\n");
            is_kept = true;
        }
        // A line that begins with a dot or an apostrophe is a command of roff.
        let escaped = line.replace('\\', "\\e").replace('-', "\\-");
        let guard = if escaped.starts_with(['.', '\'']) {
            "\\&"
        } else {
            ""
        };
        page.extend(format!("{guard}{escaped}\n").bytes());
    }
    if is_kept {
        page.extend(b".fi\n");
    }
}

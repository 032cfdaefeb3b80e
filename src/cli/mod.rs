//! The command line: parses arguments, calls the library, and returns an exit code.

mod allocator;
mod commands;
mod exit_code;
mod flags;
mod hints;
mod job;
mod signals;

use std::error::Error as _;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use self::commands::Command;
use crate::app::Stopper;
use crate::error::Error;
use crate::output::{Terminal, TerminalSettings};

/// Load testing for streams: Server-Sent Events and LLM servers, scripted in Lua.
#[derive(Debug, Parser)]
#[command(
    name = "ssel",
    version,
    infer_long_args = false,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  ssel new                                        # writes script.lua to start from
  ssel run script.lua -u 50 -d 1m                 # a script, with 50 virtual users for a minute
  ssel llm http://localhost:8000                  # an LLM server
  ssel wrk -c100 -d30s http://127.0.0.1:8080/     # one URL

`ssel COMMAND --help` describes the flags, examples, environment and exit status of a command.

Documentation:
  docs/tour.md, docs/options.md, docs/lua/README.md, docs/llm-command.md, docs/wrk.md"
)]
struct Args {
    #[command(subcommand)]
    command: Command,

    /// Hide the banner and the progress
    #[arg(short, long, global = true, display_order = 900)]
    quiet: bool,

    /// Disable colours; the variable NO_COLOR does the same
    #[arg(long, global = true, display_order = 900)]
    no_color: bool,
}

impl Args {
    /// The settings of the terminal, from flags and environment.
    fn screen(&self) -> TerminalSettings {
        let prints_only = self.command.prints_only();
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        TerminalSettings {
            quiet: self.quiet || prints_only,
            no_color: self.no_color || is_set("NO_COLOR"),
            dumb: std::env::var_os("TERM").is_some_and(|term| term == "dumb"),
            ends_with_reader: prints_only,
        }
    }
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(mut error) => {
            let typed: Vec<String> = std::env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            hints::improve(&mut error, &typed);
            let error = in_one_line(error);
            // clap prints help and version to stdout, errors to stderr.
            let printed = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion if printed.is_err() => {
                    exit_code::FAILED.into()
                }
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
                _ => exit_code::BAD_OPTIONS.into(),
            };
        }
    };
    allocator::give_back_large_pieces();
    // Each VU needs a socket, and the usual soft limit is 1024 files. If the hard limit is too low as well, requests report it.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let terminal = Terminal::system(args.screen());
    let stopper = Stopper::new();
    terminal.hurry_when({
        let stopper = stopper.clone();
        move || stopper.is_stopped()
    });
    let code = run(&args.command, &terminal, &stopper);
    let is_all_written = terminal.finish();
    // The output was not written.
    if code == ExitCode::SUCCESS && (terminal.stdout_failed() || !is_all_written) {
        return exit_code::FAILED.into();
    }
    code
}

/// Formats the error about an invalid value in one line with flag and remedy, as for options.
fn in_one_line(error: clap::Error) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.split([' ', '[']).next(),
        _ => None,
    };
    match (error.kind(), flag, error.source()) {
        (ErrorKind::ValueValidation, Some(flag), Some(source)) => {
            let source = source.to_string();
            let colon = if source.starts_with("cannot be ") {
                ""
            } else {
                ":"
            };
            clap::Error::raw(error.kind(), format!("{flag}{colon} {source}\n"))
        }
        _ => error,
    }
}

/// Executes a command, or reports why it failed.
fn run(command: &Command, terminal: &Terminal, stopper: &Stopper) -> ExitCode {
    command.execute(terminal, stopper).unwrap_or_else(|error| {
        match &error {
            Error::Options(error) => {
                for problem in error.problems() {
                    terminal.error(&problem.to_string());
                }
            }
            error => terminal.error(&error.to_string()),
        }
        exit_code::of(&error).into()
    })
}

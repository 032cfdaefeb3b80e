//! The command line: what was typed becomes a call of the library, what comes back becomes an exit code.

mod allocator;
mod args;
mod commands;
mod exit_code;
mod hints;
mod job;
mod resolve;
mod signals;

use std::error::Error as _;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use self::args::{Args, Command};
use crate::app::Stopper;
use crate::error::Error;
use crate::output::Terminal;

/// Runs the program named on the command line.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(mut error) => {
            let typed: Vec<String> = std::env::args_os()
                .map(|word| word.to_string_lossy().into_owned())
                .collect();
            hints::improve(&mut error, &typed);
            let error = in_one_line(error);
            // clap prints help and version on stdout, mistakes on stderr.
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
    // Each VU needs a socket, and the usual soft limit of 1024 files is soon reached. Where the hard limit is lower than
    // what a run needs, its requests tell.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let terminal = Terminal::system(args.screen());
    let stopper = Stopper::new();
    terminal.hurry_when({
        let stopper = stopper.clone();
        move || stopper.is_stopped()
    });
    let code = run(args.command, &terminal, &stopper);
    let is_all_written = terminal.finish();
    // Whatever else went well: who asked for it has not got it.
    if code == ExitCode::SUCCESS && (terminal.stdout_failed() || !is_all_written) {
        return exit_code::FAILED.into();
    }
    code
}

/// Names the flag and the remedy of a bad value in one line, as errors of options do.
fn in_one_line(error: clap::Error) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) => flag.split(' ').next(),
        _ => None,
    };
    match (error.kind(), flag, error.source()) {
        (ErrorKind::ValueValidation, Some(flag), Some(source)) => {
            clap::Error::raw(error.kind(), format!("{flag} {source}\n"))
        }
        _ => error,
    }
}

/// Carries a command out, or says why it cannot be.
fn run(command: Command, terminal: &Terminal, stopper: &Stopper) -> ExitCode {
    let result = match command {
        Command::Run(run) => commands::run(&run, terminal, stopper),
        Command::Eval(eval) => commands::eval(&eval, terminal, stopper),
        Command::Inspect(inspect) => commands::inspect(&inspect, terminal),
        Command::Llm(llm) => commands::llm(&llm, terminal, stopper),
        Command::New(new) => commands::new(&new, terminal),
        Command::Serve(serve) => commands::serve(&serve, terminal, stopper),
        Command::Wrk(wrk) => commands::wrk(&wrk, terminal, stopper),
        Command::Compare(compare) => commands::compare_runs(&compare, terminal),
        Command::Report(report) => commands::report(&report, terminal),
        Command::Merge(merge) => commands::merge(&merge, terminal),
        Command::Check(check) => commands::check(&check, terminal),
        Command::Dashboard(dashboard) => commands::dashboard(&dashboard, terminal),
        Command::K8s(k8s) => commands::k8s(&k8s, terminal),
        Command::Completions(completions) => Ok(commands::completions(&completions, terminal)),
        Command::Man(man) => commands::man(&man, terminal),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            match &error {
                Error::Options(error) => {
                    for problem in error.problems() {
                        terminal.error(&problem.to_string());
                    }
                }
                error => terminal.error(&error.to_string()),
            }
            exit_code::of(&error).into()
        }
    }
}

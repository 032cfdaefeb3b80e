//! What can be typed, a file for each command. What it means is in `resolve.rs`; here is only clap.

mod compare;
mod dashboard;
mod eval;
mod inspect;
mod join;
mod k8s;
mod llm;
mod new;
mod options;
mod pages;
mod part;
mod report;
mod run;
mod serve;
mod suggest;
mod values;
mod wrk;

use clap::{Parser, Subcommand};

pub(super) use self::compare::{Compare, ComparisonFormat};
pub(super) use self::dashboard::Dashboard;
pub(super) use self::eval::Eval;
pub(super) use self::inspect::Inspect;
pub(super) use self::join::JoinFlags;
pub(super) use self::k8s::K8s;
pub(super) use self::llm::Llm;
pub(super) use self::new::New;
pub(super) use self::options::OptionFlags;
pub(super) use self::pages::{Completions, Man};
pub(super) use self::part::PartFlags;
pub(super) use self::report::{Check, Merge, Report, ReportFormat};
pub(super) use self::run::{RecordFlags, Run, RunFlags};
pub(super) use self::serve::Serve;
pub(super) use self::wrk::Wrk;
use crate::output::Settings;

/// Load testing for streams: Server-Sent Events and LLM servers, scripted in Lua.
#[derive(Debug, Parser)]
#[command(
    name = "ssel",
    version,
    infer_long_args = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,

    /// Show no banner and no progress, only the summary and the output of the script
    #[arg(short, long, global = true, display_order = 900)]
    pub(super) quiet: bool,

    /// Use no colours; the environment variable `NO_COLOR` does the same
    #[arg(long, global = true, display_order = 900)]
    pub(super) no_color: bool,
}

impl Args {
    /// How to print; what the environment says is read here, once.
    pub(super) fn screen(&self) -> Settings {
        let prints_only = matches!(&self.command, Command::Eval(eval) if eval.is_once());
        Settings {
            quiet: self.quiet || prints_only,
            no_color: self.no_color
                || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            dumb: std::env::var_os("TERM").is_some_and(|term| term == "dumb"),
            ends_with_reader: prints_only,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a Lua script as a load test
    Run(Box<Run>),
    /// Run a chunk of Lua from the command line, once or as a load test
    Eval(Box<Eval>),
    /// Show what a run would do, as JSON
    Inspect(Box<Inspect>),
    /// Benchmark an inference server, without a script
    Llm(Box<Llm>),
    /// Write a script to start from
    New(New),
    /// Start the built-in target: event streams, faults, a mock LLM server
    Serve(Serve),
    /// Load one URL, with the flags, scripts and report of wrk
    Wrk(Box<Wrk>),
    /// Compare saved runs: changes with their confidence intervals
    Compare(Compare),
    /// Show a saved run as text, JSON, CSV, Markdown, JUnit or HTML
    Report(Report),
    /// Merge the saved parts of a run into one
    Merge(Merge),
    /// Apply the thresholds of a script to a saved run
    Check(Box<Check>),
    /// Print a Grafana dashboard for runs that are pushed to Prometheus
    Dashboard(Dashboard),
    /// Print a Kubernetes Job that runs a script in many pods
    K8s(K8s),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the man page, or write all man pages to a folder
    Man(Man),
}

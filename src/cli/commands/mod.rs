//! The subcommands, one file each.

/// The text below the help of commands that run a script, with these examples.
macro_rules! help_of_runs {
    ($examples:literal) => {
        concat!(
            "Examples:\n",
            $examples,
            "

Environment:
  SSEL_DURATION=1m, SSEL_VUS=50, ...    any option; flags override it
  SSEL_PART, SSEL_JOIN                  in place of --part and --join
  SSEL_JOIN_TOKEN                       the secret that the parts of a joined run share
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY     proxies
  SSL_CERT_FILE, SSL_CERT_DIR           certificate authorities
  NO_COLOR                              disables colours

Exit status:
  0    the run passed
  1    an output, the result or a port failed, or memory ran short
  99   a threshold failed
  104  an option, a flag or the script's file is invalid
  105  a signal stopped the run
  107  the script raised an error outside of iterations
  108  the script called exec.test.abort
  100, 101, 109, 110, 111 and the order of precedence: docs/options.md

Documentation:
  docs/tour.md, docs/options.md, docs/lua/README.md"
        )
    };
}

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

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use crate::app::Stopper;
use crate::error::Error;
use crate::output::{self, Terminal};
use crate::record::Record;
use crate::saved;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a Lua script as a load test
    Run(Box<run::Run>),
    /// Run a chunk of Lua from the command line, once or as a load test
    Eval(Box<eval::Eval>),
    /// Show what a run would do, as JSON
    Inspect(Box<inspect::Inspect>),
    /// Benchmark an inference server, without a script
    Llm(Box<llm::Llm>),
    /// Write a script to start from
    New(new::New),
    /// Start the built-in target: event streams, faults, a mock LLM server
    Serve(serve::Serve),
    /// Load one URL, with the flags, scripts and report of wrk
    Wrk(Box<wrk::Wrk>),
    /// Compare saved runs: changes with their confidence intervals
    Compare(compare::Compare),
    /// Show a saved run as text, JSON, CSV, Markdown, JUnit or HTML
    Report(report::Report),
    /// Merge the saved parts of a run into one
    Merge(merge::Merge),
    /// Apply the thresholds of a script to a saved run
    Check(Box<merge::Check>),
    /// Print a Grafana dashboard for runs that are pushed to Prometheus
    Dashboard(dashboard::Dashboard),
    /// Print a Kubernetes Job that runs a script in many pods
    K8s(k8s::K8s),
    /// Print completions for a shell
    Completions(pages::Completions),
    /// Print the man page, or write all man pages to a folder
    Man(pages::Man),
}

impl Command {
    /// Whether only the output of a script is shown.
    pub(super) fn prints_only(&self) -> bool {
        matches!(self, Self::Eval(eval) if eval.is_once())
    }

    /// Executes the command.
    ///
    /// # Errors
    /// The reason why the command failed.
    pub(super) fn execute(
        &self,
        terminal: &Terminal,
        stopper: &Stopper,
    ) -> Result<ExitCode, Error> {
        match self {
            Self::Run(run) => run.execute(terminal, stopper),
            Self::Eval(eval) => eval.execute(terminal, stopper),
            Self::Inspect(inspect) => inspect.execute(terminal),
            Self::Llm(llm) => llm.execute(terminal, stopper),
            Self::New(new) => new.execute(terminal),
            Self::Serve(serve) => serve.execute(terminal, stopper),
            Self::Wrk(wrk) => wrk.execute(terminal, stopper),
            Self::Compare(compare) => compare.execute(terminal),
            Self::Report(report) => report.execute(terminal),
            Self::Merge(merge) => merge.execute(terminal),
            Self::Check(check) => check.execute(terminal),
            Self::Dashboard(dashboard) => dashboard.execute(terminal),
            Self::K8s(k8s) => k8s.execute(terminal),
            Self::Completions(completions) => Ok(completions.execute(terminal)),
            Self::Man(man) => man.execute(terminal),
        }
    }
}

/// Writes the result of a command to a file, atomically, or prints it.
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

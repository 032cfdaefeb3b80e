//! What can be typed. What it means is in `resolve.rs`; here is only clap.

mod wrk;

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

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

    /// Show neither banner nor progress; the summary and what the script prints remain
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,

    /// Use no colours (also: the environment variable `NO_COLOR`)
    #[arg(long, global = true)]
    pub(super) no_color: bool,
}

impl Args {
    /// How to print; what the environment says is read here, once.
    pub(super) fn screen(&self) -> Settings {
        Settings {
            quiet: self.quiet,
            no_color: self.no_color
                || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            dumb: std::env::var_os("TERM").is_some_and(|term| term == "dumb"),
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a Lua script as a load test
    Run(Box<Run>),
    /// Serve the built-in target: event streams, faults, a mock LLM server
    Serve(Serve),
    /// Load one URL as wrk does: its flags, its scripts, its report
    Wrk(Wrk),
}

/// The flags of `ssel run`. Values are taken as text and checked with those of all other sources.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct Run {
    /// The script, a Lua file; `-` reads it from standard input
    pub(super) script: PathBuf,

    /// Number of virtual users
    #[arg(short = 'u', long, value_name = "N", allow_hyphen_values = true)]
    pub(super) vus: Option<String>,

    /// How long to run, e.g. 30s or 1m30s
    #[arg(short = 'd', long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) duration: Option<String>,

    /// How many iterations to share among the VUs
    #[arg(short = 'i', long, value_name = "N", allow_hyphen_values = true)]
    pub(super) iterations: Option<String>,

    /// A stage of a ramp of VUs; repeat for several
    #[arg(
        short = 's',
        long = "stage",
        value_name = "TIME:VUS",
        allow_hyphen_values = true
    )]
    pub(super) stages: Vec<String>,

    /// A variable for the script's `env`; repeat for several
    #[arg(short = 'e', long = "env", value_name = "NAME=VALUE")]
    pub(super) env: Vec<String>,

    /// A tag of every sample; repeat for several
    #[arg(long = "tag", value_name = "NAME=VALUE")]
    pub(super) tags: Vec<String>,

    /// Options in a JSON or TOML file; the script's own, the environment and flags override them
    #[arg(short = 'c', long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,

    /// Makes whatever is random repeatable
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) seed: Option<String>,

    /// Worker threads; one for each core by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) workers: Option<String>,

    /// Write each sample to a file: json=FILE or csv=FILE, compressed if it ends in .gz; - for standard output; repeat for
    /// several
    #[arg(short = 'o', long = "out", value_name = "NAME=FILE")]
    pub(super) outputs: Vec<String>,

    /// Write the summary as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(super) summary_export: Option<PathBuf>,

    /// The figures shown of a trend, e.g. avg,p(99),max
    #[arg(long, value_name = "LIST")]
    pub(super) summary_trend_stats: Option<String>,

    /// One unit for all times of the summary: s, ms or us
    #[arg(long, value_name = "UNIT")]
    pub(super) summary_time_unit: Option<String>,

    /// How much the summary shows: compact, full or disabled
    #[arg(long, value_name = "MODE")]
    pub(super) summary_mode: Option<String>,

    /// Show no summary
    #[arg(long, conflicts_with = "summary_mode")]
    pub(super) no_summary: bool,

    /// Do not evaluate thresholds
    #[arg(long, action = ArgAction::SetTrue)]
    pub(super) no_thresholds: bool,

    /// Leave `setup()` out
    #[arg(long)]
    pub(super) no_setup: bool,

    /// Leave `teardown()` out
    #[arg(long)]
    pub(super) no_teardown: bool,

    /// A VU's next iteration starts no sooner than this after the last
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) min_iteration_duration: Option<String>,

    /// The User-Agent of requests
    #[arg(long, value_name = "TEXT")]
    pub(super) user_agent: Option<String>,

    /// How many redirects a request follows
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(super) max_redirects: Option<String>,

    /// Accept any certificate
    #[arg(long)]
    pub(super) insecure_skip_tls_verify: bool,

    /// A new connection for each request
    #[arg(long)]
    pub(super) no_connection_reuse: bool,

    /// New connections for each iteration
    #[arg(long)]
    pub(super) no_vu_connection_reuse: bool,
}

/// The flags of `ssel serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    pub(super) addr: String,
}

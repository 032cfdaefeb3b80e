//! The flags of `ssel wrk`: those of wrk and wrk2.

use std::path::PathBuf;

/// The flags of `ssel wrk`. Numbers and times are taken as text, because wrk reads them in its own way.
#[derive(Debug, clap::Args)]
#[command(version, disable_version_flag = true)]
pub(in crate::cli) struct Wrk {
    /// The URL to load
    pub(in crate::cli) url: String,

    /// Arguments for the script's `init`; those that begin with a dash after `--`
    #[arg(value_name = "ARGS")]
    pub(in crate::cli) args: Vec<String>,

    /// Threads
    #[arg(short = 't', long, value_name = "N", default_value = "2")]
    pub(in crate::cli) threads: String,

    /// Connections to keep open, over all threads
    #[arg(short = 'c', long, value_name = "N", default_value = "10")]
    pub(in crate::cli) connections: String,

    /// How long to load, e.g. 30s, 2m, 1h; a plain number is seconds [default: 10s, with -n no limit]
    #[arg(short = 'd', long, value_name = "TIME")]
    pub(in crate::cli) duration: Option<String>,

    /// End after so many requests, over all connections
    #[arg(short = 'n', long, value_name = "N")]
    pub(in crate::cli) requests: Option<String>,

    /// A script of wrk, a Lua file
    #[arg(short = 's', long, value_name = "FILE")]
    pub(in crate::cli) script: Option<PathBuf>,

    /// A header of each request; repeat for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(in crate::cli) headers: Vec<String>,

    /// Show how latencies are distributed
    #[arg(short = 'L', long)]
    pub(in crate::cli) latency: bool,

    /// What takes longer counts as a timeout
    #[arg(short = 'T', long, value_name = "TIME", default_value = "2s")]
    pub(in crate::cli) timeout: String,

    /// Requests per second over all connections, at planned times that latencies count from, as in wrk2
    #[arg(short = 'R', long, value_name = "N")]
    pub(in crate::cli) rate: Option<String>,

    /// Push the run to prometheus=URL or otlp=URL while it goes on; repeat for several
    #[arg(short = 'o', long = "out", value_name = "NAME=URL")]
    pub(in crate::cli) outputs: Vec<String>,

    /// Save the run second by second to this file, an SQLite database; see `ssel report`
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) save: Option<PathBuf>,

    /// Write the report of the run to this file: one HTML page that needs no network
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) report: Option<PathBuf>,

    /// A name for the saved run; repeat for several
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub(in crate::cli) labels: Vec<String>,

    /// Print the version
    #[arg(short = 'v', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
}

//! `ssel run`, and what every command takes that runs a script.

use std::path::PathBuf;

use super::{JoinFlags, OptionFlags, PartFlags};

/// The flags of `ssel run`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Run {
    /// The script, a Lua file; `-` reads it from standard input
    pub(in crate::cli) script: PathBuf,

    #[command(flatten)]
    pub(in crate::cli) flags: RunFlags,
}

/// The flags of a run, wherever its script comes from.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunFlags {
    #[command(flatten)]
    pub(in crate::cli) options: OptionFlags,

    /// Worker threads; one for each core by default
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(in crate::cli) workers: Option<String>,

    /// Write each sample to json=FILE or csv=FILE (.gz compresses, - is standard output), or push the run to prometheus=URL
    /// or otlp=URL while it goes on; repeat for several
    #[arg(short = 'o', long = "out", value_name = "NAME=PLACE")]
    pub(in crate::cli) outputs: Vec<String>,

    /// Write the summary as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) summary_export: Option<PathBuf>,

    #[command(flatten)]
    pub(in crate::cli) part: PartFlags,

    #[command(flatten)]
    pub(in crate::cli) join: JoinFlags,

    #[command(flatten)]
    pub(in crate::cli) record: RecordFlags,
}

/// The flags of what is kept of a run, for every command that makes load.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RecordFlags {
    /// Save the run second by second to this file, an SQLite database; see `ssel report`
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) save: Option<PathBuf>,

    /// Which streams to save one by one: sample, all or none
    #[arg(long, value_name = "WHICH", default_value = "sample")]
    pub(in crate::cli) streams: String,

    /// Write the report of the run to this file: one HTML page that needs no network
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) report: Option<PathBuf>,

    /// Serve the report while the run goes on; without an address on this machine only, at a free port
    #[arg(
        long,
        value_name = "ADDR",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "127.0.0.1:0"
    )]
    pub(in crate::cli) live: Option<String>,

    /// Make so many runs, one after the other, saved to FILE-1, FILE-2 and so on, for `ssel compare`
    #[arg(long, value_name = "N", requires = "save")]
    pub(in crate::cli) repeat: Option<String>,

    /// Record the metrics of servers beside those of the run: the URLs of their /metrics; none for none [default: for
    /// `ssel llm` the server's own, if it has them]
    #[arg(long, value_name = "URL[,URL]", value_delimiter = ',')]
    pub(in crate::cli) server_metrics: Vec<String>,

    /// Record these metrics of servers as well, by name; * stands for anything
    #[arg(long, value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub(in crate::cli) server_metric: Vec<String>,

    /// A name for the saved run; repeat for several
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub(in crate::cli) labels: Vec<String>,
}

//! `ssel run`, and what every command takes that runs a script.

use std::path::PathBuf;

use super::OptionFlags;

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

    /// Write each sample to a file: json=FILE or csv=FILE, compressed if it ends in .gz; - for standard output; repeat for
    /// several
    #[arg(short = 'o', long = "out", value_name = "NAME=FILE")]
    pub(in crate::cli) outputs: Vec<String>,

    /// Write the summary as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) summary_export: Option<PathBuf>,

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
    #[arg(
        long,
        value_name = "WHICH",
        default_value = "sample",
        requires = "save"
    )]
    pub(in crate::cli) streams: String,

    /// A name for the saved run; repeat for several
    #[arg(long = "label", value_name = "NAME=VALUE")]
    pub(in crate::cli) labels: Vec<String>,
}

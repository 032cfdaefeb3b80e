//! `ssel dashboard`.

use std::path::PathBuf;

/// The flags of `ssel dashboard`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel dashboard > ssel.json        # import it in Grafana: Dashboards, New, Import
  ssel run script.lua -o prometheus=http://127.0.0.1:9090")]
pub(in crate::cli) struct Dashboard {
    /// What the names of the metrics begin with, as in -o prometheus=URL,prefix=PREFIX
    #[arg(long, value_name = "PREFIX", default_value = "ssel_")]
    pub(in crate::cli) prefix: String,

    /// Write to this file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

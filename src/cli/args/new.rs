//! `ssel new`.

use std::path::PathBuf;

/// The flags of `ssel new`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct New {
    /// Where to write the script
    #[arg(default_value = "script.lua")]
    pub(in crate::cli) file: PathBuf,
}

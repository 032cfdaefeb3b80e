//! `ssel inspect`.

use std::path::PathBuf;

use super::OptionFlags;

/// The flags of `ssel inspect`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Inspect {
    /// The script, a Lua file; `-` reads it from standard input
    pub(in crate::cli) script: PathBuf,

    #[command(flatten)]
    pub(in crate::cli) options: OptionFlags,
}

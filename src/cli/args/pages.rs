//! `ssel completions` and `ssel man`: for shells and for who packages ssel.

use std::path::PathBuf;

use clap_complete::Shell;

/// The flags of `ssel completions`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Completions {
    /// The shell that is to read them
    pub(in crate::cli) shell: Shell,
}

/// The flags of `ssel man`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Man {
    /// Write ssel.1 and a page for each command into this folder, instead of printing ssel.1
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) dir: Option<PathBuf>,
}

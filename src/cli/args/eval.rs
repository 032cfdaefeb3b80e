//! `ssel eval`.

use super::RunFlags;

/// The flags of `ssel eval`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Eval {
    /// Lua text: the body of `default`, or a whole script if it defines `default`
    pub(in crate::cli) chunk: String,

    #[command(flatten)]
    pub(in crate::cli) flags: RunFlags,
}

impl Eval {
    /// Whether no flag asks for a load: then the chunk runs once, and only what it prints is shown.
    pub(in crate::cli) fn is_once(&self) -> bool {
        let load = ["vus", "duration", "iterations", "stages"];
        !self.flags.options.sets_any(&load)
    }
}

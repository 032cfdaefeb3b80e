//! The subcommands, one file each.

mod run;
mod serve;

pub(super) use run::run;
pub(super) use serve::serve;

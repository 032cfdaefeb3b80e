//! The subcommands, one file each.

mod run;
mod serve;
mod wrk;

pub(super) use run::run;
pub(super) use serve::serve;
pub(super) use wrk::wrk;

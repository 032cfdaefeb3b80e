//! The subcommands, one file each.

mod eval;
mod inspect;
mod llm;
mod new;
mod pages;
mod run;
mod serve;
mod wrk;

pub(super) use eval::eval;
pub(super) use inspect::inspect;
pub(super) use llm::llm;
pub(super) use new::new;
pub(super) use pages::{completions, man};
pub(super) use run::run;
pub(super) use serve::serve;
pub(super) use wrk::wrk;

//! The Lua side: loads scripts, calls their functions, and implements the functions they call.
//!
//! - [`load`] reads a script and runs its init stage; the [`Script`] runs `setup`, `teardown` and `handle_summary`
//!   (`lifecycle.rs`); its [`LuaVuFactory`] makes VUs, one Lua state each (`vu.rs`).
//! - What a script may do is decided in `state.rs`; what it finds under `require "ssel"` is in `modules/`, one
//!   namespace a file.
//! - A function that waits suspends only its coroutine; `drive.rs` awaits what it waits for. `jobs.rs` polls beside it
//!   what the coroutine has started: tasks and streams.
//! - `wrk/` is the script's side of `ssel wrk`: other functions, called without coroutines.
//! - `request.rs` and `response.rs` are what all modules that make requests have in common; what they leave in the metrics
//!   is in [`samples`](crate::samples).

mod args;
mod bundled;
mod context;
mod convert;
mod drive;
mod error;
mod files;
mod hints;
mod jar;
mod jobs;
mod lifecycle;
mod loaded;
mod memory;
mod modules;
mod native;
mod packed;
mod process;
mod raised_table;
mod raw;
mod ready;
mod request;
mod require;
mod response;
mod shared_data;
mod source;
mod state;
mod table_builder;
mod tasks;
mod vu;
mod wakers;
pub(crate) mod wrk;

pub(crate) use context::Stage;
pub(crate) use error::{ScriptError, ScriptErrorKind};
pub(crate) use lifecycle::{Script, load};
#[cfg(any(test, fuzzing))]
pub(crate) use modules::json::has_shape as json_has_shape;
pub(crate) use process::{Console, Host, SummaryText};
pub use source::Source;

#[cfg(test)]
mod tests;

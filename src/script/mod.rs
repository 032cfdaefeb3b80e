//! The Lua side: loads scripts, calls their functions, and implements the functions they call.
//!
//! - [`load`] reads a script and runs its init stage; the [`Script`] runs `setup`, `teardown` and `handle_summary`
//!   (`lifecycle.rs`); its [`LuaVuFactory`] makes VUs, one Lua state each (`vu.rs`).
//! - `state.rs` decides what a script may do; `modules/` contains the namespaces of `require "ssel"`, one
//!   file each.
//! - A function that waits suspends only its coroutine; `drive.rs` awaits the operation. Meanwhile `jobs.rs` polls
//!   the tasks and streams that the coroutine has started.
//! - `wrk/` contains the scripts of `ssel wrk`, whose functions are called without coroutines.
//! - `request.rs` and `response.rs` are common to all modules that send requests; [`samples`](crate::samples) records
//!   their metrics.

mod args;
mod bundled;
mod chunk;
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
mod waker_slot;
#[cfg(feature = "wrk")]
pub(crate) mod wrk;

pub(crate) use lifecycle::{Script, load};
#[cfg(any(test, fuzzing))]
pub(crate) use modules::json::has_shape as json_has_shape;
pub(crate) use process::{Console, Host};

#[cfg(test)]
mod tests;

//! Scripts of `ssel wrk`: wrk's functions and the table `wrk`.
//!
//! A script runs once in the [`Lead`]'s state, which calls `setup` and `done`, and once in a state for each thread, whose
//! [`LuaHooks`] call `init`, `delay`, `request`, `response` and `event`. Values go between states by copy. A script finds
//! the modules of `ssel run` as well, but nothing may wait: the hooks are plain calls, no coroutines.

mod address;
mod exit;
mod headers;
mod hooks;
mod lead;
mod libraries;
mod socket;
mod state;
mod summary;
mod table;
mod thread;

pub(crate) use hooks::LuaHooks;
pub(crate) use lead::Lead;
pub(crate) use state::WrkScript;

//! Scripts of `ssel wrk`: wrk's functions and the table `wrk`.
//!
//! A script runs once in the state of [`MainState`], which calls `setup` and `done`, and once in a state for each thread, whose
//! [`LuaHooks`] call `init`, `delay`, `request`, `response` and `event`. Values are copied between states. Scripts can use the
//! modules of `ssel run`, but nothing may wait: the hooks are plain calls without coroutines.

mod address;
mod exit;
mod hooks;
mod libraries;
mod main_state;
mod response_call;
mod socket;
mod state;
mod summary;
mod table;
mod thread;

pub(crate) use hooks::LuaHooks;
pub(crate) use main_state::MainState;
pub(crate) use state::WrkScript;

//! The script's state beside the threads: `setup` before the load, `done` after it.

use std::sync::Arc;

use super::super::error::{ScriptError, ScriptErrorKind};
use super::hooks::LuaHooks;
use super::state::{State, WrkScript};
use super::summary;
use super::thread::Remote;
use crate::wrk::{Ended, Seat};

/// The script's state beside the threads.
pub struct Lead(State);

impl Lead {
    /// Runs the script.
    ///
    /// # Errors
    /// What it raised.
    pub fn new(script: &Arc<WrkScript>) -> Result<Self, ScriptError> {
        let state = script.state(0)?;
        state.begin();
        Ok(Self(state))
    }

    /// Calls `setup(thread)`.
    ///
    /// # Errors
    /// What it raised.
    pub fn setup(&self, seat: &Seat<LuaHooks>) -> Result<(), ScriptError> {
        let Some(setup) = self.0.function("setup") else {
            return Ok(());
        };
        setup
            .call(Remote(seat.clone()))
            .map_err(|error| ScriptError::from_lua(ScriptErrorKind::Setup, &error))
    }

    /// Calls `done(summary, latency, requests)`.
    ///
    /// # Errors
    /// What it raised.
    pub fn done(&self, ended: &Ended) -> Result<(), ScriptError> {
        let Some(done) = self.0.function("done") else {
            return Ok(());
        };
        let call = || -> mlua::Result<()> {
            let summary = summary::table(&self.0.lua, ended)?;
            let latency = summary::Figures::new(ended.tally.latency.clone());
            let requests = summary::Figures::new(ended.tally.rate.clone());
            done.call((summary, latency, requests))
        };
        call().map_err(|error| ScriptError::from_lua(ScriptErrorKind::Teardown, &error))
    }
}

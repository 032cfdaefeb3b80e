//! The script's state outside the threads: `setup` before the load, `done` after it.

use std::net::SocketAddr;
use std::sync::Arc;

use mlua::Value;

use super::address::LuaAddress;
use super::hooks::LuaHooks;
use super::state::{WrkScript, WrkState};
use super::thread::ScriptThread;
use super::{summary, table};
use crate::error::{ScriptError, ScriptErrorKind};
use crate::wrk::{Endpoint, ThreadHandle, WrkResult};

/// The script's state outside the threads.
pub(crate) struct MainState(WrkState);

impl MainState {
    /// Runs the script.
    ///
    /// # Errors
    /// The error of the script.
    pub(crate) fn new(script: &Arc<WrkScript>) -> Result<Self, ScriptError> {
        let state = script.state(0, None)?;
        state.begin();
        Ok(Self(state))
    }

    /// Calls `wrk.resolve` for the target and returns the first address in `wrk.addrs`.
    ///
    /// # Errors
    /// The error of the script.
    pub(crate) fn resolve(&self, target: &Endpoint) -> Result<Option<SocketAddr>, ScriptError> {
        let call = || -> mlua::Result<Option<SocketAddr>> {
            let lua = &self.0.lua;
            let service = target.port.map(|port| port.to_string());
            let service = service.unwrap_or_else(|| target.scheme.clone());
            table::function(lua, "resolve")?.call::<()>((target.host.as_str(), service))?;
            match table::of(lua)?.get("addrs")? {
                Value::Table(addresses) if addresses.raw_len() > 0 => {
                    LuaAddress::from("wrk.resolve", &addresses.get(1)?).map(Some)
                }
                _ => Ok(None),
            }
        };
        call().map_err(|error| ScriptError::from_lua(ScriptErrorKind::Setup, &error))
    }

    /// Calls `wrk.setup(thread)`, which calls `setup(thread)`.
    ///
    /// # Errors
    /// The error of the script.
    pub(crate) fn setup(&self, handle: &ThreadHandle<LuaHooks>) -> Result<(), ScriptError> {
        table::function(&self.0.lua, "setup")
            .and_then(|setup| setup.call(ScriptThread(handle.clone())))
            .map_err(|error| ScriptError::from_lua(ScriptErrorKind::Setup, &error))
    }

    /// Calls `done(summary, latency, requests)`.
    ///
    /// # Errors
    /// The error of the script.
    pub(crate) fn done(&self, ended: &WrkResult) -> Result<(), ScriptError> {
        let Some(done) = self.0.function("done") else {
            return Ok(());
        };
        let call = || -> mlua::Result<()> {
            let summary = summary::table(&self.0.lua, ended)?;
            let latency = summary::LuaDistribution::new(ended.tally.latency.clone());
            let requests = summary::LuaDistribution::new(ended.tally.rate.clone());
            done.call((summary, latency, requests))
        };
        call().map_err(|error| ScriptError::from_lua(ScriptErrorKind::Teardown, &error))
    }
}

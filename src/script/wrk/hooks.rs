//! The functions of a script on one thread.

use std::sync::Arc;
use std::time::Duration;

use mlua::{Function, Lua, LuaString, Value};

use super::super::args;
use super::super::convert::Plain;
use super::super::error::LuaError;
use super::response_call::ResponseCaller;
use super::state::{WrkScript, WrkState};
use super::{libraries, table, thread};
use crate::error::{ScriptError, ScriptErrorKind};
use crate::sse::Event;
use crate::wrk::{Hooks, Raised, RequestBatch, ThreadState, Wants};

/// The exit code if the script does not return a request, as in wrk.
const NO_REQUEST: u8 = 1;

/// The script's state on one thread, and its functions for the load.
pub(crate) struct LuaHooks {
    state: WrkState,
    script: Arc<WrkScript>,
    fixed: Vec<u8>,
    request: Option<Function>,
    delay: Option<Function>,
    response: Option<ResponseCaller>,
    event: Option<Function>,
}

impl LuaHooks {
    /// Creates the state of a thread, whose number counts from 0, and runs the script in it.
    ///
    /// # Errors
    /// The error of the script.
    pub(crate) fn new(
        script: &Arc<WrkScript>,
        number: usize,
        shared: &Arc<ThreadState>,
    ) -> Result<Self, ScriptError> {
        let state = script.state(number as u64 + 1, Some(shared))?;
        let own = thread::OwnThread(Arc::clone(shared));
        table::of(&state.lua)
            .and_then(|wrk| wrk.set("thread", own))
            .map_err(|error| ScriptError::from_lua(ScriptErrorKind::Init, &error))?;
        Ok(Self {
            state,
            script: Arc::clone(script),
            fixed: Vec::new(),
            request: None,
            delay: None,
            response: None,
            event: None,
        })
    }

    /// Calls `wrk.init`, which calls the script's `init`, and finds the script's functions.
    ///
    /// # Errors
    /// The error of the script, or a table `wrk` from which no request can be built.
    pub(crate) fn init(&mut self) -> Result<(), ScriptError> {
        let fail = |error: mlua::Error| ScriptError::from_lua(ScriptErrorKind::Init, &error);
        let args = self.arguments().map_err(fail)?;
        table::function(&self.state.lua, "init")
            .and_then(|init| init.call::<()>(args))
            .map_err(fail)?;
        self.state.begin();
        self.find_functions().map_err(fail)?;
        if self.request.is_none() {
            let request = table::function(&self.state.lua, "request").map_err(fail)?;
            let made = request.call(()).and_then(|made| bytes_of(&made));
            self.fixed = made.map_err(fail)?.as_bytes().to_vec();
            RequestBatch::of(&self.fixed).map_err(|why| {
                let what = format!("the table wrk does not describe a request: {why}");
                ScriptError::new(ScriptErrorKind::Init, what)
            })?;
        }
        // Garbage of the start should not be collected during the load.
        let _ = self.state.lua.gc_collect();
        Ok(())
    }

    /// A global of the script, for another state.
    pub(super) fn get(&self, name: &str) -> Result<Plain, String> {
        thread::global(&self.state.lua, name)
    }

    /// Sets a global of the script.
    pub(super) fn set(&self, name: &str, value: &Plain) -> Result<(), String> {
        let lua = &self.state.lua;
        value
            .to_lua(lua)
            .and_then(|value| lua.globals().set(name, value))
            .map_err(|error| error.to_string())
    }

    /// The argument of `init`: the URL at 0, the arguments after it from 1 on.
    fn arguments(&self) -> mlua::Result<mlua::Table> {
        let table = self.state.lua.create_table()?;
        table.raw_set(0, self.script.target.url.as_str())?;
        for (i, argument) in self.script.args.iter().enumerate() {
            table.raw_set(i + 1, argument.as_str())?;
        }
        Ok(table)
    }

    fn find_functions(&mut self) -> mlua::Result<()> {
        let lua = &self.state.lua;
        // Globals are looked up in each call, so that a script may replace a function.
        let by_name = |name: &str| -> mlua::Result<Option<Function>> {
            if self.state.function(name).is_none() {
                return Ok(None);
            }
            let source = format!("return function(...) return {name}(...) end");
            lua.load(source)
                .set_name(format!("={} {name}", super::super::error::PRELUDE))
                .eval()
                .map(Some)
        };
        let request = by_name("request")?;
        let delay = by_name("delay")?;
        let event = by_name("event")?;
        let response = match self.state.function("response") {
            Some(function) => {
                let parameters = libraries::parameters(lua, &function)?;
                Some(ResponseCaller::new(lua, parameters)?)
            }
            None => None,
        };
        (self.request, self.delay, self.event, self.response) = (request, delay, event, response);
        Ok(())
    }

    /// Reports an error; repeated errors are shown once and counted. After `os.exit`, errors are not reported.
    fn report<T>(&self, result: mlua::Result<T>) -> Result<T, Raised> {
        if self.state.exiting.get() {
            return Err(Raised::Exit);
        }
        result.map_err(|error| {
            let described = LuaError::of(&error);
            if described.is_out_of_memory() {
                // The objects that filled the state are garbage now.
                let _ = self.state.lua.gc_collect();
            }
            let console = &self.script.process.console;
            console.script_error(&described.into_text());
            Raised::Error
        })
    }
}

impl Hooks for LuaHooks {
    fn wants(&self) -> Wants {
        let response = self.response.as_ref();
        Wants {
            request: self.request.is_some(),
            delay: self.delay.is_some(),
            response: response.is_some(),
            headers: response.is_some_and(ResponseCaller::wants_headers),
            body: response.is_some_and(ResponseCaller::wants_body),
            event: self.event.is_some(),
        }
    }

    fn fixed(&self) -> &[u8] {
        &self.fixed
    }

    fn request(&mut self, bytes: &mut Vec<u8>) -> Result<(), Raised> {
        let Some(request) = &self.request else {
            return Ok(());
        };
        let made = request.call(()).and_then(|made| {
            bytes.extend_from_slice(&bytes_of(&made)?.as_bytes());
            Ok(())
        });
        let reported = self.report(made);
        if reported == Err(Raised::Error) {
            self.script.exit.ask(NO_REQUEST);
        }
        reported
    }

    fn delay(&mut self) -> Result<Duration, Raised> {
        let Some(delay) = &self.delay else {
            return Ok(Duration::ZERO);
        };
        let pause = delay.call(()).and_then(|value| {
            pause_of(&value).ok_or_else(|| {
                let expected = "milliseconds, a number from 0";
                args::misuse(
                    "delay",
                    format!("must return {expected}, got {}", args::shown(&value)),
                )
            })
        });
        self.report(pause)
    }

    fn response(&mut self, status: u16, head: &[u8], body: &[u8]) -> Result<(), Raised> {
        let Some(responses) = &mut self.response else {
            return Ok(());
        };
        let called = responses.call(&self.state.lua, status, head, body);
        self.report(called)
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), Raised> {
        let Some(function) = &self.event else {
            return Ok(());
        };
        let called = call_event(&self.state.lua, function, event);
        self.report(called)
    }

    fn no_request(&mut self, why: &str) {
        let what = format!("what request() returned cannot be sent: {why}");
        self.script.process.console.script_error(&what);
        self.script.exit.ask(NO_REQUEST);
    }
}

/// The bytes that `request` returned.
fn bytes_of(made: &Value) -> mlua::Result<LuaString> {
    match made {
        Value::String(text) => Ok(text.clone()),
        other => Err(args::misuse(
            "request",
            format!(
                "must return the bytes of a request, such as wrk.format returns, got {}",
                args::shown(other)
            ),
        )),
    }
}

/// The pause that `delay` returned, in milliseconds, read as wrk does: nil and negative numbers mean no pause.
fn pause_of(value: &Value) -> Option<Duration> {
    let millis = match value {
        Value::Nil => 0.0,
        Value::String(text) => text.to_string_lossy().trim().parse().ok()?,
        value => args::as_f64(value)?,
    };
    if millis.is_nan() || millis <= 0.0 {
        return Some(Duration::ZERO);
    }
    Duration::try_from_secs_f64(millis / 1e3).ok()
}

fn call_event(lua: &Lua, function: &Function, event: &Event<'_>) -> mlua::Result<()> {
    let id = lua.create_string(event.id.unwrap_or_default())?;
    let name = lua.create_string(event.name_or_default())?;
    let data = lua.create_string(event.data)?;
    function.call((id, name, data))
}

//! Creates the states of a script.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use mlua::{Function, Lua, Value};

use super::super::chunk;
use super::super::context::Context;
use super::super::process::{Host, Process};
use super::super::state;
use super::exit::{self, ExitCode};
use super::{libraries, table};
use crate::error::{ScriptError, ScriptErrorKind, Stage};
use crate::metrics::Tags;
use crate::options::Source;
use crate::wrk::{Endpoint, ThreadState};

/// The memory limit of a state in bytes. There are few states, and scripts of wrk often build millions of requests in advance.
const MEMORY_LIMIT: usize = 1 << 30;

/// A script for `ssel wrk`, compiled once for all threads, with the data for its states.
pub(crate) struct WrkScript {
    pub(super) process: Arc<Process>,
    code: Vec<u8>,
    chunk_name: String,
    /// The target of the load.
    pub(super) target: Endpoint,
    /// Headers from the command line.
    pub(super) headers: Vec<(String, String)>,
    /// The arguments after the URL.
    pub(super) args: Vec<String>,
    pub(super) exit: Arc<ExitCode>,
}

/// One Lua state in which the script has run.
pub(super) struct WrkState {
    pub(super) lua: Lua,
    pub(super) context: Rc<Context>,
    /// Whether `os.exit` was called in it.
    pub(super) exiting: Rc<Cell<bool>>,
}

impl WrkScript {
    /// Reads and compiles a script.
    ///
    /// # Errors
    /// The file, or its syntax.
    pub(crate) fn read(
        source: &Source,
        host: Host,
        target: Endpoint,
        headers: Vec<(String, String)>,
        args: Vec<String>,
    ) -> Result<Self, ScriptError> {
        let text = source.read()?;
        let code = source.compile(&Lua::new(), &text)?.dump(false);
        Ok(Self {
            process: Arc::new(Process::new(source.folder(), host)),
            code,
            chunk_name: source.chunk_name(),
            target,
            headers,
            args,
            exit: Arc::default(),
        })
    }

    /// The exit code that the script has requested since the last call, by `os.exit` or by failing to make a request.
    pub(crate) fn take_exit_code(&self) -> Option<u8> {
        self.exit.take()
    }

    /// Creates a state and runs the script in it. `number` is that of the `thread` from 1, or 0.
    ///
    /// # Errors
    /// The error of the script.
    pub(super) fn state(
        &self,
        number: u64,
        thread: Option<&Arc<ThreadState>>,
    ) -> Result<WrkState, ScriptError> {
        let make = || -> mlua::Result<WrkState> {
            let recorder = self.process.registry.recorder();
            let context = Rc::new(Context::new(&self.process, recorder, Tags::new(), number));
            let lua = state::new_state(&context)?;
            lua.set_memory_limit(MEMORY_LIMIT)?;
            let exiting = Rc::default();
            let exit = exit::function(&lua, &self.exit, &exiting, thread)?;
            libraries::install(&lua, exit)?;
            table::install(&lua, self)?;
            // wrk ignores the return value too.
            let _: Value = chunk::bytecode(&lua, &self.code, &self.chunk_name)?.call(())?;
            let state = WrkState {
                lua,
                context,
                exiting,
            };
            if state.function("default").is_some() && state.function("request").is_none() {
                let name = self.chunk_name.trim_start_matches('@');
                return Err(mlua::Error::runtime(format!(
                    "{name} has a function default, so it is a script for ssel run: run it with ssel run {name}"
                )));
            }
            Ok(state)
        };
        make().map_err(|error| ScriptError::from_lua(ScriptErrorKind::Init, &error))
    }
}

impl WrkState {
    /// The global function of this name, if there is one.
    pub(super) fn function(&self, name: &str) -> Option<Function> {
        match self.lua.globals().raw_get(name) {
            Ok(Value::Function(function)) => Some(function),
            _ => None,
        }
    }

    /// From now on, `ssel wrk` calls the script's functions.
    pub(super) fn begin(&self) {
        self.context.stage.set(Stage::Wrk);
    }
}

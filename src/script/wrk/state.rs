//! Creates the states of a script.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, Value};

use super::super::context::{Context, Stage};
use super::super::error::{ScriptError, ScriptErrorKind};
use super::super::process::{Host, Process};
use super::super::source::Source;
use super::super::state;
use super::exit::{self, ExitCode};
use super::{libraries, table};
use crate::metrics::Tags;
use crate::wrk::{Endpoint, ThreadState};

/// What a state may hold in bytes. There are few of them, and scripts of wrk make millions of requests beforehand.
const MEMORY_LIMIT: usize = 1 << 30;

/// A script for `ssel wrk`, compiled once for all threads, and what its states are told.
pub struct WrkScript {
    pub(super) process: Arc<Process>,
    code: Vec<u8>,
    chunk_name: String,
    /// Whom the load is for.
    pub(super) target: Endpoint,
    /// Headers from the command line.
    pub(super) headers: Vec<(String, String)>,
    /// What followed the URL.
    pub(super) args: Vec<String>,
    pub(super) exit: Arc<ExitCode>,
}

/// One Lua state in which the script has run.
pub(super) struct State {
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
    pub fn read(
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

    /// The code that the script has asked for by `os.exit`, or by failing to make a request, since the last call.
    pub fn take_exit_code(&self) -> Option<u8> {
        self.exit.take()
    }

    /// Makes a state and runs the script in it. `number` is that of the `thread` from 1, or 0.
    ///
    /// # Errors
    /// What the script raised.
    pub(super) fn state(
        &self,
        number: u64,
        thread: Option<&Arc<ThreadState>>,
    ) -> Result<State, ScriptError> {
        let make = || -> mlua::Result<State> {
            let recorder = self.process.registry.recorder();
            let context = Rc::new(Context::new(&self.process, recorder, Tags::new(), number));
            let lua = state::new_state(&context)?;
            lua.set_memory_limit(MEMORY_LIMIT)?;
            let exiting = Rc::default();
            let exit = exit::function(&lua, &self.exit, &exiting, thread)?;
            libraries::install(&lua, exit)?;
            table::install(&lua, self)?;
            let chunk: Function = lua
                .load(&self.code)
                .set_name(&self.chunk_name)
                .set_mode(ChunkMode::Binary)
                .into_function()?;
            // What it returns is of no use to wrk either.
            let _: Value = chunk.call(())?;
            let state = State {
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

impl State {
    /// The global function of this name, if there is one.
    pub(super) fn function(&self, name: &str) -> Option<Function> {
        match self.lua.globals().raw_get(name) {
            Ok(Value::Function(function)) => Some(function),
            _ => None,
        }
    }

    /// From here on the script's functions are called by `ssel wrk`.
    pub(super) fn begin(&self) {
        self.context.stage.set(Stage::Wrk);
    }
}

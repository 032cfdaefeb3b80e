//! A VU that calls a Lua function in each iteration.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use mlua::{Function, Lua, Table, Value};

use super::context::Context;
use super::convert::Plain;
use super::error::LuaError;
use super::process::Process;
use super::{chunk, drive, state};
use crate::error::Stage;
use crate::vu::{Iteration, IterationError, Vu, VuFactory, VuInfo};

/// Creates a Lua state for each VU and runs the script's init stage in it.
pub(crate) struct LuaVuFactory {
    pub(super) process: Arc<Process>,
    /// The script, compiled once.
    pub(super) code: Arc<[u8]>,
    pub(super) chunk_name: String,
    /// The return value of `setup`.
    pub(super) data: Arc<Plain>,
}

impl VuFactory for LuaVuFactory {
    type Vu = LuaVu;

    fn make(&self, info: VuInfo) -> Result<LuaVu, IterationError> {
        let context = Rc::new(context_for(&self.process, &info));
        let make = || -> mlua::Result<(Lua, Function, Value)> {
            let lua = state::new_state(&context)?;
            let chunk = chunk::bytecode(&lua, &self.code, &self.chunk_name)?;
            let exports = exports(&lua, chunk.call(())?)?;
            let function = exports.get(info.scenario.exec.as_str())?;
            let data = self.data.to_lua(&lua)?;
            Ok((lua, function, data))
        };
        let (lua, function, data) = make().map_err(|error| {
            if context.aborting.get() {
                IterationError::Aborted
            } else {
                IterationError::Raised(LuaError::of(&error).into_text())
            }
        })?;
        // Otherwise the garbage of the init stage would stay as long as the VU, since most VUs wait.
        // An error of the collection shows when Lua runs.
        let _ = lua.gc_collect();
        context.stage.set(Stage::Iteration);
        Ok(LuaVu {
            lua,
            context,
            function,
            data,
        })
    }
}

fn context_for(process: &Arc<Process>, info: &VuInfo) -> Context {
    Context {
        scenario: Some(Arc::clone(&info.scenario)),
        env: info.scenario.env.iter().cloned().collect(),
        ..Context::new(
            process,
            info.recorder.clone(),
            info.scenario.tags.clone(),
            info.id,
        )
    }
}

impl Context {
    /// A context in the init stage, for no scenario.
    pub(super) fn new(
        process: &Arc<Process>,
        recorder: crate::metrics::Recorder,
        tags: crate::metrics::Tags,
        vu: u64,
    ) -> Self {
        Self {
            process: Arc::clone(process),
            stage: Cell::new(Stage::Init),
            recorder,
            own_tags: RefCell::new(tags.clone()),
            tags: RefCell::new(tags),
            groups: RefCell::default(),
            vu,
            scenario: None,
            iteration: Cell::new(None),
            env: std::collections::HashMap::new(),
            client: RefCell::new(None),
            aborting: Cell::new(false),
            pending: RefCell::new(None),
            started: RefCell::default(),
            ready: Arc::default(),
            slice_end: Cell::new(std::time::Instant::now()),
            passing_error: RefCell::new(None),
            raised: RefCell::new(None),
            running: Rc::default(),
        }
    }
}

/// The exports of a script: the table it returned, else its globals.
pub(super) fn exports(lua: &Lua, returned: Value) -> mlua::Result<Table> {
    match returned {
        Value::Nil => Ok(lua.globals()),
        Value::Table(table) => Ok(table),
        other => Err(mlua::Error::runtime(format!(
            "the script returned {}; it must return a table of its exports, or nothing to export its globals",
            super::args::shown(&other)
        ))),
    }
}

/// A virtual user with its own Lua state.
pub(crate) struct LuaVu {
    lua: Lua,
    context: Rc<Context>,
    function: Function,
    data: Value,
}

impl Vu for LuaVu {
    async fn iterate(&mut self, iteration: &Iteration) -> Result<(), IterationError> {
        let context = &self.context;
        context.iteration.set(Some(*iteration));
        context.begin_iteration();
        let _end = EndOfIteration(context);
        match drive::run(&self.lua, context, &self.function, &self.data).await {
            Ok(_) => Ok(()),
            Err(_) if context.aborting.get() => Err(IterationError::Aborted),
            Err(error) => {
                let described = context.describe(&error);
                if described.is_out_of_memory() {
                    // The objects that filled the state are garbage now; the next iteration should not have to collect them.
                    let _ = self.lua.gc_collect();
                }
                Err(IterationError::Raised(described.into_text()))
            }
        }
    }
}

/// Cleans up after an iteration, even if the runner drops it.
struct EndOfIteration<'a>(&'a Context);

impl Drop for EndOfIteration<'_> {
    fn drop(&mut self) {
        self.0.end_iteration();
    }
}

impl Context {
    /// Cleans up after an iteration that failed or was interrupted.
    pub(super) fn begin_iteration(&self) {
        self.leave_all_groups();
        self.aborting.set(false);
        self.refresh_client();
        self.passing_error.borrow_mut().take();
    }

    /// Message and traceback of an error of a coroutine, with the frames of the place where it was
    /// raised even if one of ssel's functions passed it on.
    pub(super) fn describe(&self, error: &mlua::Error) -> LuaError {
        let mut described = LuaError::of(error);
        if let Some(passing) = self.passing_error.take()
            && passing.message == described.message
        {
            described = passing;
        }
        if let Some(table) = self.raised.borrow_mut().take() {
            described.show_table(&table);
        }
        described
    }
}

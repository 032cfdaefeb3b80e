//! A loaded script on its own thread, and the calls into it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use mlua::{Function, Lua, Table, Value};

use super::context::Context;
use super::convert::Plain;
use super::process::{Host, Process, SummaryText};
use super::vu::exports;
use super::{args, drive, state};
use crate::error::{ScriptError, ScriptErrorKind, Stage};
use crate::metrics::Tags;
use crate::options::Source;
use crate::sync::Mutex;
use crate::units::format_duration;

/// The return value of `setup`, for all VUs.
pub(super) type SetupData = Arc<Mutex<Arc<Plain>>>;

/// Information about a script after its init stage.
pub(super) struct ScriptInfo {
    pub(super) process: Arc<Process>,
    /// The script, compiled once for all VUs.
    pub(super) code: Arc<[u8]>,
    pub(super) chunk_name: String,
    /// Its `options`, unresolved.
    pub(super) options: Option<serde_json::Value>,
    /// The names of the functions it exports, sorted.
    pub(super) functions: Vec<String>,
    /// The names of all exports, and whether they are functions.
    pub(super) exports: Vec<(String, bool)>,
}

/// The script's state on its thread.
pub(super) struct LoadedScript {
    lua: Lua,
    context: Rc<Context>,
    exports: Table,
    data: SetupData,
}

impl LoadedScript {
    /// Reads the script and runs its init stage.
    ///
    /// # Errors
    /// The file, its syntax, or the error of the init stage.
    pub(super) fn new(
        source: &Source,
        host: Host,
        data: SetupData,
    ) -> Result<(Self, ScriptInfo), ScriptError> {
        let raised = |error: mlua::Error| ScriptError::from_lua(ScriptErrorKind::Init, &error);
        let text = source.read()?;
        let recorder = host.registry.recorder();
        let process = Arc::new(Process::new(source.folder(), host));
        let context = Rc::new(Context::new(&process, recorder, Tags::new(), 0));
        let lua = state::new_state(&context).map_err(raised)?;
        let chunk = source.compile(&lua, &text)?;
        let code = Arc::from(chunk.dump(false));
        let builtin = names(&lua.globals()).map_err(raised)?;
        let returned: Value =
            chunk
                .call(())
                .map_err(|error| match context.process.run.abort_reason() {
                    Some(reason) => ScriptError::new(ScriptErrorKind::Aborted, reason),
                    None => raised(error),
                })?;
        let own_globals = returned.is_nil();
        let exports = exports(&lua, returned).map_err(raised)?;
        let options = read_options(&exports).map_err(|what| {
            let what = format!("{}: `options` {what}", source.name());
            ScriptError::new(ScriptErrorKind::Options, what)
        })?;
        let mut own = names(&exports).map_err(raised)?;
        if own_globals {
            let modules = super::modules::names();
            own.retain(|(name, is_function)| {
                !builtin.contains(&(name.clone(), *is_function)) && !modules.contains(&&**name)
            });
        }
        let functions = own.iter().filter(|(_, is_function)| *is_function);
        let info = ScriptInfo {
            process,
            code,
            chunk_name: source.chunk_name(),
            options,
            functions: functions.map(|(name, _)| name.clone()).collect(),
            exports: own,
        };
        Ok((
            Self {
                lua,
                context,
                exports,
                data,
            },
            info,
        ))
    }

    /// Runs `setup` and keeps its return value.
    pub(super) async fn setup(&self, limit: Duration) -> Result<(), ScriptError> {
        let Some(setup) = self.function("setup") else {
            return Ok(());
        };
        let kinds = (ScriptErrorKind::Setup, ScriptErrorKind::SetupTimeout);
        let value = self
            .call("setup", Stage::Setup, &setup, Value::Nil, limit, kinds)
            .await?;
        let data = Plain::from_lua(&value).map_err(|what| {
            let what = format!(
                "the return value of setup cannot be copied to the VUs: it contains {what}"
            );
            ScriptError::new(ScriptErrorKind::Setup, what)
        })?;
        *self.data.lock() = Arc::new(data);
        Ok(())
    }

    /// Runs `teardown`.
    pub(super) async fn teardown(&self, limit: Duration) -> Result<(), ScriptError> {
        let Some(teardown) = self.function("teardown") else {
            return Ok(());
        };
        let kinds = (ScriptErrorKind::Teardown, ScriptErrorKind::TeardownTimeout);
        let data = Arc::clone(&self.data.lock());
        let data = data
            .to_lua(&self.lua)
            .map_err(|error| ScriptError::from_lua(kinds.0, &error))?;
        self.call("teardown", Stage::Teardown, &teardown, data, limit, kinds)
            .await
            .map(|_| ())
    }

    async fn call(
        &self,
        name: &str,
        stage: Stage,
        function: &Function,
        argument: Value,
        limit: Duration,
        (raised, timed_out): (ScriptErrorKind, ScriptErrorKind),
    ) -> Result<Value, ScriptError> {
        self.context.stage.set(stage);
        self.context
            .set_tags(self.context.process.tags.get().cloned().unwrap_or_default());
        self.context.begin_iteration();
        // As in k6, samples of setup and teardown have a group of that name.
        self.context.enter_group(name);
        let result = tokio::time::timeout(
            limit,
            drive::run(&self.lua, &self.context, function, argument),
        )
        .await;
        self.context.end_iteration();
        match result {
            Ok(Ok(values)) => Ok(values.into_iter().next().unwrap_or(Value::Nil)),
            Ok(Err(_)) if self.context.aborting.get() => {
                let reason = self.context.process.run.abort_reason().unwrap_or_default();
                Err(ScriptError::new(ScriptErrorKind::Aborted, reason))
            }
            Ok(Err(error)) => Err(self.context.describe(&error).into_script_error(raised)),
            Err(_) => {
                let limit = format_duration(limit);
                let what = format!(
                    "{name} did not return within {limit}; raise the option {name}_timeout if it needs longer"
                );
                Err(ScriptError::new(timed_out, what))
            }
        }
    }

    /// Runs `handle_summary`.
    pub(super) fn handle_summary(
        &self,
        summary: &serde_json::Value,
        text: SummaryText,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, ScriptError> {
        let Some(function) = self.function("handle_summary") else {
            return Ok(None);
        };
        let kind = ScriptErrorKind::HandleSummary;
        let failed = |error: mlua::Error| ScriptError::from_lua(kind, &error);
        self.context.stage.set(Stage::Summary);
        let _ = self.context.process.summary_text.set(text);
        let argument = Plain::from(summary.clone())
            .to_lua(&self.lua)
            .map_err(failed)?;
        let wrong = |what: String| {
            let expected = "handle_summary must return nil or a table such as { stdout = \"…\", [\"path/file\"] = \"…\" }";
            ScriptError::new(kind, format!("{expected}, got {what}"))
        };
        let thread = self.lua.create_thread(function).map_err(failed)?;
        let returned: Value = thread.resume(argument).map_err(failed)?;
        if thread.is_resumable() {
            let what = "handle_summary yielded; it must return its result";
            return Err(ScriptError::new(kind, what));
        }
        let table = match returned {
            Value::Nil | Value::Boolean(false) => return Ok(None),
            Value::Table(table) => table,
            other => return Err(wrong(args::shown(&other))),
        };
        let mut files = BTreeMap::new();
        for pair in table.pairs::<Value, Value>() {
            match pair.map_err(failed)? {
                (Value::String(path), Value::String(content)) => {
                    files.insert(path.to_string_lossy().clone(), content.as_bytes().to_vec());
                }
                (key, value) => {
                    let (key, value) = (args::shown(&key), args::shown(&value));
                    return Err(wrong(format!("{value} for {key}")));
                }
            }
        }
        Ok(Some(files))
    }

    fn function(&self, name: &str) -> Option<Function> {
        match self.exports.raw_get(name) {
            Ok(Value::Function(function)) => Some(function),
            _ => None,
        }
    }
}

fn read_options(exports: &Table) -> Result<Option<serde_json::Value>, String> {
    match exports
        .raw_get("options")
        .map_err(|error| error.to_string())?
    {
        Value::Nil => Ok(None),
        value @ Value::Table(_) => {
            let holds = |what: String| format!("cannot contain {what}");
            let plain = Plain::from_lua(&value).map_err(|what| holds(what.to_string()))?;
            let json = plain.to_json().map_err(|what| holds(what.to_string()))?;
            // An empty Lua table could be a list or a map; options are a map.
            Ok(Some(if json == serde_json::json!([]) {
                serde_json::json!({})
            } else {
                json
            }))
        }
        other => Err(format!(
            "cannot be {}: use a table such as {{ vus = 10, duration = \"30s\" }}",
            args::shown(&other)
        )),
    }
}

/// The names in a table, sorted, and whether their values are functions.
fn names(exports: &Table) -> mlua::Result<Vec<(String, bool)>> {
    let mut names = Vec::new();
    for pair in exports.pairs::<Value, Value>() {
        if let (Value::String(name), value) = pair? {
            names.push((name.to_string_lossy().clone(), value.is_function()));
        }
    }
    names.sort();
    Ok(names)
}

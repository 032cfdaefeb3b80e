//! The script's own life: loaded once, `setup` before the load, `teardown` and `handle_summary` after it.
//!
//! All of it runs in one Lua state on a thread of its own, so that the thread that decides and prints never runs
//! Lua: a `setup` that loops for ever can be reported and left behind.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use mlua::{Function, Lua, Table, Value};
use tokio::sync::mpsc;

use super::context::{Console, Context, Process, Stage};
use super::convert::Plain;
use super::error::{ScriptError, ScriptErrorKind};
use super::shared_data::SharedData;
use super::source::Source;
use super::vu::{LuaVuFactory, exports};
use super::{drive, state};
use crate::http;
use crate::metrics::{Registry, Tags};
use crate::vu::RunState;

/// Stack of a thread that runs Lua. LuaJIT's own recursion through C functions needs it to fail with a Lua error
/// instead of ending the process; only what is used becomes real memory.
pub const LUA_STACK: usize = 64 << 20;

/// What a script needs of its surroundings.
pub struct Host {
    /// `-e NAME=value`.
    pub env: HashMap<String, String>,
    /// Where the script prints.
    pub console: Arc<dyn Console>,
    /// The metrics of the run.
    pub registry: Arc<Registry>,
    /// The state of the run.
    pub run: Arc<RunState>,
    /// Starts the built-in target and gives its base URL, e.g. `http://127.0.0.1:40001`.
    pub target: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
}

/// What requests of scripts are told.
#[derive(Debug, Clone)]
pub struct Connections {
    /// For the HTTP client of every VU.
    pub settings: http::Settings,
    /// Whether a VU's connections end with each iteration.
    pub close_after_iteration: bool,
    /// Whether a VU's cookies outlive an iteration.
    pub keep_cookies: bool,
}

type Reply<T> = Box<dyn FnOnce(Result<T, ScriptError>) + Send>;

enum Command {
    Setup(Duration, Reply<()>),
    Teardown(Duration, Reply<()>),
    Summary(serde_json::Value, Reply<Option<BTreeMap<String, Vec<u8>>>>),
}

/// A loaded script.
pub struct Script {
    process: Arc<Process>,
    commands: mpsc::UnboundedSender<Command>,
    code: Arc<[u8]>,
    chunk_name: String,
    options: Option<serde_json::Value>,
    functions: Vec<String>,
    data: Arc<Mutex<Arc<Plain>>>,
}

/// Reads and loads a script on a thread of its own; `reply` is called there.
///
/// # Errors
/// Given to `reply`: the file, its syntax, or what the init stage raised.
pub fn load(
    source: Source,
    host: Host,
    reply: impl FnOnce(Result<Script, ScriptError>) + Send + 'static,
) {
    let spawned = std::thread::Builder::new()
        .name("ssel-script".into())
        .stack_size(LUA_STACK);
    let reply = Arc::new(Mutex::new(Some(Box::new(reply) as Reply<Script>)));
    let on_thread = Arc::clone(&reply);
    let result = spawned.spawn(move || {
        let answer = |result| {
            let reply = on_thread.lock().ok().and_then(|mut reply| reply.take());
            if let Some(reply) = reply {
                reply(result);
            }
        };
        match Loaded::new(&source, host) {
            Ok((loaded, script)) => {
                let commands = script.1;
                answer(Ok(script.0));
                loaded.serve(commands);
            }
            Err(error) => answer(Err(error)),
        }
    });
    if let Err(error) = result
        && let Some(reply) = reply.lock().ok().and_then(|mut reply| reply.take())
    {
        let what = format!("cannot start a thread for the script: {error}");
        reply(Err(ScriptError::new(ScriptErrorKind::Source, what)));
    }
}

impl Script {
    /// The script's `options`, as they stand.
    pub fn options(&self) -> Option<&serde_json::Value> {
        self.options.as_ref()
    }

    /// Whether the script exports a function of this name.
    pub fn exports(&self, function: &str) -> bool {
        self.functions.iter().any(|name| name == function)
    }

    /// Checks that the script exports a function that a scenario wants to call.
    ///
    /// # Errors
    /// Names the function, and one of a similar name.
    pub fn check_export(&self, function: &str) -> Result<(), ScriptError> {
        if self.exports(function) {
            return Ok(());
        }
        let known: Vec<&str> = self.functions.iter().map(String::as_str).collect();
        let remedy = match super::args::nearest(function, &known) {
            Some(nearest) => format!("; did you mean {nearest}?"),
            None => format!("; write function {function}() … end, or name another in exec"),
        };
        let script = self.chunk_name.trim_start_matches('@');
        Err(ScriptError::new(
            ScriptErrorKind::Init,
            format!(
                "{script} exports no function {function}, which an iteration is to call{remedy}"
            ),
        ))
    }

    /// Settles what the script may ask for from now on; to be called once, before [`Script::setup`].
    ///
    /// `seed` is that of `math.random`; each VU adds its own number.
    pub fn configure(
        &self,
        connections: Connections,
        options: serde_json::Value,
        tags: Tags,
        seed: u64,
    ) {
        let _ = self.process.connections.set(connections);
        let _ = self.process.options.set(options);
        let _ = self.process.tags.set(tags);
        let _ = self.process.seed.set(seed);
    }

    /// Runs `setup`; what it returns is kept for the VUs and for `teardown`.
    pub fn setup(
        &self,
        limit: Duration,
        reply: impl FnOnce(Result<(), ScriptError>) + Send + 'static,
    ) {
        self.send(Command::Setup(limit, Box::new(reply)));
    }

    /// Runs `teardown`.
    pub fn teardown(
        &self,
        limit: Duration,
        reply: impl FnOnce(Result<(), ScriptError>) + Send + 'static,
    ) {
        self.send(Command::Teardown(limit, Box::new(reply)));
    }

    /// Runs `handle_summary`. The reply is what to write where: `stdout`, `stderr` or a path each with its content;
    /// `None` asks for the usual summary.
    pub fn handle_summary(
        &self,
        summary: serde_json::Value,
        reply: impl FnOnce(Result<Option<BTreeMap<String, Vec<u8>>>, ScriptError>) + Send + 'static,
    ) {
        self.send(Command::Summary(summary, Box::new(reply)));
    }

    /// The factory of the run's VUs; to be called after `setup`.
    pub fn factory(&self) -> LuaVuFactory {
        let data = self
            .data
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        LuaVuFactory {
            process: Arc::clone(&self.process),
            code: Arc::clone(&self.code),
            chunk_name: self.chunk_name.clone(),
            data: Arc::clone(&data),
        }
    }

    fn send(&self, command: Command) {
        // The thread ends only with the last `Script`, or by a panic; then its replies are dropped and the waiting
        // side sees a closed channel.
        let _ = self.commands.send(command);
    }
}

/// The script's state on its thread.
struct Loaded {
    lua: Lua,
    context: Rc<Context>,
    exports: Table,
    data: Arc<Mutex<Arc<Plain>>>,
}

impl Loaded {
    #[expect(
        clippy::type_complexity,
        reason = "the two ends of one channel, used once"
    )]
    fn new(
        source: &Source,
        host: Host,
    ) -> Result<(Self, (Script, mpsc::UnboundedReceiver<Command>)), ScriptError> {
        let raised = |error: mlua::Error| ScriptError::from_lua(ScriptErrorKind::Init, &error);
        let text = source.read()?;
        let Host {
            env,
            console,
            registry,
            run,
            target,
        } = host;
        let recorder = registry.recorder();
        let process = Arc::new(Process {
            folder: source.folder(),
            env,
            console,
            registry,
            run,
            connections: OnceLock::new(),
            options: OnceLock::new(),
            data: SharedData::default(),
            files: Mutex::default(),
            target,
            streams_open: 0.into(),
            tags: OnceLock::new(),
            seed: OnceLock::new(),
        });
        let context = Rc::new(Context::new(&process, recorder, Tags::new(), 0));
        let lua = state::new_state(&context).map_err(raised)?;
        let chunk = source.compile(&lua, &text)?;
        let code = Arc::from(chunk.dump(false));
        let builtin = function_names(&lua.globals()).map_err(raised)?;
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
            ScriptError::new(
                ScriptErrorKind::Init,
                format!("{}: options: {what}", source.name()),
            )
        })?;
        let mut functions = function_names(&exports).map_err(raised)?;
        if own_globals {
            functions.retain(|name| !builtin.contains(name));
        }
        let (commands, receiver) = mpsc::unbounded_channel();
        let data = Arc::new(Mutex::new(Arc::new(Plain::Nil)));
        let script = Script {
            process,
            commands,
            code,
            chunk_name: source.chunk_name(),
            options,
            functions,
            data: Arc::clone(&data),
        };
        Ok((
            Self {
                lua,
                context,
                exports,
                data,
            },
            (script, receiver),
        ))
    }

    fn serve(self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
        else {
            return;
        };
        tokio::task::LocalSet::new().block_on(&runtime, async move {
            while let Some(command) = commands.recv().await {
                match command {
                    Command::Setup(limit, reply) => reply(self.setup(limit).await),
                    Command::Teardown(limit, reply) => reply(self.teardown(limit).await),
                    Command::Summary(summary, reply) => reply(self.handle_summary(&summary)),
                }
            }
        });
    }

    async fn setup(&self, limit: Duration) -> Result<(), ScriptError> {
        let Some(setup) = self.function("setup") else {
            return Ok(());
        };
        let kinds = (ScriptErrorKind::Setup, ScriptErrorKind::SetupTimeout);
        let value = self
            .call("setup", Stage::Setup, &setup, Value::Nil, limit, kinds)
            .await?;
        let data = Plain::from_lua(&value).map_err(|what| {
            ScriptError::new(
                ScriptErrorKind::Setup,
                format!("setup returned a value of which {what}"),
            )
        })?;
        *self
            .data
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(data);
        Ok(())
    }

    async fn teardown(&self, limit: Duration) -> Result<(), ScriptError> {
        let Some(teardown) = self.function("teardown") else {
            return Ok(());
        };
        let kinds = (ScriptErrorKind::Teardown, ScriptErrorKind::TeardownTimeout);
        let data = Arc::clone(
            &self
                .data
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
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
        // k6 tags what setup and teardown measure with a group of their name.
        self.context.enter_group(name);
        let result = tokio::time::timeout(
            limit,
            drive::call(&self.lua, &self.context, function, argument),
        )
        .await;
        self.context.interrupt_streams();
        match result {
            Ok(Ok(values)) => Ok(values.into_iter().next().unwrap_or(Value::Nil)),
            Ok(Err(_)) if self.context.aborting.get() => {
                let reason = self.context.process.run.abort_reason().unwrap_or_default();
                Err(ScriptError::new(ScriptErrorKind::Aborted, reason))
            }
            Ok(Err(error)) => {
                let described = self.context.describe(&error);
                Err(ScriptError {
                    kind: raised,
                    message: described.message,
                    traceback: described.traceback,
                })
            }
            Err(_) => {
                let limit = crate::units::format_duration(limit);
                Err(ScriptError::new(
                    timed_out,
                    format!(
                        "{name} did not return within {limit}; raise the option {name}_timeout if it needs longer"
                    ),
                ))
            }
        }
    }

    fn handle_summary(
        &self,
        summary: &serde_json::Value,
    ) -> Result<Option<BTreeMap<String, Vec<u8>>>, ScriptError> {
        let Some(function) = self.function("handle_summary") else {
            return Ok(None);
        };
        let kind = ScriptErrorKind::HandleSummary;
        let failed = |error: mlua::Error| ScriptError::from_lua(kind, &error);
        self.context.stage.set(Stage::Summary);
        let argument = serde_json::from_value::<Plain>(summary.clone())
            .map_err(|error| ScriptError::new(kind, error.to_string()))?
            .to_lua(&self.lua)
            .map_err(failed)?;
        let wrong = |what: String| {
            let expected = "handle_summary must return nil or a table such as { stdout = \"…\", [\"path/file\"] = \"…\" }";
            ScriptError::new(kind, format!("{expected}, got {what}"))
        };
        let thread = self.lua.create_thread(function).map_err(failed)?;
        let returned: Value = thread.resume(argument).map_err(failed)?;
        if thread.is_resumable() {
            return Err(ScriptError::new(
                kind,
                "handle_summary yielded; it must return its result",
            ));
        }
        let table = match returned {
            Value::Nil | Value::Boolean(false) => return Ok(None),
            Value::Table(table) => table,
            other => return Err(wrong(super::args::shown(&other))),
        };
        let mut files = BTreeMap::new();
        for pair in table.pairs::<Value, Value>() {
            match pair.map_err(failed)? {
                (Value::String(path), Value::String(content)) => {
                    files.insert(path.to_string_lossy().clone(), content.as_bytes().to_vec());
                }
                (key, value) => {
                    let (key, value) = (super::args::shown(&key), super::args::shown(&value));
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
            let plain = Plain::from_lua(&value).map_err(|what| what.to_string())?;
            let json = plain.to_json().map_err(|what| what.to_string())?;
            // An empty Lua table is a list and a map; options are a map.
            Ok(Some(if json == serde_json::json!([]) {
                serde_json::json!({})
            } else {
                json
            }))
        }
        other => Err(format!(
            "expected a table, got {}",
            super::args::shown(&other)
        )),
    }
}

/// The names of the functions in a table, sorted.
fn function_names(exports: &Table) -> mlua::Result<Vec<String>> {
    let mut names = Vec::new();
    for pair in exports.pairs::<Value, Value>() {
        if let (Value::String(name), Value::Function(_)) = pair? {
            names.push(name.to_string_lossy().clone());
        }
    }
    names.sort();
    Ok(names)
}

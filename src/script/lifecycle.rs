//! The lifecycle of a script: load, `setup`, `teardown` and `handle_summary`.
//!
//! It runs in one Lua state on its own thread, so that the thread that decides and prints never runs
//! Lua: an endless `setup` can be reported and abandoned.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use super::convert::Plain;
use super::hints;
use super::loaded::{LoadedScript, ScriptInfo, SetupData};
use super::packed;
use super::process::{Host, SummaryText};
use super::vu::LuaVuFactory;
use crate::error::{ScriptError, ScriptErrorKind};
use crate::metrics::Tags;
use crate::options::Source;
use crate::samples::Connections;
use crate::sync::Mutex;
use crate::units::{self, system_refusal};
use crate::vu::STACK;

type ReplyTo<T> = Box<dyn FnOnce(Result<T, ScriptError>) + Send>;

enum ScriptCommand {
    Setup(Duration, ReplyTo<()>),
    Teardown(Duration, ReplyTo<()>),
    Summary(
        serde_json::Value,
        SummaryText,
        ReplyTo<Option<BTreeMap<String, Vec<u8>>>>,
    ),
}

/// A loaded script.
pub(crate) struct Script {
    info: ScriptInfo,
    commands: mpsc::UnboundedSender<ScriptCommand>,
    data: SetupData,
}

/// Reads and loads a script on its own thread; calls `reply` there.
///
/// # Errors
/// Passed to `reply`: the file, its syntax, or the error of the init stage.
pub(crate) fn load(
    source: Source,
    host: Host,
    reply: impl FnOnce(Result<Script, ScriptError>) + Send + 'static,
) {
    let spawned = std::thread::Builder::new()
        .name("ssel-script".into())
        .stack_size(STACK);
    let reply = Arc::new(Mutex::new(Some(Box::new(reply) as ReplyTo<Script>)));
    let on_thread = Arc::clone(&reply);
    let result = spawned.spawn(move || {
        let answer = |result| {
            let reply = on_thread.lock().take();
            if let Some(reply) = reply {
                reply(result);
            }
        };
        let data = SetupData::new(Mutex::new(Arc::new(Plain::Nil)));
        match LoadedScript::new(&source, host, Arc::clone(&data)) {
            Ok((loaded, info)) => {
                let runtime = match runtime() {
                    Ok(runtime) => runtime,
                    Err(error) => return answer(Err(cannot_run(&error))),
                };
                let (commands, receiver) = mpsc::unbounded_channel();
                answer(Ok(Script {
                    info,
                    commands,
                    data,
                }));
                serve(&runtime, &loaded, receiver);
            }
            Err(error) => answer(Err(error)),
        }
    });
    if let Err(error) = result
        && let Some(reply) = reply.lock().take()
    {
        reply(Err(cannot_run(&error)));
    }
}

impl Script {
    /// The script's `options`, unresolved.
    pub(crate) fn options(&self) -> Option<&serde_json::Value> {
        self.info.options.as_ref()
    }

    /// The names of the functions that the script exports, sorted.
    pub(crate) fn functions(&self) -> &[String] {
        &self.info.functions
    }

    /// The files that the script read in its init stage, sorted.
    pub(crate) fn files_read(&self) -> Vec<PathBuf> {
        self.info.process.files_read()
    }

    /// Whether the script exports a function of this name.
    pub(crate) fn exports(&self, function: &str) -> bool {
        self.info.functions.iter().any(|name| name == function)
    }

    /// Messages about exports whose names are probably misspelt; scenarios call the functions
    /// `called`.
    pub(crate) fn misspelt_exports(&self, called: &[&str]) -> Vec<String> {
        hints::misspelt_exports(&self.info.exports, |name| called.contains(&name))
    }

    /// Checks that the script exports a function for a scenario.
    ///
    /// # Errors
    /// Names the function, and a similar one.
    pub(crate) fn check_export(&self, function: &str) -> Result<(), ScriptError> {
        if self.exports(function) {
            return Ok(());
        }
        let known = self.info.functions.iter().map(String::as_str);
        let remedy = match units::nearest(function, known) {
            _ if hints::is_of_wrk(&self.info.functions) => {
                "; this seems to be a script for ssel wrk: run it with ssel wrk -s FILE URL"
                    .to_owned()
            }
            Some(nearest) => format!("; did you mean {nearest}?"),
            None => format!("; write function {function}() … end, or name another in exec"),
        };
        let script = self.info.chunk_name.trim_start_matches('@');
        Err(ScriptError::new(
            ScriptErrorKind::Init,
            format!(
                "{script} does not export the function {function}, which iterations call{remedy}"
            ),
        ))
    }

    /// Sets the resolved options; call it once, before [`Script::setup`].
    ///
    /// `seed` is that of `math.random`; each VU adds its number.
    pub(crate) fn configure(
        &self,
        connections: Connections,
        options: serde_json::Value,
        tags: Tags,
        seed: u64,
    ) {
        let _ = connections.open_streams.tags.set(tags.clone());
        let _ = self.info.process.connections.set(connections);
        let _ = self.info.process.options.set(options);
        let _ = self.info.process.tags.set(tags);
        let _ = self.info.process.seed.set(seed);
    }

    /// Runs `setup` and keeps its return value for the VUs and `teardown`.
    pub(crate) fn setup(
        &self,
        limit: Duration,
        reply: impl FnOnce(Result<(), ScriptError>) + Send + 'static,
    ) {
        self.send(ScriptCommand::Setup(limit, Box::new(reply)));
    }

    /// Runs `teardown`.
    pub(crate) fn teardown(
        &self,
        limit: Duration,
        reply: impl FnOnce(Result<(), ScriptError>) + Send + 'static,
    ) {
        self.send(ScriptCommand::Teardown(limit, Box::new(reply)));
    }

    /// Runs `handle_summary`, in which `report.text` returns `text`. The reply is the content for `stdout`, `stderr` and each
    /// path; `None` asks for the default summary.
    pub(crate) fn handle_summary(
        &self,
        summary: serde_json::Value,
        text: SummaryText,
        reply: impl FnOnce(Result<Option<BTreeMap<String, Vec<u8>>>, ScriptError>) + Send + 'static,
    ) {
        self.send(ScriptCommand::Summary(summary, text, Box::new(reply)));
    }

    /// The encoded return value of `setup`, for [`Script::set_up_with`] of another process; call it after `setup`.
    pub(crate) fn setup_value(&self) -> Vec<u8> {
        packed::pack(&self.data.lock())
    }

    /// Uses the return value of `setup` in another process instead of running it. False for invalid bytes.
    pub(crate) fn set_up_with(&self, value: &[u8]) -> bool {
        let value = packed::unpack(value);
        let value = value.map(|value| {
            *self.data.lock() = Arc::new(value);
        });
        value.is_ok()
    }

    /// The files that the script read in its init stage, including modules: their paths, relative to the script's folder
    /// if they are in it, and their content.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Arc<[u8]>)> {
        let files = &self.info.process.files;
        let files = files.lock();
        let bare = |path: &PathBuf| {
            let bare = path.strip_prefix(&self.info.process.folder).unwrap_or(path);
            bare.to_owned()
        };
        let file = |(path, text): (&PathBuf, &Arc<[u8]>)| (bare(path), Arc::clone(text));
        files.iter().map(file).collect()
    }

    /// The factory of the run's VUs; call it after `setup`.
    pub(crate) fn factory(&self) -> LuaVuFactory {
        let data = self.data.lock();
        LuaVuFactory {
            process: Arc::clone(&self.info.process),
            code: Arc::clone(&self.info.code),
            chunk_name: self.info.chunk_name.clone(),
            data: Arc::clone(&data),
        }
    }

    fn send(&self, command: ScriptCommand) {
        // The thread ends only with the last `Script`, or by a panic; then its replies are dropped and the waiting
        // side sees a closed channel.
        let _ = self.commands.send(command);
    }
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn cannot_run(error: &io::Error) -> ScriptError {
    let why = system_refusal(error);
    let what = format!("cannot start a thread for the script: {why}");
    ScriptError::new(ScriptErrorKind::Source, what)
}

/// Executes commands until the last [`Script`] is dropped.
fn serve(
    runtime: &Runtime,
    loaded: &LoadedScript,
    mut commands: mpsc::UnboundedReceiver<ScriptCommand>,
) {
    tokio::task::LocalSet::new().block_on(runtime, async move {
        while let Some(command) = commands.recv().await {
            match command {
                ScriptCommand::Setup(limit, reply) => reply(loaded.setup(limit).await),
                ScriptCommand::Teardown(limit, reply) => reply(loaded.teardown(limit).await),
                ScriptCommand::Summary(summary, text, reply) => {
                    reply(loaded.handle_summary(&summary, text));
                }
            }
        }
    });
}

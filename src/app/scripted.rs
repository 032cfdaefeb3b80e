//! Runs of Lua scripts.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Stopper;
use super::inbox::Pending;
use super::program::{Answer, Files, Loaded, Loading, Program, Setup, SummaryText};
use crate::error::{Error, ScriptError, Stage};
use crate::metrics::{Registry, Tags};
use crate::options::Source;
use crate::output::Terminal;
use crate::runner::{self, Handle, Plan};
use crate::samples::Connections;
use crate::script::{self, Console, Host, Script};
use crate::vu::RunState;

/// A script and where its text comes from.
struct ScriptProgram {
    source: Source,
    script: Script,
}

/// Runs the init stage of the script of a job.
///
/// # Errors
/// A script that cannot be read or whose init stage raises, and a stop.
pub(super) fn load(loading: Loading<'_>) -> Result<Box<dyn Loaded>, Error> {
    let Loading {
        job,
        registry,
        state,
        target,
        terminal,
        inbox,
        is_stdout_taken,
    } = loading;
    let target = Arc::clone(target);
    let host = Host {
        env: job.env.clone(),
        console: Arc::new(TerminalConsole {
            terminal: terminal.clone(),
            is_stdout_taken,
        }),
        registry: Arc::clone(registry),
        run: Arc::clone(state),
        target: Box::new(move || target()),
        replies: job.replies.clone(),
        part: job.part(),
    };
    let source = job.source.clone();
    let pending = Pending::new(Stage::Init, Duration::MAX, |reply| {
        script::load(source.clone(), host, reply);
    });
    let script = inbox.answer(&pending, Stopper::is_stopped);
    let script = script.unwrap_or(Err(Error::Stopped))??;
    Ok(Box::new(ScriptProgram { source, script }))
}

impl Loaded for ScriptProgram {
    fn options(&self) -> Option<&Value> {
        self.script.options()
    }

    fn check_functions(&self, called: &[&str]) -> Result<Vec<String>, ScriptError> {
        for function in called {
            self.script.check_export(function)?;
        }
        Ok(self.script.misspelt_exports(called))
    }

    fn prepare(self: Box<Self>, _: &Setup<'_>) -> Result<Box<dyn Program>, Error> {
        Ok(self)
    }
}

impl Program for ScriptProgram {
    fn text(&self) -> Vec<u8> {
        self.source.read().unwrap_or_default()
    }

    fn functions(&self) -> &[String] {
        self.script.functions()
    }

    fn files_read(&self) -> Vec<PathBuf> {
        self.script.files_read()
    }

    fn files(&self) -> Vec<(PathBuf, Arc<[u8]>)> {
        self.script.files()
    }

    fn configure(&self, connections: Connections, options: Value, tags: Tags, seed: u64) {
        self.script.configure(connections, options, tags, seed);
    }

    fn setup(&self, limit: Duration, reply: Answer<()>) {
        self.script.setup(limit, reply);
    }

    fn teardown(&self, limit: Duration, reply: Answer<()>) {
        self.script.teardown(limit, reply);
    }

    fn handle_summary(&self, summary: Value, text: SummaryText, reply: Answer<Option<Files>>) {
        self.script.handle_summary(summary, text, reply);
    }

    fn setup_value(&self) -> Vec<u8> {
        self.script.setup_value()
    }

    fn set_up_with(&self, value: &[u8]) -> bool {
        self.script.set_up_with(value)
    }

    fn start(
        &self,
        plan: &Plan,
        registry: &Arc<Registry>,
        state: &Arc<RunState>,
        sink: runner::EventHandler,
    ) -> Handle {
        let factory = Arc::new(self.script.factory());
        runner::run(
            plan,
            &factory,
            Arc::clone(registry),
            Arc::clone(state),
            sink,
        )
    }
}

/// The output of scripts.
pub(super) struct TerminalConsole {
    pub(super) terminal: Terminal,
    /// Whether standard output has another text, so that everything goes to standard error.
    pub(super) is_stdout_taken: bool,
}

impl Console for TerminalConsole {
    fn print(&self, text: &[u8]) {
        if self.is_stdout_taken {
            self.print_error(text);
        } else {
            self.terminal.script_print(&String::from_utf8_lossy(text));
        }
    }

    fn print_error(&self, text: &[u8]) {
        self.terminal
            .script_print_err(&String::from_utf8_lossy(text));
    }

    fn script_error(&self, text: &str) {
        self.terminal.script_error(text);
    }
}

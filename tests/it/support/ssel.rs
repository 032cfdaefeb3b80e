//! Runs the real `ssel` and checks its whole output.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// The time limit of each run of a test.
const LIMIT: Duration = Duration::from_mins(1);

/// A call of `ssel`.
pub(crate) struct Ssel {
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    env: Vec<(String, String)>,
    stdin: Option<String>,
}

/// The result of a call.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The exit code; `None` after a signal.
    pub(crate) code: Option<i32>,
}

/// `ssel run` of a script with this text, with `--quiet` and without colours.
pub(crate) fn run(script: &str) -> Ssel {
    Ssel::new()
        .file("script.lua", script)
        .args(["run", "--quiet", "script.lua"])
}

/// The output of a script; a message or an exit code other than 0 fails the test.
#[track_caller]
pub(crate) fn prints(script: &str) -> String {
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stderr, "", "the script printed:\n{}", said.stdout);
    said.stdout
}

/// The output of one iteration with this body.
#[track_caller]
pub(crate) fn iteration_prints(body: &str) -> String {
    prints(&format!("function default() {body}\nend"))
}

/// The message about a body that raises; the iteration is shown as failed and the run continues.
#[track_caller]
pub(crate) fn iteration_raises(body: &str) -> String {
    let script = format!("function default() {body}\nend");
    let said = run(&script).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stdout, "");
    said.stderr.lines().next().unwrap_or_default().to_owned()
}

/// The message about a script whose top level raises.
#[track_caller]
pub(crate) fn init_raises(script: &str) -> String {
    let said = run(&format!("{script}\nfunction default() end"))
        .said()
        .exits(107);
    assert_eq!(said.stdout, "");
    said.stderr.lines().next().unwrap_or_default().to_owned()
}

impl Ssel {
    /// A call without arguments in its own folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            arguments: Vec::new(),
            env: Vec::new(),
            stdin: None,
        }
    }

    /// Writes a file to the folder.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.arguments
            .extend(arguments.into_iter().map(str::to_owned));
        self
    }

    /// Replaces an argument.
    pub(crate) fn instead_of(mut self, argument: &str, other: &str) -> Self {
        for own in self.arguments.iter_mut().filter(|own| *own == argument) {
            other.clone_into(own);
        }
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = Some(text.to_owned());
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The command, for tests that do not just wait for its end.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ssel"));
        command
            .current_dir(self.folder.path())
            .args(&self.arguments);
        // Settings of the user must not affect tests.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("SSEL_") || text.contains("_proxy") {
                command.env_remove(&name);
            }
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end, checks the exit code, and returns the exported figures.
    #[track_caller]
    pub(crate) fn exported(self, code: i32) -> Exported {
        let ssel = self.args(["--summary-export", "summary.json"]);
        ssel.said().exits(code);
        let text = std::fs::read_to_string(ssel.folder().join("summary.json")).unwrap();
        Exported(serde_json::from_str(&text).unwrap())
    }

    /// Runs it to its end.
    pub(crate) fn said(&self) -> Said {
        let mut child = self.command().spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        if let Some(text) = &self.stdin {
            stdin.write_all(text.as_bytes()).unwrap();
        }
        drop(stdin);
        said(child)
    }
}

/// The exported summary.
#[derive(Debug)]
pub(crate) struct Exported(serde_json::Value);

impl Exported {
    /// A figure of a metric.
    #[track_caller]
    pub(crate) fn value(&self, name: &str, figure: &str) -> f64 {
        let value = &self.metric(name).unwrap()["values"][figure];
        value
            .as_f64()
            .unwrap_or_else(|| panic!("{name} has no {figure}: {value}"))
    }

    /// The count of a counter; 0 without samples.
    pub(crate) fn count(&self, name: &str) -> f64 {
        let value = self.metric(name).map(|metric| &metric["values"]["count"]);
        value.and_then(serde_json::Value::as_f64).unwrap_or(0.0)
    }

    fn metric(&self, name: &str) -> Option<&serde_json::Value> {
        self.0["metrics"].get(name)
    }
}

/// Waits for the end of a child; a child that takes too long is killed and fails the test.
pub(crate) fn said(child: std::process::Child) -> Said {
    let id = child.id();
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let hangs = ended.recv_timeout(LIMIT) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
        if hangs {
            let _ = Command::new("kill")
                .args(["-KILL", &id.to_string()])
                .status();
        }
        hangs
    });
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    drop(done);
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let said = Said {
        stdout: text(stdout),
        stderr: text(stderr),
        code: status.code(),
    };
    assert!(!watch.join().unwrap(), "ssel hangs; it said: {said:?}");
    said
}

impl Said {
    /// Checks the exit code; shows the whole output if it differs.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// The output of the script, before the summary.
    pub(crate) fn printed(&self) -> &str {
        self.stdout
            .split("\n  █ ")
            .next()
            .unwrap_or_default()
            .trim_end_matches('\n')
    }

    /// The line of the summary for a metric, without its dots.
    pub(crate) fn metric(&self, name: &str) -> Option<String> {
        let line = self.stdout.lines().find(|line| {
            line.trim_start()
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with("..."))
        })?;
        line.split_once(": ")
            .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The count of a counter in the summary; 0 if it is not shown.
    pub(crate) fn count(&self, name: &str) -> u64 {
        let value = self.metric(name).unwrap_or_else(|| "0".into());
        value.split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// A path of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

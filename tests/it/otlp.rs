//! `-o otlp=URL`, received with the official library and with the real agent `rotel`.

mod metrics;
mod outages;
mod rotel;
mod traces;

use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

use crate::support::ssel::project;

/// The folder that `.ci/run` installs Python packages into.
fn venv() -> PathBuf {
    project("target/otlp")
}

/// Python with the official library; `None` without it, with a message. In CI this is a failure.
fn python() -> Option<PathBuf> {
    let own = venv().join("bin/python3");
    let found = [own, PathBuf::from("python3")].into_iter().find(|python| {
        let mut command = Command::new(python);
        command.args(["-c", "import opentelemetry.proto, google.protobuf"]);
        let status = command.stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    });
    found.or_else(|| absent("Python with the package opentelemetry-proto"))
}

/// Reports that a test is skipped because something is missing.
fn absent<T>(what: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "{what} is not there");
    eprintln!("skipped: {what} is not there; `.ci/run test` installs it");
    None
}

/// A receiver in Python.
struct Receiver {
    child: Child,
    port: u16,
    lines: Arc<Mutex<Vec<Value>>>,
    reader: Option<JoinHandle<()>>,
}

impl Receiver {
    /// Starts it on a port (0 for any) with a plan of answers.
    fn start(port: u16, plan: &[&str]) -> Option<Self> {
        let mut child = Command::new(python()?)
            .arg(project("tests/it/otlp/receiver.py"))
            .arg(port.to_string())
            .args(plan)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output: Lines<BufReader<ChildStdout>> =
            BufReader::new(child.stdout.take().unwrap()).lines();
        let port = output.next().unwrap().unwrap().parse().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&lines);
        let reader = std::thread::spawn(move || {
            for line in output.map_while(Result::ok) {
                theirs
                    .lock()
                    .unwrap()
                    .push(serde_json::from_str(&line).unwrap());
            }
        });
        Some(Self {
            child,
            port,
            lines,
            reader: Some(reader),
        })
    }

    /// The output that sends to it.
    fn output(&self, more: &str) -> String {
        format!("otlp=http://127.0.0.1:{}{more}", self.port)
    }

    /// The number of requests so far.
    fn count(&self) -> usize {
        self.lines.lock().unwrap().len()
    }

    /// Kills it and returns what it has received.
    fn received(mut self) -> Vec<Value> {
        self.kill();
        self.reader.take().unwrap().join().unwrap();
        std::mem::take(&mut *self.lines.lock().unwrap())
    }

    fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The messages of requests for a path that were accepted.
fn accepted<'a>(requests: &'a [Value], path: &'a str) -> impl Iterator<Item = &'a Value> + 'a {
    requests
        .iter()
        .filter(move |request| request["path"] == path && request["status"] == 200)
        .map(|request| &request["message"])
}

/// All values at this path of names.
fn each<'a>(values: impl Iterator<Item = &'a Value> + 'a, path: &[&str]) -> Vec<&'a Value> {
    let mut all: Vec<&Value> = values.collect();
    for name in path {
        let lists = all.into_iter().filter_map(|value| value[name].as_array());
        all = lists.flatten().collect();
    }
    all
}

/// The metrics of the requests, in the order of their arrival.
fn metrics(requests: &[Value]) -> Vec<&Value> {
    let path = ["resourceMetrics", "scopeMetrics", "metrics"];
    each(accepted(requests, "/v1/metrics"), &path)
}

/// The points of a metric of this kind, in the order of their arrival.
fn points<'a>(requests: &'a [Value], name: &str, kind: &str) -> Vec<&'a Value> {
    let metrics = metrics(requests).into_iter();
    let own = metrics.filter(|metric| metric["name"] == name);
    own.flat_map(|metric| metric[kind]["dataPoints"].as_array().unwrap())
        .collect()
}

/// An attribute of an object.
fn attribute<'a>(of: &'a Value, name: &str) -> Option<&'a Value> {
    let mut attributes = of["attributes"].as_array()?.iter();
    let found = attributes.find(|attribute| attribute["key"] == name)?;
    found["value"].as_object()?.values().next()
}

/// A number, written as a number or, if large, as text.
fn number(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        Value::Null => 0.0,
        value => value.as_f64().unwrap(),
    }
}

//! Several processes, one run: part 0 listens, the others join it.

mod ends;
mod refused;
mod whole;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};
use std::time::{Duration, Instant};

use crate::support::counting::{Counting, STREAM};
use crate::support::ssel::{Said, Ssel, said};

/// Streams of five events, `pause` apart.
fn server(pause: Duration) -> Counting {
    Counting::start(move |peer, _, _| {
        peer.send(STREAM)?;
        for _ in 0..5 {
            std::thread::sleep(pause);
            peer.event("x")?;
        }
        Ok(false)
    })
}

/// A script that opens a stream of the server in each iteration.
const SCRIPT: &str = r#"
function setup()
  print("setup ran")
  return { secret = "a\0\255" }
end
function default(data)
  local res = sse.open(env.URL, function() end)
  check(res, { five = res.events == 5, ["data of setup"] = data.secret == "a\0\255" })
end
function teardown() print("teardown ran") end
"#;

/// A free port.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// All parts of a run.
struct Team {
    parts: Vec<Part>,
}

/// A running part.
struct Part {
    child: Child,
    stderr: BufReader<ChildStderr>,
    told: String,
    folder: Ssel,
}

/// The command of part `part` of `count`, with the address of part 0.
fn part(part: u64, count: u64, address: &str, script: &str, server: &Counting) -> Ssel {
    Ssel::new()
        .file("script.lua", script)
        .args(["run", "--quiet", "script.lua"])
        .args(["--part", &format!("{part}/{count}"), "--join", address])
        .args(["--summary-export", "summary.json"])
        .env("URL", &server.url())
}

impl Team {
    /// Starts `count` parts of a run, each with these arguments.
    fn start(count: u64, script: &str, server: &Counting, arguments: &[&str]) -> Self {
        Self::start_with(count, script, server, |_| arguments.to_vec())
    }

    /// Starts `count` parts of a run, each with its own arguments.
    fn start_with<'a>(
        count: u64,
        script: &str,
        server: &Counting,
        arguments: impl Fn(u64) -> Vec<&'a str>,
    ) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let parts = (0..count).map(|number| {
            let call = part(number, count, &address, script, server);
            Part::start(call.args(arguments(number)))
        });
        Self {
            parts: parts.collect(),
        }
    }

    /// The output of all of them at their end.
    fn said(self) -> Vec<(Said, Ssel)> {
        self.parts.into_iter().map(Part::said).collect()
    }
}

impl Part {
    fn start(call: Ssel) -> Self {
        let mut child = call.command().spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self {
            child,
            stderr,
            told: String::new(),
            folder: call,
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([name, &id]).status().unwrap();
        assert!(status.success());
    }

    /// Waits until this text is on standard error.
    #[track_caller]
    fn tells(&mut self, text: &str) {
        while !self.told.contains(text) {
            let read = self.stderr.read_line(&mut self.told).unwrap();
            assert!(read > 0, "never said {text:?}: {}", self.told);
        }
    }

    fn said(mut self) -> (Said, Ssel) {
        let reader = std::thread::spawn(move || {
            let mut rest = String::new();
            self.stderr.read_to_string(&mut rest).unwrap();
            self.told + &rest
        });
        let mut said = said(self.child);
        said.stderr = reader.join().unwrap();
        (said, self.folder)
    }
}

/// Waits until the server has seen this many requests.
#[track_caller]
fn loaded(server: &Counting, requests: u64) {
    let until = Instant::now() + Duration::from_secs(40);
    while server.requests() < requests {
        assert!(
            Instant::now() < until,
            "there is no load: {}",
            server.requests()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The summary that a part exported.
fn summary(folder: &Ssel) -> serde_json::Value {
    let text = std::fs::read_to_string(folder.folder().join("summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn count(summary: &serde_json::Value, metric: &str) -> u64 {
    let count = &summary["metrics"][metric]["values"]["count"];
    count
        .as_f64()
        .map_or(0, |count| format!("{count}").parse().unwrap())
}

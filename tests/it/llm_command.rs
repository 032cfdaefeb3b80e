//! `ssel llm`: the benchmark of an inference server without a script.

mod exports;
mod faults;
mod kept;
mod levels;
mod mistakes;
mod prompts;
mod result;
mod scores;
mod script;
mod server;
mod stop;
mod trace;
mod truth;

use std::io::{BufRead, BufReader};
use std::process::Child;

use crate::support::ssel::Ssel;

/// A reply of one word.
pub(crate) const EVENTS: [&str; 3] = [
    r#"{"choices":[{"index":0,"delta":{"content":"hi"}}]}"#,
    r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    "[DONE]",
];

/// `ssel serve` on a port of its own, until the test is over.
struct Target {
    child: Child,
    address: String,
    _ssel: Ssel,
}

impl Target {
    fn start() -> Self {
        let ssel = Ssel::new().args(["serve", "--addr", "127.0.0.1:0"]);
        let mut child = ssel.command().spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.strip_prefix("listening on ").unwrap();
        Self {
            child,
            address: address.split(' ').next().unwrap().to_owned(),
            _ssel: ssel,
        }
    }

    /// The URL of the server, with parameters for its replies.
    fn url(&self, query: &str) -> String {
        format!("{}?{query}", self.address)
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ssel llm` of this server.
fn llm(url: &str) -> Ssel {
    Ssel::new().args(["llm", url])
}

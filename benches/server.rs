//! `ssel serve` in a separate process, so that only the client's CPU time counts.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The program under test.
pub(crate) const SSEL: &str = env!("CARGO_BIN_EXE_ssel");

/// A server that ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
}

impl Server {
    /// Starts it, on one core if one is given.
    pub(crate) fn start(core: Option<usize>) -> Self {
        let mut command = match core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string(), SSEL]);
                command
            }
            None => Command::new(SSEL),
        };
        let mut child = command
            .args(["serve", "--addr", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("its address");
        let url = line
            .split(' ')
            .find(|word| word.starts_with("http://"))
            .expect("a URL")
            .to_owned();
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

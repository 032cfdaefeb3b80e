use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use super::{target, url, wrk};
use crate::support::ssel::said;

#[test]
fn a_signal_ends_the_load_with_report_and_done() {
    for signal in ["-INT", "-TERM"] {
        let target = target();
        let script = "function response() if not told then told = true print('ready') end end \
                      function done(summary) print('done', summary.requests > 0, summary.duration < 60e6) end";
        let ssel = wrk(&url(&target, "/health"), script);
        let mut child = ssel.command().spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.ends_with("ready\n") {
            assert!(output.read_line(&mut text).unwrap() > 0, "{text}");
        }
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        said(child).exits(105);
        output.read_to_string(&mut text).unwrap();
        assert!(text.contains("Requests/sec:"), "{text}");
        assert!(text.ends_with("done\ttrue\ttrue\n"), "{text}");
    }
}

/// Starts it with a script, waits for a line that it prints, and sends a signal.
fn stopped(url: &str, script: &str) -> crate::support::ssel::Said {
    let ssel = wrk(url, script);
    let mut child = ssel.command().spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.ends_with("ready\n") {
        assert!(output.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let id = child.id().to_string();
    let status = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(status.success());
    let said = said(child).exits(105);
    output.read_to_string(&mut text).unwrap();
    crate::support::ssel::Said {
        stdout: text,
        ..said
    }
}

#[test]
fn a_script_that_loops_before_or_after_the_load_does_not_delay_the_result() {
    let target = target();
    let url = url(&target, "/health");
    for script in [
        "function setup() print('ready') while true do end end",
        "function init() print('ready') while true do end end",
        "print('ready') while true do end",
    ] {
        let said = stopped(&url, script);
        assert_eq!(said.stderr, "error: stopped before the load began\n");
    }
    let said = stopped(
        &url,
        "function response() if not told then told = true print('ready') end end \
         function done() while true do end end",
    );
    assert!(said.stdout.contains("Requests/sec:"), "{}", said.stdout);
    assert!(
        said.stderr.contains("ssel did not wait for done()"),
        "{}",
        said.stderr
    );
}

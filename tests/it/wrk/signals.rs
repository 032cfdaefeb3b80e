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

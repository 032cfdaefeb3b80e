//! The verdict on the client.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::ssel::{Ssel, run, said};

/// The verdict on the client: the text after `client:`, and the causes in the exported JSON.
#[track_caller]
fn verdict(script: &str) -> (String, Vec<String>) {
    let ssel = run(script).args(["--summary-export", "out.json"]);
    let said = ssel.said().exits(0);
    let json = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    let causes = json["client"]["limits"].as_array().unwrap();
    let causes = causes
        .iter()
        .map(|limit| limit["cause"].as_str().unwrap().to_owned());
    let line = said
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("client: "));
    (line.unwrap().to_owned(), causes.collect())
}

#[test]
fn a_single_iteration_is_not_a_reason_for_doubt() {
    let script = "function default() sse.open(target.url('/.sse?n=3'), function() end) end";
    let (_, causes) = verdict(script);
    // Another program may use the processor meanwhile, which lag reports.
    assert!(causes.iter().all(|cause| cause == "lag"), "{causes:?}");
}

#[test]
fn an_overloaded_client_is_reported() {
    // Each iteration takes 50 ms of processor time, 100 a second, while another VU listens to a stream.
    let script = r#"
        options = { scenarios = {
            busy = { executor = "constant-arrival-rate", rate = 100, duration = "2s", pre_allocated_vus = 4,
                graceful_stop = "0s" },
            listener = { executor = "constant-vus", duration = "2s", exec = "listen", graceful_stop = "0s" },
        } }
        function default()
            local till = now() + 0.05
            while now() < till do end
        end
        function listen() sse.open(target.url("/.sse?n=100&interval=10ms"), function(c) c:on("event", function() end) end) end
    "#;
    let (line, causes) = verdict(script);
    assert!(line.starts_with("limited by "), "{line}");
    // These two are certain, whatever else runs on this machine.
    for cause in ["lag", "dropped_starts"] {
        assert!(causes.iter().any(|c| c == cause), "{cause} in {causes:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_lack_of_local_resources_is_not_blamed_on_the_server() {
    // Nothing accepts the connections, which wait in the backlog.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let script = format!(
        r#"
        options = {{ vus = 60, iterations = 60, summary_mode = "full" }}
        function default()
            local res = sse.open("{url}", {{ timeout = "500ms" }}, function() end)
            if res.error.kind == "client" then print(res.error.message) end
        end
        "#
    );
    let ssel = Ssel::new().file("script.lua", &script);
    let program = env!("CARGO_BIN_EXE_ssel");
    let child = Command::new("sh")
        .current_dir(ssel.folder())
        .args([
            "-c",
            "ulimit -n 40; exec \"$0\" run --quiet script.lua",
            program,
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = said(child).exits(0);
    assert!(
        said.stdout.contains("raise the limit, as with `ulimit -n`"),
        "{said:?}"
    );
    assert!(
        said.stdout.contains("client: limited by client_errors"),
        "{said:?}"
    );
    assert!(said.count("client_errors") > 0);
}

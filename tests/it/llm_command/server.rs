//! The server beside the client: its metrics in the result, and the ways in which it may have none.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use super::{Target, llm};
use crate::joined::free_port;
use crate::support::ssel::{Ssel, said};

/// The line of a result with this label.
fn line<'a>(text: &'a str, label: &str) -> &'a str {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(label));
    line.unwrap_or_else(|| panic!("no {label}: {text}"))
}

#[test]
fn figures_of_the_server_are_shown() {
    let target = Target::start();
    let said =
        llm(&target.url("ttft=100ms&itl=5ms&tokens=8&slots=1&cache=100000&draft=3&acceptance=1"))
            .args([
                "-n",
                "12",
                "-c",
                "3",
                "--input-len",
                "40",
                "-o",
                "vllm=r.json",
            ])
            .said()
            .exits(0);
    // The warm-up is not a part of it: twelve requests and 96 tokens.
    assert!(
        line(&said.stdout, "server requests").contains("12, as counted here"),
        "{}",
        said.stdout
    );
    assert!(
        line(&said.stdout, "server output").contains("96 tokens, as counted here"),
        "{}",
        said.stdout
    );
    assert!(
        line(&said.stdout, "server TTFT").contains("queued"),
        "{}",
        said.stdout
    );
    assert!(
        line(&said.stdout, "outside the server").contains("network"),
        "{}",
        said.stdout
    );
    assert!(
        line(&said.stdout, "batch").contains("at most 1 running"),
        "{}",
        said.stdout
    );
    assert!(
        line(&said.stdout, "speculation")
            .contains("100.00% of the drafts accepted, 4.00 tokens a step"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        said.stdout
    );
}

#[test]
fn drafted_tokens_are_in_the_result_for_vllm() {
    let ssel = llm("target?tokens=8&draft=3&acceptance=1").args(["-n", "4", "-o", "vllm=r.json"]);
    ssel.said().exits(0);
    let file = std::fs::read_to_string(ssel.folder().join("r.json")).unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    assert_eq!(file["spec_decode_acceptance_rate"], 100.0);
    assert_eq!(file["spec_decode_acceptance_length"], 4.0);
    assert_eq!(file["spec_decode_num_drafts"], 8);
    assert_eq!(file["spec_decode_accepted_tokens"], 24);
    assert_eq!(
        file["spec_decode_per_position_acceptance_rates"],
        serde_json::json!([1.0, 1.0, 1.0])
    );
}

#[test]
fn usage_is_requested_or_not() {
    let target = Target::start();
    let none = llm(&target.url("tokens=2")).args(["-n", "2", "--server-metrics", "none"]);
    assert!(!none.said().exits(0).stdout.contains("server TTFT"));
    let dcgm = format!(
        "{}/metrics?server=dcgm&power=300,{}/metrics",
        target.address, target.address
    );
    let both = llm(&target.url("tokens=2")).args(["-n", "2", "--server-metrics", &dcgm]);
    let said = both.said().exits(0);
    assert!(
        line(&said.stdout, "energy").contains("at most 300 W"),
        "{}",
        said.stdout
    );
    line(&said.stdout, "server TTFT");
    let bad = llm(&target.url("tokens=2"))
        .args(["--server-metrics", "ftp://x"])
        .said()
        .exits(104);
    assert!(bad.stderr.contains("--server-metrics"), "{}", bad.stderr);
}

#[test]
fn a_server_without_metrics_causes_at_most_one_line() {
    let target = Target::start();
    // A guess is not worth a word.
    let fake = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = fake.local_addr().unwrap();
    std::thread::spawn(move || {
        for body in ["<html>hello</html>", "<html>hello</html>"] {
            let Ok((mut socket, _)) = fake.accept() else {
                return;
            };
            let mut request = [0; 4096];
            let _ = socket.read(&mut request);
            let length = body.len();
            let _ = write!(
                socket,
                "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    for (url, problem) in [
        (format!("{}/status/404", target.address), "status 404"),
        (format!("{}/status/401", target.address), "status 401"),
        (format!("http://{address}/metrics"), "contains no metrics"),
        ("http://127.0.0.1:1/metrics".to_owned(), "refused"),
    ] {
        let said = llm(&target.url("tokens=2&ttft=1s")).args([
            "-n",
            "2",
            "-c",
            "1",
            "--server-metrics",
            &url,
        ]);
        let said = said.said().exits(0);
        let told = said
            .stderr
            .lines()
            .filter(|line| line.contains("cannot read the metrics of the server"));
        let told: Vec<&str> = told.collect();
        assert_eq!(told.len(), 1, "{url}: {}", said.stderr);
        assert!(told[0].contains(problem), "{url}: {}", said.stderr);
        assert!(
            said.stdout.contains("2 succeeded, 0 failed"),
            "{}",
            said.stdout
        );
    }
}

#[test]
fn a_saved_run_of_a_script_has_the_metrics_of_the_server() {
    let target = Target::start();
    let script = format!(
        "function default() llm.chat{{ url = {:?}, messages = {{{{ role = 'user', content = 'a b c' }}}}, max_tokens = 4 }} end",
        format!("{}/v1/chat/completions", target.address)
    );
    let ssel = Ssel::new().file("s.lua", &script).args([
        "run",
        "s.lua",
        "-i",
        "3",
        "--save",
        "r.ssel",
        "--report",
        "r.html",
        "--server-metrics",
        &target.address,
        "--server-metric",
        "vllm:request_decode*",
    ]);
    let said = ssel.said().exits(0);
    assert!(
        line(&said.stdout, "server requests").contains("3, as counted here"),
        "{}",
        said.stdout
    );
    let file = ssel.folder().join("r.ssel");
    let report = Ssel::new().args(["report", file.to_str().unwrap(), "-f", "json"]);
    let report: Value = serde_json::from_str(&report.said().exits(0).stdout).unwrap();
    let count = &report["metrics"]["vllm:generation_tokens_total"];
    assert_eq!(count["values"]["count"], 12.0, "{count}");
    assert!(report["metrics"]["vllm:request_decode_time_seconds_count"].is_object());
    let page = std::fs::read_to_string(ssel.folder().join("r.html")).unwrap();
    assert!(page.contains("Requests at the server"));
}

#[test]
fn the_server_is_scraped_until_the_last_part_has_ended() {
    let target = Target::start();
    let script = format!(
        "options = {{ scenarios = {{ s = {{ executor = 'per-vu-iterations', vus = 2, iterations = 1 }} }} }}
        function default()
          -- The VU of part 0 is done long before that of part 1.
          for _ = 1, exec.vu.id_in_test == 1 and 1 or 6 do
            llm.chat{{ url = {:?}, prompt = 'a b c', max_tokens = 4 }}
          end
        end",
        format!("{}/v1/chat/completions?itl=50ms", target.address)
    );
    let address = format!("127.0.0.1:{}", free_port());
    let calls = ["0/2", "1/2"].map(|part| {
        Ssel::new().file("s.lua", &script).args([
            "run",
            "s.lua",
            "--part",
            part,
            "--join",
            &address,
            "--server-metrics",
            &target.address,
        ])
    });
    let parts = calls.each_ref().map(|call| call.command().spawn().unwrap());
    let [first, second] = parts.map(said);
    second.exits(0);
    let first = first.exits(0);
    assert!(
        line(&first.stdout, "server requests").contains("7, as counted here"),
        "{}",
        first.stdout
    );
}

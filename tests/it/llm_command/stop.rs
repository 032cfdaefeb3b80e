use std::process::Command;

use super::{EVENTS, llm};
use crate::llm::canned::Canned;
use crate::support::ssel::said;

#[test]
fn a_signal_ends_the_run_with_all_that_was_measured() {
    let server = Canned::events(&EVENTS);
    let ssel = llm(&server.url()).args([
        "-m",
        "m",
        "-c",
        "1",
        "-d",
        "10m",
        "--warmup",
        "0",
        "-o",
        "vllm=out.json",
    ]);
    let mut child = ssel.command().spawn().unwrap();
    drop(child.stdin.take());
    // The third request begins when the second is answered.
    for _ in 0..3 {
        server.request();
    }
    let id = child.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let said = said(child).exits(105);
    assert!(
        said.stdout.contains(" succeeded, 0 failed"),
        "{}",
        said.stdout
    );
    assert!(
        said.stdout
            .contains("counted chunks; the server reports no usage"),
        "{}",
        said.stdout
    );
    let saved = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    assert!(saved["completed"].as_u64().unwrap() >= 2, "{saved}");
}

#[test]
fn a_signal_ends_a_sweep_with_the_levels_so_far() {
    let server = Canned::events(&EVENTS);
    let ssel = llm(&server.url()).args([
        "-m",
        "m",
        "-d",
        "10m",
        "--warmup",
        "0",
        "--sweep",
        "concurrency=1,2",
    ]);
    let mut child = ssel.command().spawn().unwrap();
    drop(child.stdin.take());
    for _ in 0..3 {
        server.request();
    }
    let id = child.id().to_string();
    Command::new("kill").args(["-INT", &id]).status().unwrap();
    let said = said(child).exits(105);
    let levels: Vec<&str> = said
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(levels[..2], ["concurrency", "1"]);
    assert!(!said.stderr.contains("2 of 2"), "{}", said.stderr);
}

#[test]
fn a_signal_ends_the_lookup_of_models() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let child = llm(&url).command().spawn().unwrap();
    // It takes the request and never answers.
    let _connection = server.accept().unwrap();
    let id = child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    let said = said(child).exits(105);
    assert_eq!(said.stderr, "error: stopped before the load began\n");
}

#[test]
fn a_signal_interrupts_a_request_without_an_answer() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/v1/chat/completions",
        server.local_addr().unwrap()
    );
    let args = ["-m", "m", "-c", "1", "-d", "10m", "--warmup", "0"];
    let child = llm(&url).args(args).command().spawn().unwrap();
    let _connection = server.accept().unwrap();
    let id = child.id().to_string();
    Command::new("kill").args(["-TERM", &id]).status().unwrap();
    let said = said(child).exits(105);
    assert!(
        said.stderr
            .contains("info: stopping: 1 iteration has 500ms to finish"),
        "{said:?}"
    );
    assert!(said.stdout.contains("cut off"), "{said:?}");
}

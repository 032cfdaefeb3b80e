//! The cost of a VU: memory while idle and with a slow stream; an empty iteration; a short stream on a reused connection;
//! `event:json()`.
//!
//! `cargo bench --bench vus` on Linux (it reads /proc), or one part of it: `-- memory` (three minutes), `-- iterations`,
//! `-- streams`, `-- json`. The server is a separate process of `ssel serve`, so that only the client counts. Times are
//! processor time, and both sides of a comparison are measured in one run: compare the ratios.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

mod cpu;
mod server;

use cpu::cpu_of_children;
use server::{SSEL, Server};

/// One part of the bench.
type Part = fn(&Server);

fn main() {
    let parts: [(&str, Part); 4] = [
        ("memory", memory),
        ("iterations", iterations),
        ("streams", streams),
        ("json", json),
    ];
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let server = Server::start(None);
    for (name, part) in parts {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            part(&server);
            println!();
        }
    }
}

/// Resident memory of 5,000 VUs, and the processor time that a held stream takes.
fn memory(server: &Server) {
    const VUS: u64 = 5_000;
    let script = |work: &str| {
        let options = format!("options = {{ vus = {VUS}, iterations = {VUS} }}");
        format!("{options} function default() {work} end")
    };
    let show = |what: &str, seconds: u64, kib: u64| {
        println!(
            "{VUS} VUs, {what}, after {seconds} s: {:.1} KiB a VU",
            kib as f64 / VUS as f64
        );
    };
    let sleeping = resident(&script("sleep(600)"), &[15]);
    show("asleep", 15, sleeping[0]);
    let dripping = script(&format!(
        "sse.open('{}/.sse?interval=1s', {{ max_duration = 600 }}, function(client) \
         client:on('event', function(event) end) end)",
        server.url
    ));
    for (seconds, kib) in [15, 120].into_iter().zip(resident(&dripping, &[15, 120])) {
        show(
            "each with a stream of an event a second and a handler",
            seconds,
            kib,
        );
    }
}

/// The memory of a process that runs `script` after this number of seconds, in KiB.
fn resident(script: &str, seconds: &[u64]) -> Vec<u64> {
    let mut child = ssel(script, &[]).spawn().expect("ssel starts");
    let start = Instant::now();
    let held = seconds.iter().map(|&seconds| {
        std::thread::sleep(Duration::from_secs(seconds).saturating_sub(start.elapsed()));
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
            .unwrap_or(0)
    });
    let held = held.collect();
    let _ = child.kill();
    let _ = child.wait();
    held
}

/// An iteration that does nothing.
fn iterations(_: &Server) {
    for vus in [50, 5_000] {
        let cost = per_iteration("function default() end", vus, 1_000_000);
        println!("an empty iteration, {vus} VUs: {cost:.2} µs");
    }
}

/// A stream of ten events with a handler, beside the same requests made by `ssel wrk`.
fn streams(server: &Server) {
    const REQUESTS: u64 = 50_000;
    let url = format!("{}/.sse?n=10&interval=0", server.url);
    let script = format!(
        "local n = 0 function default() sse.open('{url}', function(client) \
         client:on('event', function(event) n = n + #event.data end) end) end"
    );
    let floor = wrk_request(&url);
    println!("a stream of 10 events, by `ssel wrk`: {floor:.1} µs");
    for vus in [50, 5_000] {
        let cost = per_iteration(&script, vus, REQUESTS);
        println!(
            "the same with a handler, {vus} VUs: {cost:.1} µs ({:.1} x)",
            cost / floor
        );
    }
}

/// Processor time of a request by `ssel wrk` in µs.
fn wrk_request(url: &str) -> f64 {
    let before = cpu_of_children();
    let output = Command::new(SSEL)
        .args(["wrk", "-t1", "-c50", "-d3s", url])
        .output()
        .expect("ssel starts");
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = report.lines().find(|line| line.contains(" requests in "));
    let requests: f64 = line
        .and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_else(|| panic!("a report: {report}"));
    (cpu_of_children() - before) / requests * 1e6
}

/// What `event:json()` of a model's chunk costs above looking at its text.
fn json(server: &Server) {
    const CHUNKS: u64 = 10_000;
    const REPLIES: u64 = 200;
    let open = |look: &str| {
        format!(
            "local n = 0 function default() local r = sse.open('{}/v1/chat/completions?tokens={CHUNKS}', \
             {{ method = 'POST', body = {{ model = 'm', stream = true, messages = {{ {{ role = 'user', content = 'x' }} }} }} }}, \
             function(client) client:on('event', function(event) \
             if event.data ~= '[DONE]' then {look} end end) end) \
             assert(r.error == nil and r.events > {CHUNKS}) end",
            server.url
        )
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for workers in [1, cores.min(8)] {
        for vus in [workers, 50] {
            let run = |look: &str| {
                let flags = [
                    "-u",
                    &vus.to_string(),
                    "-i",
                    &REPLIES.to_string(),
                    "--workers",
                    &workers.to_string(),
                ];
                median(|| cpu_of(&mut ssel(&open(look), &flags)))
            };
            let (text, json) = (
                run("n = n + #event.data"),
                run("n = n + #event:json().choices"),
            );
            let micros = |cpu: f64| cpu / (CHUNKS * REPLIES) as f64 * 1e6;
            println!(
                "event:json(), {workers} workers, {vus} VUs: {:.2} µs above {:.2} µs",
                micros(json - text),
                micros(text)
            );
        }
    }
}

/// Processor time of one iteration in µs: of a long run less a short one, so that making the VUs does not count.
fn per_iteration(script: &str, vus: u64, iterations: u64) -> f64 {
    let run = |iterations: u64| {
        let flags = [
            "-u",
            &vus.to_string(),
            "-i",
            &iterations.to_string(),
            "--workers",
            "1",
        ];
        median(|| cpu_of(&mut ssel(script, &flags)))
    };
    // Each VU has run by then what it runs again and again.
    let before = 4 * vus;
    (run(before + iterations) - run(before)) / iterations as f64 * 1e6
}

fn ssel(script: &str, flags: &[&str]) -> Command {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("ssel-bench-{}-{number}.lua", std::process::id()));
    std::fs::write(&path, script).expect("a script is written");
    let mut command = Command::new(SSEL);
    command
        .args(["run", "-q", "--no-summary"])
        .args(flags)
        .arg(path)
        .stdout(Stdio::null());
    command
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut results = [measure(), measure(), measure()];
    results.sort_by(f64::total_cmp);
    results[1]
}

/// CPU seconds of a command, in steps of 10 ms.
fn cpu_of(command: &mut Command) -> f64 {
    let before = cpu_of_children();
    let status = command.status().expect("the command starts");
    assert!(status.success(), "{command:?}: {status}");
    cpu_of_children() - before
}

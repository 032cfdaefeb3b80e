//! The cost of an event: CPU seconds per million events of the real `ssel`, compared with only reading the body with the
//! same HTTP client; wall time of a run of one iteration.
//!
//! `cargo bench --bench streams` on Linux (it reads /proc). The server is a separate process of `ssel serve`, so that only the
//! client's CPU time counts. Compare the ratios: both sides are measured in one run, one after the other.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use ssel::http::{Client, ClientContext, Request, Settings};

mod cpu;
mod server;

use cpu::cpu_of_children;
use server::{SSEL, Server};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, mode, url, connections] = &arguments[..]
        && mode == "--only-read"
    {
        return only_read(url, connections.parse().expect("a number"));
    }
    let server = Server::start(None);
    events(&server);
    startup(&server);
}

/// CPU per event: reading alone, no handler, a handler that adds up the length of the data.
fn events(server: &Server) {
    println!(
        "CPU seconds per million events (median of 3), and how many times the cost of only reading\n"
    );
    println!(
        "{:>6} {:>9} {:>4}  {:>9}  {:>17}  {:>17}",
        "bytes", "per chunk", "VUs", "only read", "no handler", "handler"
    );
    // Servers send each event in its own HTTP chunk, or as many as a buffer holds.
    for (size, batch) in [(16, "1"), (16, "many"), (200, "1"), (200, "many")] {
        for vus in [1_u64, 50] {
            let all: u64 = if batch == "1" { 4_000_000 } else { 20_000_000 };
            let chunk = if batch == "1" { "&batch=1" } else { "" };
            let url = format!(
                "{}/.sse?interval=0&size={size}{chunk}&n={}",
                server.url,
                all / vus
            );
            let vus_text = vus.to_string();
            let per_million = |cpu: f64| cpu / all as f64 * 1e6;
            let read = median(|| {
                let me = std::env::current_exe().expect("the path of this program");
                cpu_of(Command::new(me).args(["--only-read", &url, &vus_text]))
            });
            let run = |handler: &str| {
                let script = format!(
                    "local n = 0 function default() local r = sse.open('{url}', function(client) {handler} end) \
                     assert(r.error == nil and r.events == {}) end",
                    all / vus
                );
                median(|| {
                    cpu_of(&mut ssel(
                        &script,
                        &["-u", &vus_text, "-i", &vus_text, "--workers", "1"],
                    ))
                })
            };
            let none = run("");
            let handler = run("client:on('event', function(event) n = n + #event.data end)");
            println!(
                "{size:>6} {batch:>9} {vus:>4}  {:>9.3}  {:>8.3} ({:>4.2} x)  {:>8.3} ({:+.3})",
                per_million(read),
                per_million(none),
                none / read,
                per_million(handler),
                per_million(handler - none),
            );
        }
    }
}

/// Wall time of a whole `ssel run` of one iteration.
fn startup(server: &Server) {
    let script = format!(
        "function default() sse.open('{}/.sse?n=1&interval=0', function() end) end",
        server.url
    );
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            let start = Instant::now();
            run_to_end(&mut ssel(&script, &[]));
            start.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "\n`ssel run` of one iteration, wall time: median {:?}, slowest of 21 {:?}",
        times[10], times[20]
    );
}

/// Reads the bodies of `connections` requests to their ends and does nothing with them.
fn only_read(url: &str, connections: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let shared = ClientContext::new(Settings::default()).expect("settings");
        let read = |shared: Rc<ClientContext>, url: String| async move {
            let client = Client::new(shared);
            let mut response = client
                .send(Request::get(&url).expect("a URL"))
                .await
                .expect("a response");
            while response.body.chunk().await.expect("a chunk").is_some() {}
        };
        let tasks: Vec<_> = (0..connections)
            .map(|_| tokio::task::spawn_local(read(Rc::clone(&shared), url.to_owned())))
            .collect();
        for task in tasks {
            task.await.expect("the task ends");
        }
    });
}

fn ssel(script: &str, flags: &[&str]) -> Command {
    use std::sync::atomic::{AtomicU32, Ordering};
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

fn run_to_end(command: &mut Command) {
    let status = command.status().expect("the command starts");
    assert!(status.success(), "{command:?}: {status}");
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut results = [measure(), measure(), measure()];
    results.sort_by(f64::total_cmp);
    results[1]
}

/// CPU seconds of a command, in steps of 10 ms.
fn cpu_of(command: &mut Command) -> f64 {
    let before = cpu_of_children();
    run_to_end(command);
    cpu_of_children() - before
}

//! How a flooding stream affects its neighbours on the same worker: the lateness of `sleep`, the accuracy of a stream that
//! ticks every 10 ms, and the throughput of the flood.
//!
//! `cargo bench --bench fair` on an idle machine. Each row is a run of 5 s of the real `ssel` on one worker. The servers are
//! two processes of `ssel serve`, one that floods and one that ticks, because a server that floods is not a good clock. The
//! first row is the baseline: the same without a flood.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::process::Command;

#[allow(dead_code, reason = "another bench uses the rest")]
mod server;

use server::{SSEL, Server};

const SCRIPT: &str = r#"
local neighbours = env.NEIGHBOURS == "1"
local function one(exec) return { executor = "constant-vus", vus = 1, duration = "5s", graceful_stop = 0, exec = exec } end
options = { scenarios = {
  flood = env.FLOOD ~= "" and one("flood") or nil,
  sleeper = neighbours and one("sleeper") or nil,
  ticker = neighbours and one("ticker") or nil,
} }
local late, off = metrics.trend("late", true), metrics.trend("off", true)
function sleeper()
  local start = now()
  sleep(0.05)
  late:add(now() - start - 0.05)
end
function ticker()
  local last
  sse.open(env.TICKS .. "/.sse?interval=10ms", function(client)
    client:on("event", function(event)
      if last then off:add(math.abs(event.time - last - 0.01)) end
      last = event.time
    end)
  end)
end
function flood()
  local n = 0
  sse.open(env.URL .. "/.sse?interval=0&size=16", function(client)
    if env.FLOOD == "handler" then client:on("event", function(event) n = n + #event.data end) end
  end)
end
"#;

fn main() {
    let (server, ticks) = (Server::start(None), Server::start(None));
    println!(
        "{:<28}  {:>28}  {:>28}  {:>12}",
        "", "sleep(0.05) late by, ms", "10-ms tick off by, ms", "flood"
    );
    println!(
        "{:<28}  {:>9}{:>9}{:>10}  {:>9}{:>9}{:>10}  {:>12}",
        "", "median", "p99", "max", "median", "p99", "max", "events/s"
    );
    for (what, flood, neighbours) in [
        ("neighbours alone", "", true),
        ("flood alone", "none", false),
        ("beside a flood", "none", true),
        ("flood with handler alone", "handler", false),
        ("beside one with a handler", "handler", true),
    ] {
        let summary = run(&server.url, &ticks.url, flood, neighbours);
        let figures =
            |name: &str| ["med", "p(99)", "max"].map(|figure| value(&summary, name, figure) * 1e3);
        let (late, off) = (figures("late"), figures("off"));
        let events = value(&summary, "sse_event", "rate");
        println!(
            "{what:<28}  {:>9.2}{:>9.2}{:>10.2}  {:>9.2}{:>9.2}{:>10.2}  {events:>12.0}",
            late[0], late[1], late[2], off[0], off[1], off[2]
        );
    }
}

fn run(url: &str, ticks: &str, flood: &str, neighbours: bool) -> serde_json::Value {
    let folder = std::env::temp_dir().join(format!("ssel-bench-fair-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (script, out) = (folder.join("fair.lua"), folder.join("fair.json"));
    std::fs::write(&script, SCRIPT).expect("a script is written");
    let status = Command::new(SSEL)
        .args(["run", "-q", "--no-summary", "--workers", "1"])
        .args(["-e", &format!("URL={url}"), "-e", &format!("FLOOD={flood}")])
        .args(["-e", &format!("TICKS={ticks}")])
        .args(["-e", &format!("NEIGHBOURS={}", u8::from(neighbours))])
        .arg("--summary-export")
        .args([&out, &script])
        .status()
        .expect("ssel starts");
    assert!(status.success(), "{status}");
    let text = std::fs::read_to_string(&out).expect("the figures are there");
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    serde_json::from_str(&text).expect("they are JSON")
}

/// A figure of a metric; 0 without samples.
fn value(summary: &serde_json::Value, name: &str, figure: &str) -> f64 {
    let value = &summary["metrics"][name]["values"][figure];
    value.as_f64().unwrap_or(0.0)
}

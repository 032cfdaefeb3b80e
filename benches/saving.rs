//! The cost of saving a run: processor time of the real `ssel` at 100,000 events per second, with and without `--save`, and
//! the size of a second in the file.
//!
//! `cargo bench --bench saving` on Linux (it reads /proc). The server is a separate process of `ssel serve`, so that only the
//! client's processor time counts. The two alternate.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::process::{Command, Stdio};

mod cpu;
mod server;

use cpu::cpu_of_children;
use server::{SSEL, Server};

/// How long a run takes, in seconds.
const SECONDS: u32 = 10;
const VUS: u32 = 100;
const TURNS: usize = 5;

fn main() {
    let server = Server::start(None);
    let folder = std::env::temp_dir().join(format!("ssel-bench-saving-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = folder.join("script.lua");
    let text = format!(
        "options = {{ scenarios = {{ s = {{ executor = 'per-vu-iterations', vus = {VUS}, iterations = 1 }} }} }} \
         function default() sse.open('{}/.sse?interval=1ms&size=16', {{ max_duration = {SECONDS} }}, function() end) end",
        server.url
    );
    std::fs::write(&script, text).expect("a script");
    let run = |save: Option<&std::path::Path>| {
        let mut command = Command::new(SSEL);
        command.args(["run", "-q", "--no-summary"]).arg(&script);
        if let Some(file) = save {
            let _ = std::fs::remove_file(file);
            command.arg("--save").arg(file);
        }
        let before = cpu_of_children();
        let status = command.stdout(Stdio::null()).status().expect("ssel starts");
        assert!(status.success(), "{status}");
        cpu_of_children() - before
    };
    let file = folder.join("run.ssel");
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        without.push(run(None));
        with.push(run(Some(&file)));
    }
    let median = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[TURNS / 2]
    };
    let (without, with) = (median(&mut without), median(&mut with));
    let seconds = f64::from(SECONDS);
    let bytes = std::fs::metadata(&file).map_or(0, |file| file.len());
    println!(
        "{VUS} streams, {} events/s, {SECONDS} s; median of {TURNS}",
        VUS * 1_000
    );
    println!("without --save  {without:.2} s of processor time");
    println!(
        "with --save     {with:.2} s, {:+.2} % of a core; {} kB a second in the file",
        (with - without) / seconds * 100.0,
        bytes / 1_000 / u64::from(SECONDS)
    );
    let _ = std::fs::remove_dir_all(&folder);
}

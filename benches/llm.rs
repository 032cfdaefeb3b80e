//! The cost of an LLM chunk in the real `ssel`, compared with reading and decoding alone, and the accuracy of its times,
//! compared with the server's own clock.
//!
//! `cargo bench --bench llm` on Linux (it reads /proc). The server is a separate process of `ssel serve`. For the second part,
//! server and client get a core each if there are two (`taskset`). `cargo bench --bench llm -- costs` and `-- truth` run one of
//! the two parts.

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::cell::{Cell, RefCell};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ssel::http::{Client, ClientContext, Request, Settings};
use ssel::internals::{Fragment, Listener, ModelRequest, exchange, parse_url};
use ssel::llm::ChatRequest;

mod cpu;
mod server;

use cpu::cpu_of_children;
use server::{SSEL, Server};

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--only-read", url] => only_read(url),
        ["--truth", url, streams] => truth(url, streams.parse().expect("a number")),
        ["costs"] => costs(),
        ["truth"] => truths(),
        _ => {
            costs();
            truths();
        }
    }
}

/// Replies in one measurement, and chunks of each.
const REPLIES: u64 = 100;
const CHUNKS: u64 = 10_000;

/// CPU per chunk: reading, decoding, `llm.chat` in its forms, a script that does it by hand.
fn costs() {
    let server = Server::start(None);
    let url = format!("{}/v1/chat/completions?tokens={CHUNKS}", server.url);
    println!(
        "CPU µs per chunk of {} bytes, each in its own HTTP chunk (median of 5 × {} chunks)\n",
        chunk_bytes(&url),
        REPLIES * CHUNKS
    );
    let body = "{ model = 'm', stream = true, messages = { { role = 'user', content = 'x' } } }";
    let open = |handler: &str| {
        format!(
            "local n = 0 function default() \
             local r = sse.open('{url}', {{ method = 'POST', body = {body} }}, function(client) {handler} end) \
             assert(r.error == nil and r.events > {CHUNKS}) end"
        )
    };
    let chat = |more: &str| {
        format!(
            "local n = 0 function default() \
             local r = llm.chat{{ url = '{url}', model = 'm', prompt = 'x', {more} }} \
             assert(r.error == nil and r.chunks == {CHUNKS}, tostring(r.error)) end"
        )
    };
    let show = |name: &str, cpu: f64| {
        let micros = cpu / (REPLIES * CHUNKS) as f64 * 1e6;
        println!("{name:<44} {micros:>7.3}");
        micros
    };
    let run = |script: &str| median(|| cpu_of(&mut ssel(script)));
    show(
        "only reading the body",
        median(|| {
            let me = std::env::current_exe().expect("the path of this program");
            cpu_of(Command::new(me).args(["--only-read", &url]))
        }),
    );
    let decoded = show("sse.open, no handler: reading, decoding", run(&open("")));
    let plain = show("llm.chat, text = false", run(&chat("text = false")));
    show("llm.chat", run(&chat("")));
    let on_token = "on_token = function(text) n = n + #text end";
    show("llm.chat, on_token", run(&chat(on_token)));
    let handler = "client:on('event', function(event) n = n + #event.data end)";
    let handler = show("sse.open, handler: #event.data", run(&open(handler)));
    let json = "client:on('event', function(event) \
                if event.data ~= '[DONE]' then n = n + #event:json().choices end end)";
    let json = show("sse.open, handler: event:json()", run(&open(json)));
    println!(
        "\nllm.chat above decoding: {:.3} µs; event:json() above a handler: {:.3} µs",
        plain - decoded,
        json - handler
    );
}

/// How many bytes of body there are for each chunk.
fn chunk_bytes(url: &str) -> usize {
    let bytes = Cell::new(0);
    on_this_thread(async {
        let client = Client::new(ClientContext::new(Settings::default()).expect("settings"));
        let mut response = client.send(question(url)).await.expect("a response");
        while let Some(chunk) = response.body.chunk().await.expect("a chunk") {
            bytes.set(bytes.get() + chunk.bytes.len());
        }
    });
    bytes.get() / usize::try_from(CHUNKS).expect("a size")
}

/// Reads the bodies of all replies, one after the other, and does nothing with them.
fn only_read(url: &str) {
    on_this_thread(async {
        let client = Client::new(ClientContext::new(Settings::default()).expect("settings"));
        for _ in 0..REPLIES {
            let mut response = client.send(question(url)).await.expect("a response");
            while response.body.chunk().await.expect("a chunk").is_some() {}
        }
    });
}

fn call(url: &str) -> ModelRequest {
    let ask = ChatRequest::new("m", "x");
    ModelRequest::new(&parse_url(url).expect("a URL"), &ask, None, None).expect("a question")
}

fn question(url: &str) -> Request {
    call(url).request
}

/// How far the times of an exchange are from the clock of the server, at several numbers of streams.
fn truths() {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (server_core, client_core) = if cores > 1 {
        (Some(0), Some(1))
    } else {
        (None, None)
    };
    println!(
        "\nErrors in ms against the server's own clock: 50 ms to the first token, 20 ms between tokens\n"
    );
    println!(
        "{:>7} {:>8} {:>9} {:>9} {:>9} {:>9}   {:>9} {:>9} {:>9} {:>9}",
        "streams", "tokens/s", "ttft mean", "median", "p99", "max", "|itl|", "median", "p99", "max"
    );
    for streams in [1, 100, 200, 1000] {
        let server = Server::start(server_core);
        let me = std::env::current_exe().expect("the path of this program");
        let url = format!("{}/v1?stamp=1&ttft=50ms&itl=20ms&tokens=50", server.url);
        let mut command = pinned(client_core, &me.to_string_lossy());
        let status = command
            .args(["--truth", &url, &streams.to_string()])
            .status();
        assert!(status.expect("this program").success());
    }
}

/// A command on one core.
fn pinned(core: Option<usize>, program: &str) -> Command {
    let Some(core) = core else {
        return Command::new(program);
    };
    let mut command = Command::new("taskset");
    command.args(["-c", &core.to_string(), program]);
    command
}

/// The times of one reply: when each token arrived, and when the server sent it.
#[derive(Default)]
struct Notes(Vec<(Duration, f64)>);

impl Listener for Notes {
    fn wants_fragments(&self) -> bool {
        true
    }

    fn fragment(&mut self, fragment: &Fragment<'_>) {
        let sent = fragment.text.trim().parse().expect("a time");
        self.0.push((fragment.at, sent));
    }
}

/// The errors of all replies, in milliseconds.
#[derive(Default)]
struct Errors {
    ttft: Vec<f64>,
    itl: Vec<f64>,
}

/// Runs this number of concurrent streams, each for several replies, and prints the errors of their times.
fn truth(url: &str, streams: usize) {
    const LENGTH: Duration = Duration::from_secs(6);
    let zero = Instant::now();
    let unix = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    let errors = Rc::new(RefCell::new(Errors::default()));
    on_this_thread(async {
        let shared = ClientContext::new(Settings::default()).expect("settings");
        let stream = |number: usize| {
            let (client, call) = (Client::new(Rc::clone(&shared)), call(url));
            let errors = Rc::clone(&errors);
            async move {
                // Spread over one second, as users are.
                tokio::time::sleep(Duration::from_secs(1).mul_f64(number as f64 / streams as f64))
                    .await;
                while zero.elapsed() < LENGTH {
                    let mut notes = Notes::default();
                    let done = exchange(&client, &call, &mut notes).await;
                    assert!(done.reply.outcome.is_ok(), "{:?}", done.reply.outcome);
                    let began = (unix + done.start.duration_since(zero)).as_secs_f64();
                    let mut errors = errors.borrow_mut();
                    let (first, sent) = notes.0[0];
                    errors.ttft.push((began + first.as_secs_f64() - sent) * 1e3);
                    let gaps = notes.0.windows(2).map(|pair| {
                        let seen = pair[1].0.as_secs_f64() - pair[0].0.as_secs_f64();
                        ((seen - (pair[1].1 - pair[0].1)) * 1e3).abs()
                    });
                    errors.itl.extend(gaps);
                }
            }
        };
        let tasks: Vec<_> = (0..streams)
            .map(|number| tokio::task::spawn_local(stream(number)))
            .collect();
        for task in tasks {
            task.await.expect("the task ends");
        }
    });
    let errors = errors.borrow();
    let rate = (errors.ttft.len() + errors.itl.len()) as f64 / zero.elapsed().as_secs_f64();
    println!(
        "{streams:>7} {rate:>8.0} {}   {}",
        figures(&errors.ttft),
        figures(&errors.itl)
    );
}

/// Mean, median, 99th percentile and maximum.
fn figures(errors: &[f64]) -> String {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |percent: usize| sorted[(sorted.len() - 1) * percent / 100];
    let mean = sorted.iter().sum::<f64>() / sorted.len() as f64;
    format!(
        "{mean:>9.3} {:>9.3} {:>9.3} {:>9.3}",
        at(50),
        at(99),
        at(100)
    )
}

fn on_this_thread(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    tokio::task::LocalSet::new().block_on(&runtime, work);
}

/// A run of all replies, one after the other.
fn ssel(script: &str) -> Command {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("ssel-bench-llm-{}-{number}.lua", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, script).expect("a script is written");
    let mut command = Command::new(SSEL);
    command
        .args(["run", "-q", "--no-summary", "--workers", "1"])
        .args(["-i", &REPLIES.to_string()])
        .arg(path)
        .stdout(Stdio::null());
    command
}

fn median(mut measure: impl FnMut() -> f64) -> f64 {
    let mut results = [0; 5].map(|_| measure());
    results.sort_by(f64::total_cmp);
    results[2]
}

/// CPU seconds of a command that has nothing to complain about, in steps of 10 ms.
fn cpu_of(command: &mut Command) -> f64 {
    let before = cpu_of_children();
    let output = command.output().expect("the command starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.is_empty(),
        "{command:?}: {said}"
    );
    cpu_of_children() - before
}

//! The throughput of the decoder, compared with the crate eventsource-stream and with the cost of reading the bytes.
//!
//! `cargo bench --bench sse_decoder`. Each figure is the best of several passes over a body in memory, on one thread; each
//! event's data is accessed once (its length). "touch" only counts line feeds with memchr; a search is cheaper than a count, so
//! a decoder can be faster on very long lines. The last table shows time per byte: one event of increasing length, in small
//! chunks.
#![expect(clippy::print_stdout, reason = "a bench prints its table")]

use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

use eventsource_stream::Eventsource;
use futures_util::{FutureExt, StreamExt, stream};
use ssel::sse::{Decoder, Event, Flow};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// The counts of a pass over a body, so that the compiler cannot omit work and results can be compared.
type Counts = (usize, usize);

fn main() {
    println!("many events; M = 10^6 events per second, MB = 10^6 bytes per second\n");
    println!(
        "{:>10} {:>8} | {:>9} | {:>9} {:>9} {:>7} | {:>9} {:>9} | {:>7}",
        "event", "chunk", "touch MB", "ssel M", "ssel MB", "/touch", "crate M", "crate MB", "ratio"
    );
    for (name, block) in blocks() {
        for chunk in [1460, 16 * KIB, 64 * KIB] {
            row(&name, &block, 4 * MIB / block.len(), chunk);
        }
    }
    println!("\none event in chunks of 4 KiB\n");
    println!(
        "{:>10} | {:>9} | {:>9} {:>12} | {:>9} {:>12}",
        "event", "touch MB", "ssel MB", "ssel ms", "crate MB", "crate ms"
    );
    for size in [1, 4, 16, 64] {
        single(size);
    }
}

/// One block of each kind, by name.
fn blocks() -> Vec<(String, String)> {
    let plain = |bytes: usize| format!("data: {}\n\n", "x".repeat(bytes - "data: \n\n".len()));
    let long = "x".repeat(150);
    vec![
        ("16 B".to_owned(), plain(16)),
        ("200 B".to_owned(), plain(200)),
        ("200 B crlf".to_owned(), plain(200).replace('\n', "\r\n")),
        (
            "200 B full".to_owned(),
            format!("id: 12345678\nevent: content_block\ndata: {long}\n\n"),
        ),
        ("64 KiB".to_owned(), plain(64 * KIB)),
    ]
}

fn row(name: &str, block: &str, events: usize, chunk: usize) {
    let body = block.repeat(events);
    let bytes = body.len() as f64;
    let touch = best(|| touch(body.as_bytes(), chunk));
    let (ours, counts) = timed(|| decode(body.as_bytes(), chunk));
    assert_eq!(counts.0, events);
    print!(
        "{name:>10} {chunk:>8} | {:>9.0} | {:>9.2} {:>9.0} {:>6.0}% |",
        bytes / touch.as_secs_f64() / 1e6,
        events as f64 / ours.as_secs_f64() / 1e6,
        bytes / ours.as_secs_f64() / 1e6,
        100.0 * touch.as_secs_f64() / ours.as_secs_f64(),
    );
    // A fraction of the body: the crate is slower by orders of magnitude.
    let few = (events / 16).max(4);
    let body = block.repeat(few);
    let (theirs, counts) = timed(|| with_eventsource_stream(body.as_bytes(), chunk));
    assert_eq!(counts.0, few);
    let per_event = theirs.as_secs_f64() / few as f64;
    println!(
        " {:>9.3} {:>9.0} | {:>6.0}x",
        1e-6 / per_event,
        block.len() as f64 / per_event / 1e6,
        per_event / (ours.as_secs_f64() / events as f64),
    );
}

fn single(mib: usize) {
    let size = mib * MIB;
    let body = format!("data: {}\n\n", "x".repeat(size));
    let rate = |time: Duration| body.len() as f64 / time.as_secs_f64() / 1e6;
    let touch = best(|| touch(body.as_bytes(), 4 * KIB));
    let (ours, counts) = timed(|| decode(body.as_bytes(), 4 * KIB));
    assert_eq!(counts, (1, size));
    print!(
        "{:>6} MiB | {:>9.0} | {:>9.0} {:>12.3} |",
        mib,
        rate(touch),
        rate(ours),
        ours.as_secs_f64() * 1e3
    );
    if mib > 4 {
        // Quadratic: minutes from here on.
        println!(" {:>9} {:>12}", "-", "-");
        return;
    }
    let start = Instant::now();
    assert_eq!(with_eventsource_stream(body.as_bytes(), 4 * KIB), (1, size));
    let theirs = start.elapsed();
    println!(
        " {:>9.1} {:>12.1}",
        rate(theirs),
        theirs.as_secs_f64() * 1e3
    );
}

fn touch(body: &[u8], chunk: usize) -> usize {
    body.chunks(chunk)
        .map(|chunk| memchr::memchr_iter(b'\n', chunk).count())
        .sum()
}

fn decode(body: &[u8], chunk: usize) -> Counts {
    let mut decoder = Decoder::new(usize::MAX);
    let mut counts = (0, 0);
    let mut sink = |event: &Event<'_>| {
        counts = (counts.0 + 1, counts.1 + event.data.len());
        black_box(event);
        Flow::Continue
    };
    for chunk in body.chunks(chunk) {
        let done = decoder.push(chunk, &mut sink);
        assert!(done.is_ok());
    }
    counts
}

fn with_eventsource_stream(body: &[u8], chunk: usize) -> Counts {
    stream::iter(body.chunks(chunk).map(Ok::<_, Infallible>))
        .eventsource()
        .fold((0, 0), |counts: Counts, event| {
            let length = event.map_or(0, |event| black_box(event).data.len());
            std::future::ready((counts.0 + 1, counts.1 + length))
        })
        .now_or_never()
        .unwrap_or_default()
}

/// The shortest time of several passes, and what the last one returned.
fn timed<T>(mut pass: impl FnMut() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let mut best = Duration::MAX;
    loop {
        let start = Instant::now();
        let result = black_box(pass());
        best = best.min(start.elapsed());
        if begin.elapsed() > Duration::from_millis(300) {
            return (best, result);
        }
    }
}

fn best<T>(pass: impl FnMut() -> T) -> Duration {
    timed(pass).0
}

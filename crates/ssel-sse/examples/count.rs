//! Counts the events of a file, which is decoded again and again.
//!
//! `cargo run --release -p ssel-sse --example count -- FILE [TIMES]`. `benches/instructions.py` counts its instructions.

#![allow(clippy::print_stdout, reason = "an example shows what it has found")]

use std::error::Error;
use std::hint::black_box;

use ssel_sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, Event, Flow};

/// As much as a read from a socket brings.
const CHUNK: usize = 16 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: count FILE [TIMES]")?;
    let times = arguments.next().map_or(Ok(1), |times| times.parse())?;
    let stream = std::fs::read(file)?;
    let (mut events, mut bytes) = (0_u64, 0);
    for _ in 0..times {
        let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
        let mut sink = |event: &Event<'_>| {
            events += 1;
            bytes += black_box(event).data.len();
            Flow::Continue
        };
        for chunk in stream.chunks(CHUNK) {
            decoder.push(chunk, &mut sink)?;
        }
    }
    println!("{events} events, {bytes} bytes of data");
    Ok(())
}

//! Decodes an event stream that arrives in pieces, cut anywhere.
//!
//! `cargo run --example decode`

#![allow(clippy::print_stdout, reason = "an example shows what it has found")]

use ssel::sse::{DEFAULT_MAX_EVENT_BYTES, Decoder, Event, Flow, Sink, TooLarge, text};

/// Prints what the decoder finds.
struct Printer;

impl Sink for Printer {
    fn event(&mut self, event: &Event<'_>) -> Flow {
        println!("{}: {}", text(event.name_or_default()), text(event.data));
        Flow::Continue
    }

    fn comment(&mut self, comment: &[u8]) -> Flow {
        println!("a comment: {}", text(comment));
        Flow::Continue
    }
}

fn main() -> Result<(), TooLarge> {
    let mut decoder = Decoder::new(DEFAULT_MAX_EVENT_BYTES);
    for piece in [
        "data: he",
        "llo\n",
        "\nevent: token\ndata: {\"n\":",
        "1}\n\ndata: two\ndata: lines\r",
        "\n\r\n: still here\n",
    ] {
        decoder.push(piece.as_bytes(), &mut Printer)?;
    }
    Ok(())
}

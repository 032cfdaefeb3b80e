//! What the fuzz targets in `fuzz/` try: each function takes any bytes and panics where a promise does not hold. Their corpora
//! are run by every `cargo test`.

#[path = "../../crates/ssel-sse/src/decoder/tests/record.rs"]
#[allow(
    dead_code,
    clippy::duplicate_mod,
    reason = "it is the reference of the decoder's own tests, which need more of it"
)]
mod record;
#[path = "../../crates/ssel-sse/src/decoder/tests/reference.rs"]
#[allow(clippy::duplicate_mod, reason = "as above")]
mod reference;

use std::time::Duration;

use crate::h1::{AtEnd, Parser, Step};
use crate::llm::{Api, Reader, ReaderOptions, StreamEnd};
use crate::metrics::{Expression, Selector};
use crate::script::json_has_shape;
use crate::sse::{self, Decoder, Event, Flow, Sink};
use crate::units::{format_duration, parse_duration};

/// The first byte says how long the pieces are that the rest arrives in.
fn pieces(bytes: &[u8]) -> (&[u8], std::slice::Chunks<'_, u8>) {
    let (length, rest) = bytes.split_first().unwrap_or((&1, &[]));
    (rest, rest.chunks(usize::from(*length).max(1)))
}

/// An event stream says what the standard says, however it is cut.
pub fn decoder(bytes: &[u8]) {
    let (stream, pieces) = pieces(bytes);
    let expected = reference::decode(stream);
    assert_eq!(record::decode([stream]), expected);
    assert_eq!(record::decode(pieces), expected);
}

/// A reply of a language model comes to the same, however it is cut.
pub fn llm(bytes: &[u8]) {
    let (api, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let api = Api::ALL[usize::from(*api) % Api::ALL.len()];
    let (stream, pieces) = pieces(rest);
    assert_eq!(reply(api, [stream]), reply(api, pieces));
}

/// What is said of a reply.
fn reply<'a>(api: Api, pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    struct Events<'r>(&'r mut Reader);
    impl Sink for Events<'_> {
        fn event(&mut self, event: &Event<'_>) -> Flow {
            let _ = self
                .0
                .event(Duration::ZERO, event.name_or_default(), event.data);
            Flow::Continue
        }
    }
    let options = ReaderOptions {
        keep_text: true,
        eof_ends: false,
        max_line_bytes: 1 << 16,
    };
    let mut reader = Reader::new(api, options);
    let mut decoder = Decoder::new(1 << 16);
    for piece in pieces {
        if api == Api::OllamaNdjson {
            let _ = reader.bytes(Duration::ZERO, piece);
        } else if decoder.push(piece, &mut Events(&mut reader)).is_err() {
            break;
        }
    }
    let reply = reader.finish(Duration::from_secs(1), StreamEnd::Eof);
    format!("{:?} {:?}", reply.outcome, reply.tokens)
}

/// Responses of HTTP/1.1 are the same however they are cut, and no more bytes come out than went in.
pub fn response(bytes: &[u8]) {
    let (stream, pieces) = pieces(bytes);
    let whole = responses([stream]);
    assert_eq!(responses(pieces), whole);
    let bodies: usize = whole.0.iter().map(|(_, body, _)| body.len()).sum();
    assert!(bodies <= stream.len());
}

type Responses = (Vec<(u16, Vec<u8>, Option<bool>)>, Option<AtEnd>);

/// The status and the body of each response, whether the connection may be used again, and what its end means. Where that is no
/// good end, only the responses that are whole: what is not HTTP is seen as soon as it is there, or when the rest is missing.
fn responses<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Responses {
    let mut parser = Parser::default();
    let mut all: Vec<(u16, Vec<u8>, Option<bool>)> = Vec::new();
    for mut input in pieces {
        loop {
            match parser.next(&mut input, false) {
                Ok(Step::More) => break,
                Ok(Step::Head(head)) => all.push((head.status, Vec::new(), None)),
                Ok(Step::Body(piece)) => {
                    if let Some((_, body, _)) = all.last_mut() {
                        body.extend_from_slice(piece);
                    }
                }
                Ok(Step::End { keep_alive }) => {
                    if let Some((_, _, kept)) = all.last_mut() {
                        *kept = Some(keep_alive);
                    }
                }
                Err(_) => return (whole(all), None),
            }
        }
    }
    match parser.at_end() {
        AtEnd::Broken => (whole(all), None),
        end => (all, Some(end)),
    }
}

fn whole(mut all: Vec<(u16, Vec<u8>, Option<bool>)>) -> Vec<(u16, Vec<u8>, Option<bool>)> {
    all.retain(|(_, _, kept)| kept.is_some());
    all
}

/// Texts of people are read or refused, and what is read and written again is the same.
pub fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(duration) = parse_duration(&text) {
        let written = format_duration(duration);
        let again = parse_duration(&written);
        assert!(
            again.is_ok_and(|again| format_duration(again) == written),
            "{written}"
        );
    }
    // A word with both kinds of quotes in it cannot be written.
    let is_writable = !(text.contains('"') && text.contains('\''));
    if let Ok(selector) = Selector::parse(&text)
        && is_writable
    {
        let written = selector.to_string();
        assert_eq!(Selector::parse(&written), Ok(selector), "{written}");
    }
    if let Ok(expression) = text.parse::<Expression>() {
        assert!(expression.source.parse() == Ok(expression));
    }
}

/// A text that has a shape is JSON.
pub fn shapes(bytes: &[u8]) {
    if json_has_shape(bytes) {
        let read = serde_json::from_slice::<serde::de::IgnoredAny>(bytes);
        assert!(read.is_ok(), "{}", String::from_utf8_lossy(bytes));
    }
}

#[cfg(test)]
#[test]
fn what_was_ever_tried_holds() {
    type Target = fn(&[u8]);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let targets: [(&str, Target); 5] = [
        ("decoder", decoder),
        ("llm", llm),
        ("response", response),
        ("texts", texts),
        ("shapes", shapes),
    ];
    for (name, target) in targets {
        let mut tried = 0;
        for folder in [
            root.join("fuzz/corpus").join(name),
            root.join("tests/data/streams"),
        ] {
            for entry in std::fs::read_dir(folder).unwrap() {
                target(&std::fs::read(entry.unwrap().path()).unwrap());
                tried += 1;
            }
        }
        target(b"");
        assert!(tried > 5, "the corpus of {name} is not there");
    }
}

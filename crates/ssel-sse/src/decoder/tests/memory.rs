//! What is borrowed, what is copied, and what is given back.

use super::super::Decoder;
use crate::{Event, Flow};

/// Pushes `chunk` and returns for each event whether its data is a part of `chunk`.
fn borrowed(decoder: &mut Decoder, chunk: &[u8]) -> Vec<bool> {
    let mut seen = Vec::new();
    let mut sink = |event: &Event<'_>| {
        seen.push(chunk.as_ptr_range().contains(&event.data.as_ptr()));
        Flow::Continue
    };
    decoder.push(chunk, &mut sink).unwrap();
    seen
}

#[test]
fn data_of_one_line_within_the_chunk_is_a_slice_of_it() {
    let mut decoder = Decoder::new(1024);
    for line_end in ["\n", "\r", "\r\n"] {
        let chunk =
            "data: a||id: 1|event: e|: c|data: b|retry: 5||data: c||".replace('|', line_end);
        assert_eq!(borrowed(&mut decoder, chunk.as_bytes()), [true, true, true]);
    }
    // Only the block that a cut runs through is copied, and only if the cut is not before its data.
    assert_eq!(borrowed(&mut decoder, b"data: a\n\ndata: b"), [true]);
    assert_eq!(
        borrowed(&mut decoder, b"\n\ndata: c\n\nid: 2\n"),
        [false, true]
    );
    assert_eq!(borrowed(&mut decoder, b"data: d\n\n"), [true]);
    assert_eq!(borrowed(&mut decoder, b"data: e\ndata: f\n\n"), [false]);
}

fn capacities(decoder: &Decoder) -> [usize; 6] {
    [
        decoder.line.capacity(),
        decoder.held.data.bytes.capacity(),
        decoder.held.name.bytes.capacity(),
        decoder.held.id.bytes.capacity(),
        decoder.held.comment.bytes.capacity(),
        decoder.last_event_id.capacity(),
    ]
}

#[test]
fn buffers_stop_growing_after_the_first_events() {
    let stream =
        "id: 12345\nevent: token\n: comment\ndata: one line\ndata: and another\n\n".repeat(100);
    let mut decoder = Decoder::new(1024);
    let mut sink = |_: &Event<'_>| Flow::Continue;
    let mut feed = |decoder: &mut Decoder| {
        for chunk in stream.as_bytes().chunks(7) {
            decoder.push(chunk, &mut sink).unwrap();
        }
    };
    feed(&mut decoder);
    let mut warm = capacities(&decoder);
    assert!(
        warm.iter().all(|capacity| (1..=256).contains(capacity)),
        "{warm:?}"
    );
    feed(&mut decoder);
    let mut later = capacities(&decoder);
    // The first two swap their buffers.
    warm[..2].sort_unstable();
    later[..2].sort_unstable();
    assert_eq!(later, warm);
}

#[test]
fn the_memory_of_a_huge_event_is_freed() {
    const HUGE: usize = 1 << 20;
    let value = "x".repeat(HUGE);
    for stream in [
        format!("data: {value}\n\n"),
        format!("data: {value}\ndata: a\n\n"),
        format!("data: a\ndata: {value}\n\n"),
        format!(": {value}\ndata: a\n\n"),
        format!("event: {value}\ndata: a\n\n"),
        format!("foo: {value}\ndata: a\n\n"),
        format!("id: {value}\nid: 1\ndata: a\n\n"),
        format!("id: {value}\n\nid: 1\ndata: a\n\n"),
    ] {
        let mut decoder = Decoder::new(2 * HUGE);
        let mut largest = 0;
        let mut lengths = Vec::new();
        for chunk in stream.as_bytes().chunks(4096) {
            let mut sink = |event: &Event<'_>| {
                lengths.push(event.data.len());
                Flow::Continue
            };
            decoder.push(chunk, &mut sink).unwrap();
            largest = largest.max(capacities(&decoder).iter().sum());
        }
        assert_eq!(lengths.len(), 1);
        assert!(largest <= 2 * stream.len() + 64 * 1024, "{largest}");
        assert!(capacities(&decoder).iter().sum::<usize>() <= 64 * 1024);
    }
}

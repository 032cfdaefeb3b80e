//! Streams recorded from real servers.

use super::record::{Item, decode, decode_at_every_cut, events};
use super::reference;
use crate::capture;

fn data(items: &[Item]) -> Vec<&str> {
    events(items).into_iter().map(|(_, data, _)| data).collect()
}

#[test]
fn every_recorded_body_gives_the_events_of_the_standard_at_every_cut() {
    let captures = capture::all();
    assert!(captures.len() >= 32);
    for capture in captures {
        let items = decode_at_every_cut(&capture.body);
        assert_eq!(items, reference::decode(&capture.body), "{}", capture.name);
        assert_eq!(
            capture.is_event_stream,
            !events(&items).is_empty(),
            "{}",
            capture.name
        );
    }
}

#[test]
fn each_kind_of_line_end_gives_the_same_events() {
    let [crlf, cr, lf] = ["uvicorn_events", "uvicorn_events_cr", "uvicorn_events_lf"]
        .map(|name| decode([&*capture::named(name).body]));
    assert_eq!(crlf, lf);
    assert_eq!(cr, lf);
    assert_eq!(
        events(&lf),
        [
            ("start", "first", "0"),
            ("message", "{\"i\": 0}", "1"),
            ("message", "{\"i\": 1}", "2"),
            ("message", "{\"i\": 2}", "3"),
            ("multi", "line one\nline two\n\nline four é 日本 🙂", "3"),
            ("emptydata", "", "3"),
            ("message", "[DONE]", "3"),
        ]
    );
    assert_eq!(lf[0], Item::Comment("hello comment".to_owned()));
}

#[test]
fn a_server_that_cuts_within_names_and_characters() {
    let items = decode([&*capture::named("node_split").body]);
    assert_eq!(data(&items), ["{\"a\":1}", "2", "3", "4", "🙂"]);
}

#[test]
fn pings_are_comments() {
    let items = decode([&*capture::named("llama_ping").body]);
    let comments = items
        .iter()
        .filter(|item| matches!(item, Item::Comment(text) if text.is_empty()));
    assert_eq!(comments.count(), 3);
}

#[test]
fn a_stream_that_ends_with_done() {
    for name in [
        "aimock_chat",
        "llama_chat",
        "vllm_chat",
        "vllm_midstream_engine_killed",
        "node_raw",
    ] {
        let items = decode([&*capture::named(name).body]);
        assert_eq!(data(&items).last(), Some(&"[DONE]"), "{name}");
    }
}

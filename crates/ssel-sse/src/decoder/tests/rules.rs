//! Single rules: ids, comments, retry, stopping.

use std::time::Duration;

use super::super::Decoder;
use super::record::{Item, Record, decode_at_every_cut, events};

fn event(id: Option<&str>, last_event_id: &str, data: &str, comment: &str) -> Item {
    Item::Event {
        id: id.map(str::to_owned),
        last_event_id: last_event_id.to_owned(),
        name: "message".to_owned(),
        data: data.to_owned(),
        comment: comment.to_owned(),
    }
}

fn comment(text: &str) -> Item {
    Item::Comment(text.to_owned())
}

#[test]
fn an_event_distinguishes_its_own_id_from_an_inherited_one() {
    assert_eq!(
        decode_at_every_cut(
            b"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: 2\nid: 3\nid: x\0\ndata: d\n\n"
        ),
        [
            event(Some("1"), "1", "a", ""),
            event(None, "1", "b", ""),
            event(Some(""), "", "c", ""),
            event(Some("3"), "3", "d", ""),
        ]
    );
}

#[test]
fn a_block_without_data_commits_its_id_and_an_open_block_does_not() {
    let mut decoder = Decoder::new(1024);
    let mut record = Record::default();
    decoder.push(b"id: 5\n", &mut record).unwrap();
    assert_eq!(
        (decoder.last_event_id(), decoder.is_cut()),
        (&b""[..], true)
    );
    decoder.push(b"\nid: 6\ndata: a\n", &mut record).unwrap();
    assert_eq!(
        (decoder.last_event_id(), decoder.is_cut()),
        (&b"5"[..], true)
    );
    decoder.push(b"\r", &mut record).unwrap();
    assert_eq!(
        (decoder.last_event_id(), decoder.is_cut()),
        (&b"6"[..], false)
    );
    assert_eq!(record.items, [event(Some("6"), "6", "a", "")]);
}

#[test]
fn a_stream_is_incomplete_if_something_would_be_lost() {
    for (stream, expected) in [
        ("", false),
        ("data: a\n\n", false),
        ("data: a\n\n: ping\n", false),
        ("data: a\n\nretry: 5\n", false),
        ("data: a\n\n: pi", true),
        ("data: a\n\ndata: b", true),
        ("data: a\n\ndata: b\n", true),
        ("data: a\n\nevent: b\n", true),
        ("data: a\n\nid: 7\r", true),
    ] {
        let mut decoder = Decoder::new(1024);
        decoder
            .push(stream.as_bytes(), &mut Record::default())
            .unwrap();
        assert_eq!(decoder.is_cut(), expected, "{stream:?}");
    }
}

#[test]
fn the_id_of_an_earlier_connection_is_inherited() {
    let mut decoder = Decoder::new(1024);
    decoder.set_last_event_id(b"41");
    assert_eq!(decoder.last_event_id(), b"41");
    let mut record = Record::default();
    decoder
        .push(b"data: a\n\nid: 42\ndata: b\n\ndata: c\n\n", &mut record)
        .unwrap();
    assert_eq!(
        record.items,
        [
            event(None, "41", "a", ""),
            event(Some("42"), "42", "b", ""),
            event(None, "42", "c", "")
        ]
    );
}

#[test]
fn a_comment_is_reported_immediately_and_the_last_one_again_with_its_event() {
    assert_eq!(
        decode_at_every_cut(b": ping\n\n:\n\n: one\n:two\ndata: a\n:  three\n\ndata: b\n\n: end\n"),
        [
            comment("ping"),
            comment(""),
            comment("one"),
            comment("two"),
            comment(" three"),
            event(None, "", "a", " three"),
            event(None, "", "b", ""),
            comment("end"),
        ]
    );
}

#[test]
fn retry_applies_at_its_line_end_with_or_without_an_event() {
    let retry = |millis| Item::Retry(Duration::from_millis(millis));
    assert_eq!(
        decode_at_every_cut(
            b"retry: 3000\n\nretry: 1s\nretry\nretry:\nretry: +1\nretry:99999999999999999999999\ndata: a\n\nretry:7\r"
        ),
        [retry(3000), retry(u64::MAX), event(None, "", "a", ""), retry(7)]
    );
}

#[test]
fn an_invalid_byte_becomes_one_replacement_character() {
    let mut stream = b"data: a\xffb\n\n".to_vec();
    stream.extend_from_slice(&b"data: good\n\n".repeat(20));
    let items = decode_at_every_cut(&stream);
    let events = events(&items);
    assert_eq!(events.len(), 21);
    assert_eq!(events[0].1, "a\u{fffd}b");
    assert!(events[1..].iter().all(|event| event.1 == "good"));
}

#[test]
fn after_stop_nothing_is_reported() {
    let stream =
        b": c\nid: 1\ndata: a\n\nid: 2\ndata: b\n\nretry: 1\n: d\nid: 3\ndata: c\n\nretry: 2\n";
    let all = decode_at_every_cut(stream);
    assert_eq!(all.len(), 7);
    // The items a sink can stop at, and the id that was last committed by then.
    for (stop_after, id) in [(1, ""), (2, "1"), (3, "2"), (5, "2"), (6, "3")] {
        for cut in 0..=stream.len() {
            let mut decoder = Decoder::new(1024);
            let mut record = Record {
                stop_after: Some(stop_after),
                ..Record::default()
            };
            let (head, tail) = stream.split_at(cut);
            decoder.push(head, &mut record).unwrap();
            decoder.push(tail, &mut record).unwrap();
            decoder.push(b"\n\ndata: more\n\n", &mut record).unwrap();
            assert_eq!(record.items, all[..stop_after]);
            assert_eq!(decoder.last_event_id(), id.as_bytes());
        }
    }
}

#[test]
fn a_function_is_a_sink() {
    let mut data = Vec::new();
    let mut sink = |event: &crate::Event<'_>| {
        data.push(event.data.to_vec());
        crate::Flow::Continue
    };
    Decoder::new(1024)
        .push(b": c\nretry: 1\ndata: a\n\n", &mut sink)
        .unwrap();
    assert_eq!(data, [b"a"]);
}

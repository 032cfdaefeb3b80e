//! Line ends × cuts, and the moment an event comes out.

use super::super::Decoder;
use super::record::{Record, decode_at_every_cut, events};

const LINE_ENDS: [&str; 3] = ["\n", "\r", "\r\n"];

#[test]
fn any_mix_of_line_ends_gives_the_same_events_at_every_cut() {
    for a in LINE_ENDS {
        for b in LINE_ENDS {
            for c in LINE_ENDS {
                // A lone CR before an LF is one line end, so that the blank line is gone.
                if (a, b) == ("\r", "\n") || (b, c) == ("\r", "\n") {
                    continue;
                }
                let stream = format!(
                    "data: 1{c}data: 2{a}{b}id: 7{c}event: e{c}data: 3{a}{b}{c}{c}: c{c}data: 4{a}{b}"
                );
                let items = decode_at_every_cut(stream.as_bytes());
                assert_eq!(
                    events(&items),
                    [
                        ("message", "1\n2", ""),
                        ("e", "3", "7"),
                        ("message", "4", "7")
                    ],
                    "{}",
                    stream.escape_debug()
                );
            }
        }
    }
}

#[test]
fn an_event_comes_out_with_the_first_byte_of_its_blank_line() {
    for (stream, complete) in [
        ("data: x\n\n", 9),
        ("data: x\r\r", 9),
        ("data: x\r\n\r\n", 10),
        ("data: x\n\r\n", 9),
        ("data: x\r\n\n", 10),
        ("data: x\r\r\n", 9),
    ] {
        let mut decoder = Decoder::new(1024);
        let mut record = Record::default();
        for (index, byte) in stream.bytes().enumerate() {
            decoder.push(&[byte], &mut record).unwrap();
            assert_eq!(
                record.items.len(),
                usize::from(index + 1 >= complete),
                "{:?} after {} bytes",
                stream,
                index + 1
            );
        }
    }
}

#[test]
fn the_lf_of_a_crlf_is_swallowed_even_after_empty_chunks() {
    let chunks: [&[u8]; 7] = [
        b"data: a\r",
        b"",
        b"\n\r",
        b"",
        b"",
        b"\n",
        b"data: b\r\n\r",
    ];
    let items = super::record::decode(chunks);
    assert_eq!(events(&items), [("message", "a", ""), ("message", "b", "")]);
}

#[test]
fn only_a_complete_leading_byte_order_mark_is_skipped() {
    for (stream, expected) in [
        (&b"\xef\xbb\xbfdata: a\n\n"[..], vec!["a"]),
        (b"\xef\xbb\xbf\n\ndata: a\n\n", vec!["a"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\ndata: b\n\n", vec!["b"]),
        (b"\xef\xbbdata: a\n\ndata: b\n\n", vec!["b"]),
        (b"\xefdata: a\n\ndata: b\n\n", vec!["b"]),
        (b"\xef\xbb\ndata: a\n\n", vec!["a"]),
        (b"\xef\xef\xbb\xbfdata: a\n\n", vec![]),
        (b"\n\xef\xbb\xbfdata: a\n\n", vec![]),
        (b"data: \xef\xbb\xbfa\n\n", vec!["\u{feff}a"]),
        (b"\xef\xbb\xbf", vec![]),
    ] {
        let items = decode_at_every_cut(stream);
        let data: Vec<&str> = events(&items)
            .into_iter()
            .map(|(_, data, _)| data)
            .collect();
        assert_eq!(data, expected, "{}", stream.escape_ascii());
    }
}

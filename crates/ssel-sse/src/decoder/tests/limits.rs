//! The bound on a block.

use proptest::prelude::*;

use super::super::{Decoder, TooLarge};
use super::oracle::{cuts, stream};
use super::record::{Record, cut, decode_limited};

/// The size of the largest block, closed or not: from its first byte to the end of its last line, which need not be complete.
fn largest_block(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let (mut largest, mut start, mut at) = (0, 0, 0);
    while at < bytes.len() {
        let end = bytes[at..]
            .iter()
            .position(|b| b"\r\n".contains(b))
            .map_or(bytes.len(), |n| at + n);
        let next = end
            + if bytes[end..].starts_with(b"\r\n") {
                2
            } else {
                1
            };
        if end == at {
            start = next;
        } else {
            largest = largest.max(end - start);
        }
        at = next;
    }
    largest
}

proptest! {
    #[test]
    fn a_stream_fails_if_a_block_exceeds_the_limit_and_the_cuts_do_not_matter(
        stream in stream(), cuts in cuts(), limit in 0..80_usize
    ) {
        let whole = decode_limited(limit, [&*stream]);
        prop_assert_eq!(&decode_limited(limit, cut(&stream, &cuts)), &whole);
        prop_assert_eq!(&decode_limited(limit, stream.chunks(1)), &whole);
        prop_assert_eq!(whole.end.is_err(), largest_block(&stream) > limit);
        // Events before the failure are reported as usual.
        let unlimited = decode_limited(usize::MAX, [&*stream]);
        prop_assert!(unlimited.items.starts_with(&whole.items));
        if whole.end.is_ok() {
            prop_assert_eq!(unlimited.items, whole.items);
        }
    }
}

#[test]
fn a_cut_anywhere_changes_no_byte_of_the_count() {
    for stream in [
        &b": c\r\nid: 1\r\ndata: a\r\n\r\ndata: b\r\n\r\n"[..],
        b": c\rid: 1\rdata: a\r\rdata: b\r\r",
        b"\xef\xbb\xbfdata: a\n\n\n\n: c\ndata: bcd",
        b"\xef\xbbdata: a\r\n\n",
    ] {
        let largest = largest_block(stream);
        for limit in 0..largest + 2 {
            let whole = decode_limited(limit, [stream]);
            assert_eq!(
                whole.end.is_err(),
                largest > limit,
                "{limit}: {}",
                stream.escape_ascii()
            );
            assert_eq!(
                decode_limited(limit, stream.chunks(1)),
                whole,
                "{limit}: {}",
                stream.escape_ascii()
            );
            for at in 0..=stream.len() {
                assert_eq!(
                    decode_limited(limit, cut(stream, &[at])),
                    whole,
                    "{limit}, {at}"
                );
            }
        }
    }
}

#[test]
fn a_block_of_the_limit_passes_and_one_byte_more_fails() {
    let block = b"id: 1\r\ndata: abc\r\n\r\n";
    let size = b"id: 1\r\ndata: abc".len();
    let decode = |limit| decode_limited(limit, [&block[..], &block[..]]);
    let outcome = decode(size);
    assert_eq!((outcome.items.len(), outcome.end), (2, Ok(())));
    let outcome = decode(size - 1);
    assert_eq!(
        (outcome.items.len(), outcome.end),
        (0, Err(TooLarge { limit: size - 1 }))
    );
}

#[test]
fn no_field_is_buffered_beyond_the_limit() {
    const LIMIT: usize = 100_000;
    for endless in [
        "x",
        "data",
        ":",
        "data: a\ndata",
        "data\n",
        ": ping\n",
        "id: 12345\n",
        "event:e\n",
        "foo\n",
    ] {
        let chunk = endless.repeat(1 + 4096 / endless.len());
        let mut decoder = Decoder::new(LIMIT);
        let mut record = Record::default();
        let mut pushed = 0;
        while decoder.push(chunk.as_bytes(), &mut record).is_ok() {
            pushed += chunk.len();
            assert!(pushed <= LIMIT + 1, "{endless:?}");
        }
        assert!(pushed + chunk.len() >= LIMIT, "{endless:?}");
        assert!(
            !record
                .items
                .iter()
                .any(|item| matches!(item, super::record::Item::Event { .. }))
        );
        assert_eq!(
            decoder.push(b"\n\ndata: a\n\n", &mut record),
            Err(TooLarge { limit: LIMIT })
        );
    }
}

#[test]
fn blank_lines_and_small_blocks_do_not_accumulate() {
    let chunk = "\n\r\n\r: ping\n\ndata: a\n\nid: 1\n\n".repeat(100);
    let outcome = decode_limited(7, std::iter::repeat_n(chunk.as_bytes(), 50));
    assert_eq!(outcome.end, Ok(()));
    assert_eq!(outcome.items.len(), 2 * 100 * 50);
}

#[test]
fn the_error_names_the_limit_and_a_remedy() {
    let error = TooLarge { limit: 16 };
    assert_eq!(
        error.to_string(),
        "an event of more than 16 bytes: raise the limit if the server sends such events"
    );
    assert_eq!(error.kind(), "event_too_large");
}

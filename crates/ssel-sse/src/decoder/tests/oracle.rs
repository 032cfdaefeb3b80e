//! Arbitrary bytes, arbitrarily cut, against the reference.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Decoder;
use super::record::{Record, cut, decode, decode_limited};
use super::reference;

/// Streams biased to what matters: whole fields, pieces of them, line ends, marks, and any byte.
pub(super) fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "data: a", "data:b", "data: ", "data", "data:  c", "data : d", "datax: e", "Data: f",
            "id: 1", "id:2", "id", "id: 3\0", "event: e", "event", "event:", ": ping", ":", ": a: b",
            "retry: 10", "retry", "retry: x", "retry: 99999999999999999999", "foo: bar", "foo", " data: g",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        10 => prop::sample::select(vec!["\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r"])
            .prop_map(|text| text.as_bytes().to_vec()),
        2 => prop::sample::select(vec![
            &b"\xef\xbb\xbf"[..], b"\xef\xbb", b"\xff", b"\xc3\xa9", b"\xf0\x9f\x99\x82", b"\xf0\x9f", b"\xed\xa0\x80", b"\0",
        ])
        .prop_map(<[u8]>::to_vec),
        2 => prop::sample::select(b"dataeventidretry: \r\n0123\0\xef\xbb\xbf".to_vec()).prop_map(|byte| vec![byte]),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    (
        prop::option::weighted(0.2, Just(b"\xef\xbb\xbf".to_vec())),
        vec(piece, 0..40),
    )
        .prop_map(|(mark, pieces)| mark.into_iter().chain(pieces).flatten().collect())
}

/// The positions of cuts; see [`cut`].
pub(super) fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(any::<usize>(), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn events_match_the_standard_at_every_cut(stream in stream(), cuts in cuts()) {
        let expected = reference::decode(&stream);
        prop_assert_eq!(&decode([&*stream]), &expected);
        prop_assert_eq!(&decode(cut(&stream, &cuts)), &expected);
    }

    #[test]
    fn events_are_emitted_as_early_as_their_bytes_allow(stream in stream()) {
        let mut decoder = Decoder::new(usize::MAX);
        let mut record = Record::default();
        for (index, byte) in stream.iter().enumerate() {
            prop_assert_eq!(decoder.push(&[*byte], &mut record), Ok(()));
            prop_assert_eq!(&record.items, &reference::decode(&stream[..=index]));
        }
    }

    #[test]
    fn random_bytes_match_the_standard(stream in vec(any::<u8>(), 0..200), cuts in cuts()) {
        let expected = reference::decode(&stream);
        let outcome = decode_limited(usize::MAX, cut(&stream, &cuts));
        prop_assert_eq!(outcome.items, expected);
    }
}

//! Against the crate eventsource-stream, where it follows the standard: UTF-8, no byte order mark, no lone CR, data in every
//! block, every stream complete.

use std::convert::Infallible;

use eventsource_stream::Eventsource;
use futures_util::{FutureExt, StreamExt, stream};
use proptest::collection::vec;
use proptest::prelude::*;

use super::record::{cut, decode, events};

/// Lines of one block; `data` is among them.
fn block() -> impl Strategy<Value = Vec<String>> {
    let value = "[a-z:é🙂 {}\"]{0,12}";
    let line = prop_oneof![
        value.prop_map(|v| format!("data: {v}")),
        value.prop_map(|v| format!("data:{v}")),
        value.prop_map(|v| format!(": {v}")),
        "[a-z]{1,8}".prop_map(|v| format!("event: {v}")),
        "[0-9a-f]{0,8}".prop_map(|v| format!("id: {v}")),
        "[0-9]{1,6}".prop_map(|v| format!("retry: {v}")),
        "[a-z]{1,3}: x".prop_filter("a field of its own", |v| !v.starts_with("id:")),
    ];
    (vec(line.clone(), 0..4), vec(line, 0..4), value).prop_map(|(mut before, after, data)| {
        before.push(format!("data: +{data}"));
        before.extend(after);
        before
    })
}

fn rival(chunks: Vec<&[u8]>) -> Vec<(String, String, String)> {
    stream::iter(chunks.into_iter().map(Ok::<_, Infallible>))
        .eventsource()
        .map(|event| event.map(|e| (e.event, e.data, e.id)).unwrap())
        .collect()
        .now_or_never()
        .unwrap()
}

proptest! {
    #[test]
    fn both_decoders_give_the_same_events(
        blocks in vec(block(), 1..6),
        line_end in prop::sample::select(vec!["\n", "\r\n"]),
        cuts in vec(any::<usize>(), 0..6),
    ) {
        let mut stream = String::new();
        for line in blocks.iter().flat_map(|block| block.iter().map(String::as_str).chain([""])) {
            stream.push_str(line);
            stream.push_str(line_end);
        }
        let chunks = cut(stream.as_bytes(), &cuts);
        let items = decode(chunks.iter().copied());
        let theirs = rival(chunks);
        let theirs: Vec<_> = theirs.iter().map(|(t, d, i)| (&**t, &**d, &**i)).collect();
        prop_assert_eq!(theirs.len(), blocks.len());
        prop_assert_eq!(events(&items), theirs);
    }
}

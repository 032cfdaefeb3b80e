//! Hand-made streams with the events the standard gives for them, `tests/data/sse/vectors.json`.

use serde::Deserialize;

use super::record::{cut, decode, decode_at_every_cut, events};
use super::reference;

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    /// One character per byte.
    input: String,
    events: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Expected {
    r#type: String,
    data: String,
    last_event_id: String,
}

#[test]
fn every_vector_gives_its_events_at_every_cut() {
    let vectors: Vectors =
        serde_json::from_str(include_str!("../../../../../tests/data/sse/vectors.json")).unwrap();
    assert!(vectors.cases.len() >= 36);
    for case in vectors.cases {
        let input: Vec<u8> = case
            .input
            .chars()
            .map(|c| u8::try_from(c).unwrap())
            .collect();
        let expected: Vec<_> = case
            .events
            .iter()
            .map(|e| (&*e.r#type, &*e.data, &*e.last_event_id))
            .collect();
        let items = decode_at_every_cut(&input);
        assert_eq!(events(&items), expected, "{}", case.name);
        for first in 0..=input.len() {
            for second in first..=input.len() {
                assert_eq!(
                    decode(cut(&input, &[first, second])),
                    items,
                    "{}: {first}, {second}",
                    case.name
                );
            }
        }
        assert_eq!(
            reference::decode(&input),
            items,
            "{}: the reference",
            case.name
        );
    }
}

use super::*;
use crate::http::tests::support::*;
use crate::sse::{Decoder, Event, Flow};

/// A body with events of every form: one line, several lines, CRLF and CR, comments, IDs.
const BODY: &str = "\u{feff}: hi\nid: 1\ndata: a\n\ndata: b1\r\ndata: b2\r\n\r\nevent: c\rdata: c\r\r: é\ndata: d\n\ndata: never";

fn events_of(bytes: &[u8]) -> u64 {
    decoded(bytes).0
}

/// The events, and whether the bytes end within another one.
fn decoded(bytes: &[u8]) -> (u64, bool) {
    let mut events = 0;
    let mut count = |_: &Event<'_>| {
        events += 1;
        Flow::Continue
    };
    let mut decoder = Decoder::new(1 << 20);
    decoder.push(bytes, &mut count).unwrap();
    (events, decoder.is_cut())
}

/// Serves `head` and the first `cut` bytes of `wire` for the request of the path `/cut`, then closes.
async fn cutting(head: &'static str, wire: Vec<u8>) -> Server {
    let wire: std::rc::Rc<[u8]> = wire.into();
    Server::start(move |mut peer, _| {
        let wire = wire.clone();
        async move {
            let request = peer.request().await.unwrap();
            let cut: usize = request.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
            peer.send([head.as_bytes(), &wire[..cut]].concat()).await;
        }
    })
    .await
}

#[test]
fn a_stream_of_known_length_is_truncated_by_every_cut() {
    run(async {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: LENGTH\r\n\r\n"
                .replace("LENGTH", &BODY.len().to_string());
        let server = cutting(head.leak(), BODY.into()).await;
        let client = client();
        for cut in 0..=BODY.len() {
            let request = server.get(&format!("/{cut}"));
            let (ear, outcome) = whole(&client, request, StreamOptions::default()).await;
            assert_eq!(
                outcome.events,
                events_of(&BODY.as_bytes()[..cut]),
                "cut at {cut}"
            );
            assert_eq!(ear.events.len() as u64, outcome.events);
            let expected = (cut < BODY.len()).then_some("truncated");
            assert_eq!(kind(&outcome), expected, "cut at {cut}");
        }
    });
}

#[test]
fn a_chunked_stream_is_truncated_by_every_cut() {
    run(async {
        // Chunks of 1, 2, 3, … bytes, so that cuts occur everywhere in framing and events.
        let (mut wire, mut plain, mut rest) = (Vec::new(), vec![0], BODY.as_bytes());
        let mut size = 1;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(size.min(rest.len()));
            let frame = [format!("{:x}\r\n", now.len()).as_bytes(), now, b"\r\n"].concat();
            // The length of the body after each byte of the frame.
            let before = plain[plain.len() - 1];
            let head = frame.len() - now.len() - 2;
            plain.extend(
                (1..=frame.len()).map(|at| before + at.saturating_sub(head).min(now.len())),
            );
            wire.extend(frame);
            rest = later;
            size += 1;
        }
        let whole_body = plain[plain.len() - 1];
        wire.extend(END.as_bytes());
        plain.extend([whole_body; END.len()]);
        assert_eq!((whole_body, plain.len()), (BODY.len(), wire.len() + 1));
        let server = cutting(STREAM, wire.clone()).await;
        let client = client();
        for (cut, &arrived) in plain.iter().enumerate() {
            let request = server.get(&format!("/{cut}"));
            let (_, outcome) = whole(&client, request, StreamOptions::default()).await;
            let expected = events_of(&BODY.as_bytes()[..arrived]);
            assert_eq!(outcome.events, expected, "cut at {cut}");
            let expected = (cut < wire.len()).then_some("truncated");
            assert_eq!(kind(&outcome), expected, "cut at {cut}");
        }
    });
}

#[test]
fn a_stream_without_a_declared_end_is_truncated_where_it_ends_within_an_event() {
    run(async {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        let server = cutting(head, BODY.into()).await;
        let client = client();
        for cut in 0..=BODY.len() {
            let request = server.get(&format!("/{cut}"));
            let (_, outcome) = whole(&client, request, StreamOptions::default()).await;
            let (events, is_cut) = decoded(&BODY.as_bytes()[..cut]);
            assert_eq!(
                (outcome.events, kind(&outcome)),
                (events, is_cut.then_some("truncated")),
                "cut at {cut}"
            );
        }
    });
}

#[test]
fn a_stream_in_single_bytes_is_the_same_stream() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            peer.request().await;
            peer.send(STREAM).await;
            for byte in BODY.as_bytes() {
                peer.send([b"1\r\n", &[*byte][..], b"\r\n"].concat()).await;
                tokio::task::yield_now().await;
            }
            peer.send(END).await;
        })
        .await;
        let (ear, outcome) = listen(server.get("/"), StreamOptions::default()).await;
        assert_eq!(ear.events, ["a", "b1\nb2", "c", "d"]);
        assert_eq!(ear.comments, ["hi", "é"]);
        assert_eq!(outcome.last_event_id, b"1");
    });
}

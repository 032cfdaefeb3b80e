use super::*;
use crate::http::StreamOptions;
use crate::http::event_stream::Reconnect;
use crate::http::tests::support::*;

/// Answers the n-th request with the n-th of these responses and closes the connection.
async fn in_turn(answers: &[&str]) -> Server {
    let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
    Server::start(move |mut peer, number| {
        let answer = answers.get(number).cloned();
        async move {
            if peer.request().await.is_some() {
                peer.send(answer.unwrap_or_else(|| GONE.to_owned())).await;
            }
        }
    })
    .await
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
const GONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

fn reconnecting(max: Option<u32>) -> StreamOptions {
    StreamOptions {
        reconnect: Some(Reconnect { max }),
        ..StreamOptions::default()
    }
}

fn ids_sent(server: &Server) -> Vec<Option<String>> {
    let id = |request: &String| {
        let line = request
            .lines()
            .find_map(|line| line.strip_prefix("last-event-id: "));
        line.map(str::to_owned)
    };
    server.requests().iter().map(id).collect()
}

#[test]
fn a_stream_continues_after_its_last_event_until_status_204() {
    run(async {
        let server = in_turn(&[
            &format!("{HEAD}retry: 1\nid: …\ndata: 1\n\nid: never\ndata: lost"),
            &format!("{HEAD}data: 2\n\n"),
            &format!("{HEAD}id\ndata: 3\n\n"),
            &format!("{HEAD}data: 4\n\n"),
        ])
        .await;
        let (heard, outcome) = listen(server.get("/"), reconnecting(None)).await;
        assert_eq!(heard.events, ["1", "2", "3", "4"]);
        // The ID of an unfinished event does not count, and an empty one is not sent.
        assert_eq!(
            ids_sent(&server),
            [None, Some("…".into()), Some("…".into()), None, None]
        );
        assert_eq!(
            (kind(&outcome), outcome.sse_reconnects, outcome.reconnects),
            (None, 4, 0)
        );
        // The first connection ended within an event.
        let pause = Some(Duration::from_millis(1));
        let mut expected = [(None, pause); 5];
        expected[0].0 = Some("truncated");
        expected[4].1 = None;
        assert_eq!(heard.attempts, expected);
        assert_eq!(outcome.bytes_sent, server.seen.read.get());
        assert_eq!(outcome.bytes_received, server.seen.wrote.get());
    });
}

#[test]
fn a_stream_does_not_reconnect_by_default() {
    run(async {
        let server = in_turn(&[&format!("{HEAD}retry: 1\ndata: 1\n\n")]).await;
        let (_, outcome) = listen(server.get("/"), StreamOptions::default()).await;
        assert_eq!((kind(&outcome), outcome.sse_reconnects), (None, 0));
        assert_eq!(server.requests().len(), 1);
    });
}

#[test]
fn a_broken_stream_reconnects() {
    run(async {
        let broken =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 100\r\n\r\n";
        let server = in_turn(&[
            &format!("{broken}retry: 1\nid: 7\ndata: 1\n\n"),
            "HTTP/1.1 2",
            &format!("{HEAD}data: 2\n\n"),
        ])
        .await;
        let (heard, outcome) = listen(server.get("/"), reconnecting(None)).await;
        assert_eq!(heard.events, ["1", "2"]);
        assert_eq!(
            ids_sent(&server)[1..],
            [Some("7".into()), Some("7".into()), Some("7".into())]
        );
        let kinds: Vec<_> = heard.attempts.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Some("truncated"), Some("reset"), None, None]);
        // After an attempt without a stream, the pause is longer.
        assert_eq!(heard.attempts[1].1, Some(Duration::from_millis(100)));
        assert_eq!(kind(&outcome), None);
    });
}

#[test]
fn a_response_of_another_type_ends_the_stream() {
    run(async {
        let first = format!("{HEAD}retry: 1\ndata: 1\n\n");
        for (answer, expected) in [
            ("HTTP/1.1 404 No\r\n\r\n", "status"),
            (
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n",
                "content_type",
            ),
            ("HTTP/1.1 302 Found\r\n\r\n", "redirect"),
        ] {
            let server = in_turn(&[&first, answer]).await;
            let (_, outcome) = listen(server.get("/"), reconnecting(None)).await;
            assert_eq!((kind(&outcome), outcome.events), (Some(expected), 1));
            assert_eq!(server.requests().len(), 2);
        }
        // A first response of 204 is an error: there was no stream to end.
        let server = in_turn(&[]).await;
        let (_, outcome) = listen(server.get("/"), reconnecting(None)).await;
        assert_eq!(kind(&outcome), Some("status"));
    });
}

#[test]
fn reconnects_are_limited_in_number() {
    run(async {
        let again = format!("{HEAD}retry: 1\ndata: x\n\n");
        for max in 0..3_u32 {
            let server = in_turn(&[&again, &again, &again, &again]).await;
            let (heard, outcome) = listen(server.get("/"), reconnecting(Some(max))).await;
            assert_eq!(
                (heard.events.len(), outcome.sse_reconnects),
                (max as usize + 1, max)
            );
            assert_eq!(kind(&outcome), None);
        }
        // The last failure is that of the stream.
        let server = in_turn(&[&again, ""]).await;
        let (_, outcome) = listen(server.get("/"), reconnecting(Some(1))).await;
        assert_eq!((kind(&outcome), outcome.events), (Some("reset"), 1));
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn limits_on_the_whole_stream_span_all_connections() {
    run(async {
        let again = format!("{HEAD}retry: 1\ndata: x\n\n");
        let server = in_turn(&[&again, &again, &again, &again]).await;
        let options = StreamOptions {
            max_events: Some(3),
            ..reconnecting(None)
        };
        let (heard, outcome) = listen(server.get("/"), options).await;
        assert_eq!((heard.events.len(), kind(&outcome)), (3, None));

        let pausing = format!("{HEAD}retry: 100000\ndata: x\n\n");
        let limit = Some(Duration::from_millis(30));
        let server = in_turn(&[&pausing]).await;
        let options = StreamOptions {
            max_duration: limit,
            ..reconnecting(None)
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!((kind(&outcome), outcome.events), (None, 1));
        let server = in_turn(&[&pausing]).await;
        let options = StreamOptions {
            timeout: limit,
            ..reconnecting(None)
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!((kind(&outcome), outcome.events), (Some("timeout"), 1));
    });
}

#[test]
fn an_idle_stream_reconnects() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            peer.request().await;
            if number == 0 {
                peer.send(format!("{HEAD}retry: 1\ndata: 1\n\n")).await;
                peer.gone().await;
            } else {
                peer.send(GONE).await;
            }
        })
        .await;
        let idle = Some(Duration::from_millis(40));
        let options = StreamOptions {
            idle_timeout: idle,
            ..reconnecting(None)
        };
        let (heard, outcome) = listen(server.get("/"), options).await;
        assert_eq!(
            heard.attempts,
            [
                (Some("timeout"), Some(Duration::from_millis(1))),
                (None, None)
            ]
        );
        assert_eq!((kind(&outcome), outcome.events), (None, 1));
    });
}

#[test]
fn a_stream_may_start_with_an_id_and_resends_its_body() {
    run(async {
        let server = in_turn(&[
            &format!("{HEAD}retry: 1\ndata: 1\n\n"),
            &format!("{HEAD}id: 9\ndata: 2\n\n"),
        ])
        .await;
        let mut request = server.get("/");
        request.method = http::Method::POST;
        request.body = "ask".into();
        request.header("last-event-id", "5").unwrap();
        let (_, outcome) = listen(request, reconnecting(None)).await;
        assert_eq!(
            ids_sent(&server),
            [Some("5".into()), Some("5".into()), Some("9".into())]
        );
        assert_eq!(outcome.last_event_id, b"9");
        assert!(
            server
                .requests()
                .iter()
                .all(|request| request.ends_with("ask"))
        );
    });
}

#[test]
fn a_cancelled_call_loses_no_reconnect() {
    run(async {
        let server = in_turn(&[
            &format!("{HEAD}retry: 20\ndata: 1\n\n"),
            &format!("{HEAD}data: 2\n\n"),
        ])
        .await;
        let mut heard = Heard::default();
        let options = reconnecting(Some(1));
        let mut stream = EventStream::open(&client(), server.get("/"), options, &mut heard).await;
        while stream.is_open() {
            let _ = tokio::time::timeout(Duration::from_millis(1), stream.next(&mut heard)).await;
        }
        assert_eq!(heard.events, ["1", "2"]);
        assert_eq!((server.requests().len(), kind(stream.outcome())), (2, None));
    });
}

#[test]
fn attempts_without_a_response_are_reported() {
    run(async {
        let (listener, request) = {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            (
                listener,
                Request::get(&format!("http://{address}/")).unwrap(),
            )
        };
        drop(listener);
        let (heard, outcome) = listen(request, reconnecting(Some(0))).await;
        assert_eq!(heard.attempts, [(Some("connect"), None)]);
        assert_eq!(kind(&outcome), Some("connect"));

        // A server that finally answers: earlier attempts were reported during opening.
        let server = in_turn(&["HTTP/1.1 2", &format!("{HEAD}data: 1\n\n")]).await;
        let mut heard = Heard::default();
        let options = StreamOptions {
            max_duration: Some(Duration::from_secs(20)),
            ..reconnecting(Some(1))
        };
        let mut stream = EventStream::open(&client(), server.get("/"), options, &mut heard).await;
        assert_eq!(
            heard.attempts,
            [(Some("reset"), Some(Duration::from_secs(3)))]
        );
        let outcome = heard.listen(&mut stream).await;
        assert_eq!((kind(&outcome), outcome.events), (None, 1));
        assert_eq!(heard.attempts[1..], [(None, None)]);
    });
}

#[test]
fn a_stream_closed_before_its_response_is_interrupted() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            peer.request().await;
            peer.gone().await;
        })
        .await;
        let mut heard = Heard::default();
        let mut stream = EventStream::new(&client(), server.get("/"), StreamOptions::default());
        while server.requests().is_empty() {
            let next = stream.next(&mut heard);
            let _ = tokio::time::timeout(Duration::from_millis(1), next).await;
        }
        stream.close(&mut heard);
        assert_eq!(heard.attempts, [(Some("interrupted"), None)]);
        assert_eq!(kind(stream.outcome()), Some("interrupted"));
    });
}

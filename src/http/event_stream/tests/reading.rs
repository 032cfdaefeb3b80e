use super::*;
use crate::http::tests::support::*;

fn stream(body: &str) -> String {
    format!("{STREAM}{}{END}", chunk(body))
}

#[test]
fn events_and_comments_arrive_in_order_with_their_times() {
    run(async {
        let server = Server::answering(format!(
            "{STREAM}{}{}{}{END}",
            chunk("data: one\n\n: note\ndata: t"),
            chunk("wo\n\n"),
            chunk("data: unfinished")
        ))
        .await;
        let client = client();
        let (heard, outcome) = whole(&client, server.get("/"), StreamOptions::default()).await;
        assert_eq!(heard.events, ["one", "two"]);
        assert_eq!(heard.comments, ["note"]);
        assert_eq!(
            (outcome.events, outcome.comments, kind(&outcome)),
            (2, 1, None)
        );
        let timings = outcome.timings;
        assert_eq!(timings.first_event, Some(heard.times[0]));
        assert!(heard.times[0] <= heard.times[1] && heard.times[1] <= timings.duration);
        assert!(timings.phases.waiting + timings.phases.connecting <= heard.times[0]);
        assert!(
            timings.phases.sending + timings.phases.waiting + timings.receiving <= timings.duration
        );
        assert_eq!(outcome.bytes_received, server.seen.wrote.get());
        assert_eq!(outcome.bytes_sent, server.seen.read.get());
        assert_eq!(outcome.body_bytes, 45);
        // The stream was read to its end, so its connection serves the next one.
        let (_, outcome) = whole(&client, server.get("/"), StreamOptions::default()).await;
        assert!(outcome.reused);
        assert_eq!(server.seen.connections.get(), 1);
    });
}

#[test]
fn a_stream_says_what_it_is() {
    run(async {
        let server = Server::answering(stream("")).await;
        listen(server.get("/"), StreamOptions::default()).await;
        let mut request = server.get("/");
        request.header("accept", "mine").unwrap();
        request.header("cache-control", "max-age=0").unwrap();
        listen(request, StreamOptions::default()).await;
        let [first, second] = &server.requests()[..] else {
            panic!("two requests")
        };
        for line in [
            "accept: text/event-stream\r\n",
            "cache-control: no-store\r\n",
            "user-agent: ssel/",
        ] {
            assert!(first.contains(line), "{first}");
        }
        assert!(!first.contains("last-event-id"));
        assert!(
            second.contains("accept: mine\r\n") && second.contains("cache-control: max-age=0\r\n")
        );
        assert!(!second.contains("no-store"));
    });
}

#[test]
fn only_200_opens_a_stream() {
    run(async {
        for (line, message) in [
            ("204 No Content", "HTTP 204 No Content"),
            ("205 Reset Content", "HTTP 205 Reset Content"),
            ("299 Odd", "HTTP 299 Odd"),
            ("404 Not Found", "HTTP 404 Not Found"),
            ("429 Too Many Requests", "HTTP 429 Too Many Requests"),
            ("503 ", "HTTP 503 Service Unavailable"),
            ("599 ", "HTTP 599"),
        ] {
            let body = if line.starts_with("204") {
                ""
            } else {
                "{\"error\":1}"
            };
            let length = if body.is_empty() {
                String::new()
            } else {
                format!("content-length: {}\r\n", body.len())
            };
            let server = Server::answering(format!(
                "HTTP/1.1 {line}\r\ncontent-type: text/event-stream\r\n{length}\r\n{body}"
            ))
            .await;
            let client = client();
            for number in 0..2 {
                let stream = EventStream::open(
                    &client,
                    server.get("/"),
                    StreamOptions::default(),
                    &mut Heard::default(),
                )
                .await;
                assert!(!stream.is_open());
                let outcome = stream.outcome();
                assert_eq!(kind(outcome), Some("status"));
                assert_eq!(stream.error().unwrap().message, message);
                assert_eq!(stream.head().unwrap().status.as_str(), &line[..3]);
                assert_eq!(outcome.body.as_ref().unwrap(), body);
                // A short body is read, and the connection is kept.
                assert_eq!(outcome.reused, number > 0);
            }
        }
    });
}

#[test]
fn parameters_of_the_content_type_are_ignored() {
    run(async {
        for (value, opens) in [
            ("text/event-stream", true),
            ("TEXT/Event-Stream; charset=utf-8", true),
            ("text/event-stream;", true),
            ("text/event-stream ;charset=x-bogus", true),
            ("text/event-stream x", false),
            ("text/event-streams", false),
            ("application/json", false),
            ("", false),
        ] {
            let server = Server::answering(format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {value}\r\ncontent-length: 9\r\n\r\ndata: x\n\n"
            ))
            .await;
            let (heard, outcome) = listen(server.get("/"), StreamOptions::default()).await;
            assert_eq!(heard.events.len(), usize::from(opens), "{value:?}");
            assert_eq!(
                kind(&outcome),
                (!opens).then_some("content_type"),
                "{value:?}"
            );
            assert_eq!(outcome.body.is_some(), !opens);
        }
        let server = Server::answering(ok("plain")).await;
        let (_, outcome) = listen(server.get("/"), StreamOptions::default()).await;
        assert_eq!(kind(&outcome), Some("content_type"));
        assert_eq!(outcome.body.unwrap(), "plain");
    });
}

#[test]
fn a_long_body_of_another_type_is_kept_in_part() {
    run(async {
        let server =
            Server::answering_once(format!("HTTP/1.1 500 No\r\n\r\n{}", "x".repeat(200_000))).await;
        let options = StreamOptions {
            max_body_bytes: 1000,
            ..StreamOptions::default()
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!(outcome.body.unwrap(), "x".repeat(1000));
        assert_eq!(outcome.error.unwrap().message, "HTTP 500 No");
    });
}

#[test]
fn a_failed_request_is_a_value() {
    run(async {
        let server = Server::answering_once("").await;
        let (_, outcome) = listen(server.get("/"), StreamOptions::default()).await;
        assert_eq!(kind(&outcome), Some("reset"));
        assert!(outcome.bytes_sent > 0);
        assert!(outcome.timings.duration >= outcome.timings.phases.connecting);
    });
}

#[test]
fn a_stale_connection_is_not_a_failure_of_the_stream() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            peer.request().await;
            peer.send(stream("data: x\n\n")).await;
            if number == 0 {
                leave_unread(&peer.stream).await;
            }
        })
        .await;
        let client = client();
        whole(&client, server.get("/"), StreamOptions::default()).await;
        let (heard, outcome) = whole(&client, server.get("/"), StreamOptions::default()).await;
        assert_eq!((heard.events.len(), kind(&outcome)), (1, None));
        assert_eq!((outcome.reconnects, outcome.sse_reconnects), (1, 0));
    });
}

#[test]
fn a_sink_that_stops_receives_no_more_events() {
    run(async {
        let server = Server::answering(stream("data: 1\n\ndata: 2\n\ndata: 3\n\n")).await;
        let mut stream = EventStream::open(
            &client(),
            server.get("/"),
            StreamOptions::default(),
            &mut Heard::default(),
        )
        .await;
        let mut heard = Heard {
            enough: Some(2),
            ..Heard::default()
        };
        let outcome = heard.listen(&mut stream).await;
        assert_eq!(heard.events, ["1", "2"]);
        assert_eq!((outcome.events, kind(&outcome)), (2, None));
    });
}

/// A server that sends one event and reports when the client has disconnected.
async fn endless() -> (Server, tokio::sync::oneshot::Receiver<()>) {
    let (report, gone) = tokio::sync::oneshot::channel();
    let report = std::rc::Rc::new(std::cell::Cell::new(Some(report)));
    let server = Server::start(move |mut peer, _| {
        let report = report.clone();
        async move {
            peer.request().await;
            peer.send(format!("{STREAM}{}", chunk("data: x\n\n"))).await;
            peer.gone().await;
            report.take().unwrap().send(()).unwrap();
        }
    })
    .await;
    (server, gone)
}

#[test]
fn a_closed_or_dropped_stream_closes_its_connection_immediately() {
    run(async {
        for close in [false, true] {
            let (server, gone) = endless().await;
            let client = client();
            let mut stream = EventStream::open(
                &client,
                server.get("/"),
                StreamOptions::default(),
                &mut Heard::default(),
            )
            .await;
            let mut heard = Heard::default();
            assert!(stream.next(&mut heard).await);
            if close {
                stream.close(&mut heard);
                gone.await.unwrap();
                let outcome = stream.finish(&mut heard);
                assert_eq!((outcome.events, kind(&outcome)), (1, None));
                assert!(!stream.next(&mut heard).await);
            } else {
                drop(stream);
                gone.await.unwrap();
            }
            assert_eq!(heard.events, ["x"]);
        }
    });
}

#[test]
fn bytes_are_counted_while_the_stream_is_open() {
    run(async {
        let (server, _gone) = endless().await;
        let mut stream = EventStream::open(
            &client(),
            server.get("/"),
            StreamOptions::default(),
            &mut Heard::default(),
        )
        .await;
        while stream.outcome().events == 0 {
            assert!(stream.next(&mut Heard::default()).await);
        }
        assert_eq!(stream.outcome().bytes_received, server.seen.wrote.get());
        assert_eq!(stream.outcome().bytes_sent, server.seen.read.get());
    });
}

/// A stream of two events, compressed, in the two parts that a server sends: each ends where the encoder was flushed.
fn two_parts(encoding: &str) -> [Vec<u8>; 2] {
    use std::io::Write;
    fn parts<W: Write>(
        mut encoder: W,
        so_far: fn(&W) -> &Vec<u8>,
        finish: fn(W) -> std::io::Result<Vec<u8>>,
    ) -> [Vec<u8>; 2] {
        encoder.write_all(b"data: one\n\n").unwrap();
        encoder.flush().unwrap();
        let first = so_far(&encoder).clone();
        encoder.write_all(b"data: two\n\n").unwrap();
        let rest = finish(encoder).unwrap()[first.len()..].to_vec();
        [first, rest]
    }
    if encoding == "zstd" {
        let encoder = zstd::Encoder::new(Vec::new(), 0).unwrap();
        parts(encoder, |e| e.get_ref(), zstd::Encoder::finish)
    } else {
        use flate2::write::GzEncoder;
        let encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        parts(encoder, GzEncoder::get_ref, GzEncoder::finish)
    }
}

#[test]
fn a_compressed_stream_is_decoded_as_it_arrives() {
    run(async {
        for encoding in ["gzip", "zstd"] {
            let [first, rest] = two_parts(encoding);
            let more = std::rc::Rc::new(tokio::sync::Notify::new());
            let wait = more.clone();
            let server = Server::start(move |mut peer, _| {
                let (first, rest, wait) = (first.clone(), rest.clone(), wait.clone());
                async move {
                    peer.request().await;
                    peer.send(format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: {encoding}\r\n\r\n"
                    ))
                    .await;
                    peer.send(first).await;
                    wait.notified().await;
                    peer.send(rest).await;
                }
            })
            .await;
            let mut stream = EventStream::open(
                &client(),
                server.get("/"),
                StreamOptions::default(),
                &mut Heard::default(),
            )
            .await;
            let mut heard = Heard::default();
            while heard.events.is_empty() {
                assert!(stream.next(&mut heard).await, "{encoding}");
            }
            assert_eq!(heard.events, ["one"], "{encoding}");
            more.notify_one();
            heard.listen(&mut stream).await;
            assert_eq!(heard.events, ["one", "two"], "{encoding}");
        }
    });
}

#[test]
fn a_stream_in_an_unknown_encoding_is_refused() {
    run(async {
        for (encoding, expected) in [("rot13", Some("encoding")), ("identity", None)] {
            let server = Server::answering(format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: {encoding}\r\n\
                 content-length: 9\r\n\r\ndata: x\n\n"
            ))
            .await;
            let (_, outcome) = listen(server.get("/"), StreamOptions::default()).await;
            assert_eq!(kind(&outcome), expected);
        }
    });
}

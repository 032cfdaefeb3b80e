use super::*;
use crate::http::tests::support::*;

const SHORT: Duration = Duration::from_millis(40);

/// Answers with `beginning` and then repeats `drip` every few milliseconds.
async fn dripping(beginning: String, drip: String) -> Server {
    Server::start(move |mut peer, _| {
        let (beginning, drip) = (beginning.clone(), drip.clone());
        async move {
            peer.request().await;
            peer.send(beginning).await;
            // Ends with the client, whose closed socket fails the write.
            while tokio::io::AsyncWriteExt::write_all(&mut peer.stream, drip.as_bytes())
                .await
                .is_ok()
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    })
    .await
}

fn events(of: &str) -> String {
    format!("{STREAM}{}", chunk(of))
}

#[test]
fn max_events_ends_a_stream_successfully() {
    run(async {
        let server = Server::answering(events("data: 1\n\ndata: 2\n\ndata: 3\n\n")).await;
        for max in 0..=3 {
            let options = StreamOptions {
                max_events: Some(max),
                ..StreamOptions::default()
            };
            let (heard, outcome) = listen(server.get("/"), options).await;
            assert_eq!(
                (heard.events.len() as u64, outcome.events, kind(&outcome)),
                (max, max, None)
            );
        }
    });
}

#[test]
fn max_duration_ends_a_stream_successfully() {
    run(async {
        let server = dripping(STREAM.into(), chunk("data: x\n\n")).await;
        let options = StreamOptions {
            max_duration: Some(SHORT),
            ..StreamOptions::default()
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!(kind(&outcome), None);
        assert!(outcome.events > 0);
        assert!(outcome.timings.duration >= SHORT);
    });
}

#[test]
fn a_response_after_max_duration_is_a_failure() {
    run(async {
        let server = dripping(String::new(), String::new()).await;
        let options = StreamOptions {
            max_duration: Some(SHORT),
            ..StreamOptions::default()
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!(
            outcome.error.unwrap().message,
            "max_duration of 40ms: waiting for the response"
        );
    });
}

#[test]
fn the_timeout_applies_to_the_whole_stream() {
    run(async {
        let server = dripping(STREAM.into(), chunk("data: x\n\n")).await;
        let options = StreamOptions {
            timeout: Some(SHORT),
            ..StreamOptions::default()
        };
        let (heard, outcome) = listen(server.get("/"), options.clone()).await;
        assert_eq!(kind(&outcome), Some("timeout"));
        assert_eq!(
            outcome.error.unwrap().message,
            "timeout of 40ms: the stream was still open"
        );
        assert!(!heard.events.is_empty());
        let server = dripping(String::new(), String::new()).await;
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!(
            outcome.error.unwrap().message,
            "timeout of 40ms: waiting for the response"
        );
    });
}

#[test]
fn the_first_event_has_its_own_limit() {
    run(async {
        let server = dripping(STREAM.into(), chunk(": still thinking\n\n")).await;
        let options = StreamOptions {
            first_event_timeout: Some(SHORT),
            ..StreamOptions::default()
        };
        let (heard, outcome) = listen(server.get("/"), options.clone()).await;
        assert_eq!(kind(&outcome), Some("timeout"));
        let message = outcome.error.unwrap().message;
        assert_eq!(
            message,
            "first_event_timeout of 40ms: no event since the request"
        );
        assert!(!heard.comments.is_empty());
        // It no longer applies after the first event.
        let server = dripping(events("data: x\n\n"), chunk(": still thinking\n\n")).await;
        let options = StreamOptions {
            max_duration: Some(SHORT * 2),
            ..options
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!((kind(&outcome), outcome.events), (None, 1));
    });
}

#[test]
fn comments_do_not_keep_an_idle_stream_alive() {
    run(async {
        for beginning in [STREAM.to_owned(), events("data: x\n\n")] {
            let server = dripping(beginning, chunk(": ping\n\n")).await;
            let options = StreamOptions {
                idle_timeout: Some(SHORT),
                ..StreamOptions::default()
            };
            let (heard, outcome) = listen(server.get("/"), options).await;
            assert_eq!(kind(&outcome), Some("timeout"));
            assert_eq!(
                outcome.error.unwrap().message,
                "idle_timeout of 40ms: no event for 40ms"
            );
            assert!(!heard.comments.is_empty());
        }
    });
}

/// Answers the first request and then sends `flood` as fast as it is read, from a separate thread.
fn flooding(flood: &'static str) -> Request {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let _ = std::io::Read::read(&mut socket, &mut [0; 4096]);
        let flood = chunk(&flood.repeat(1000));
        let _ = std::io::Write::write_all(&mut socket, STREAM.as_bytes());
        while std::io::Write::write_all(&mut socket, flood.as_bytes()).is_ok() {}
    });
    Request::get(&url).unwrap()
}

#[test]
fn a_flood_does_not_postpone_limits() {
    run(async {
        let limit = Some(Duration::from_millis(100));
        let long = Duration::from_secs(10);
        for (options, flood, expected) in [
            (
                StreamOptions {
                    idle_timeout: limit,
                    ..StreamOptions::default()
                },
                ":\n",
                Some("timeout"),
            ),
            (
                StreamOptions {
                    first_event_timeout: limit,
                    ..StreamOptions::default()
                },
                ": ping\n\n",
                Some("timeout"),
            ),
            (
                StreamOptions {
                    timeout: limit,
                    ..StreamOptions::default()
                },
                "data: x\n\n",
                Some("timeout"),
            ),
            (
                StreamOptions {
                    max_duration: limit,
                    ..StreamOptions::default()
                },
                "data: x\n\n",
                None,
            ),
        ] {
            let begun = std::time::Instant::now();
            let listening = listen(flooding(flood), options);
            let (_, outcome) = tokio::time::timeout(long, listening).await.unwrap();
            assert_eq!(kind(&outcome), expected, "{flood:?}");
            // Not exact, since the machine may be busy; without the limit, it would be `long`.
            assert!(begun.elapsed() < long / 2, "{flood:?}");
        }
    });
}

#[test]
fn a_timer_on_the_thread_of_a_flood_is_on_time() {
    run(async {
        let request = flooding("data: 0123456789\n\n");
        let options = StreamOptions {
            max_duration: Some(Duration::from_secs(2)),
            ..StreamOptions::default()
        };
        let flood = async {
            let (_, outcome) = listen(request, options).await;
            outcome.events
        };
        let neighbour = async {
            let mut late = Vec::new();
            for _ in 0..50 {
                let due = tokio::time::Instant::now() + Duration::from_millis(10);
                tokio::time::sleep_until(due).await;
                late.push(due.elapsed());
            }
            late.sort();
            late[25]
        };
        let (events, median) = tokio::join!(flood, neighbour);
        // A flood that never yields would delay timers by its whole length.
        assert!(median < Duration::from_millis(200), "{median:?}");
        assert!(events > 0);
    });
}

#[test]
fn events_keep_a_stream_alive() {
    run(async {
        let server = dripping(STREAM.into(), chunk("data: x\n\n")).await;
        let options = StreamOptions {
            idle_timeout: Some(Duration::from_millis(500)),
            max_duration: Some(Duration::from_millis(800)),
            ..StreamOptions::default()
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!(kind(&outcome), None);
    });
}

#[test]
fn time_without_a_reader_does_not_count_as_idle() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            peer.request().await;
            peer.send(events("data: 1\n\n")).await;
            peer.gone().await;
        })
        .await;
        let idle = Duration::from_millis(60);
        let options = StreamOptions {
            idle_timeout: Some(idle),
            ..StreamOptions::default()
        };
        let mut stream =
            EventStream::open(&client(), server.get("/"), options, &mut Heard::default()).await;
        let mut heard = Heard::default();
        assert!(stream.next(&mut heard).await);
        let away = idle * 2;
        tokio::time::sleep(away).await;
        heard.listen(&mut stream).await;
        assert_eq!(kind(stream.outcome()), Some("timeout"));
        assert!(stream.outcome().timings.duration >= away + idle);
    });
}

#[test]
fn cancelled_reads_do_not_extend_the_idle_timeout() {
    run(async {
        let server = dripping(events("data: 1\n\n"), String::new()).await;
        let options = StreamOptions {
            idle_timeout: Some(SHORT),
            ..StreamOptions::default()
        };
        let mut stream =
            EventStream::open(&client(), server.get("/"), options, &mut Heard::default()).await;
        let mut heard = Heard::default();
        loop {
            let next =
                tokio::time::timeout(Duration::from_millis(3), stream.next(&mut heard)).await;
            if next == Ok(false) {
                break;
            }
        }
        assert_eq!(kind(stream.outcome()), Some("timeout"));
    });
}

#[test]
fn an_event_beyond_the_limit_ends_the_stream() {
    run(async {
        let long = format!("data: ok\n\ndata: {}", "x".repeat(2000));
        let server = Server::answering(events(&long)).await;
        let options = StreamOptions {
            max_event_bytes: 1000,
            ..StreamOptions::default()
        };
        let (heard, outcome) = listen(server.get("/"), options).await;
        assert_eq!((heard.events.len(), kind(&outcome)), (1, Some("too_large")));
    });
}

#[test]
fn an_endless_body_of_another_type_is_abandoned() {
    run(async {
        let server = dripping("HTTP/1.1 500 No\r\n\r\n".into(), "x".into()).await;
        let options = StreamOptions {
            timeout: Some(SHORT),
            ..StreamOptions::default()
        };
        let (_, outcome) = listen(server.get("/"), options).await;
        assert_eq!(kind(&outcome), Some("status"));
        assert!(outcome.body.unwrap().starts_with(b"x"));
    });
}

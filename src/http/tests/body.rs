use std::rc::Rc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

use super::support::*;
use crate::http::ErrorKind;

#[test]
fn every_framing_gives_the_same_body() {
    run(async {
        for (answer, kept) in [
            (ok("hello world"), true),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5;x=y\r\nworld\r\n0\r\nt: 1\r\n\r\n"
                    .to_owned(),
                true,
            ),
            ("HTTP/1.1 200 OK\r\n\r\nhello world".to_owned(), false),
            ("HTTP/1.0 200 OK\r\n\r\nhello world".to_owned(), false),
            ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 11\r\n\r\nhello world".to_owned(), false),
        ] {
            let server = Server::start(move |mut peer, _| {
                let answer = answer.clone();
                async move {
                    while peer.request().await.is_some() {
                        peer.send(&answer).await;
                        if !kept {
                            break;
                        }
                    }
                }
            })
            .await;
            let client = client();
            for number in 0..2 {
                let (response, body) = fetch(&client, server.get("/")).await;
                assert_eq!(body, "hello world");
                assert_eq!(response.reused, kept && number > 0);
                assert_eq!(response.reconnects, 0);
            }
        }
    });
}

#[test]
fn a_response_without_a_body_is_complete_immediately() {
    run(async {
        for (method, answer) in [
            ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
            (
                "GET",
                "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
            ),
            ("HEAD", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"),
            ("GET", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
        ] {
            let server = Server::answering(answer).await;
            let client = client();
            for number in 0..2 {
                let mut request = server.get("/");
                request.method = method.parse().unwrap();
                let response = client.send(request).await.unwrap();
                assert!(response.body.is_over());
                assert_eq!(response.reused, number > 0);
            }
        }
    });
}

#[test]
fn interim_responses_are_skipped() {
    run(async {
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
        let server = Server::answering(format!("{interim}{}", ok("final"))).await;
        let client = client();
        for _ in 0..2 {
            let (response, body) = fetch(&client, server.get("/")).await;
            assert_eq!(
                (response.head.status.as_u16(), body.as_str()),
                (200, "final")
            );
            assert!(!response.head.headers.contains_key("link"));
        }
        assert_eq!(server.seen.connections.get(), 1);
    });
}

#[test]
fn each_way_to_break_off_has_its_kind() {
    run(async {
        for (answer, kind) in [
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
                ErrorKind::Truncated,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
                ErrorKind::Truncated,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel",
                ErrorKind::Truncated,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
                ErrorKind::Truncated,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
                ErrorKind::Truncated,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n",
                ErrorKind::Protocol,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhelloworld",
                ErrorKind::Protocol,
            ),
            (
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
                ErrorKind::Protocol,
            ),
        ] {
            let server = Server::answering_once(answer).await;
            let mut response = client().send(server.get("/")).await.unwrap();
            let error = response.body.read(100).await.unwrap_err();
            assert_eq!(error.kind, kind, "{answer:?}: {error}");
            // The body has ended, and reports its error only once.
            assert!(response.body.is_over());
            assert!(response.body.chunk().await.unwrap().is_none());
        }
    });
}

#[test]
fn a_reset_in_the_body_is_a_reset() {
    run(async {
        let seen = Rc::new(Notify::new());
        let may_reset = seen.clone();
        let server = Server::start(move |mut peer, _| {
            let may_reset = may_reset.clone();
            async move {
                peer.request().await;
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
                    .await;
                may_reset.notified().await;
                peer.reset();
            }
        })
        .await;
        let mut response = client().send(server.get("/")).await.unwrap();
        assert_eq!(response.body.chunk().await.unwrap().unwrap().bytes, "half");
        seen.notify_one();
        assert_eq!(
            response.body.chunk().await.unwrap_err().kind,
            ErrorKind::Reset
        );
    });
}

#[test]
fn an_invalid_response_is_a_protocol_error() {
    run(async {
        let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(40_000));
        for answer in [
            "SSH-2.0-OpenSSH_9.6\r\n",
            "HTTP/9.9 200 OK\r\n\r\n",
            "HTTP/1.1 20 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            &long,
            &many,
        ] {
            let server = Server::answering_once(answer).await;
            let failure = fail(&client(), server.get("/")).await;
            let shown = &answer[..answer.len().min(60)];
            assert_eq!(
                failure.error.kind,
                ErrorKind::Protocol,
                "{shown:?}: {}",
                failure.error
            );
        }
    });
}

#[test]
fn a_head_may_be_long_and_have_many_headers() {
    run(async {
        let many = (0..10_000).map(|n| format!("x-{n}: {n}\r\n"));
        let many = many.collect::<Vec<_>>().concat();
        let server =
            Server::answering(format!("HTTP/1.1 200 OK\r\n{many}{}", &ok("x")[17..])).await;
        let (response, body) = fetch(&client(), server.get("/")).await;
        assert_eq!((response.head.headers.len(), body.as_str()), (10_001, "x"));
        assert_eq!(response.head.headers["x-9999"], "9999");
    });
}

#[test]
fn heads_of_old_servers_are_parsed() {
    run(async {
        for answer in [
            "HTTP/1.1 200 OK\ncontent-length: 2\nx: one\n\nok",
            "HTTP/1.1 200 OK\r\nx: one\r\n \t two\r\ncontent-length: 2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nx: one\r\ncontent-length: 2, 2\r\ncontent-length: 2\r\n\r\nok",
            "HTTP/1.0 200 OK\r\nx: one\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
        ] {
            let server = Server::answering(answer).await;
            let client = client();
            for number in 0..2 {
                let (response, body) = fetch(&client, server.get("/")).await;
                assert_eq!(
                    (response.reused, body.as_str()),
                    (number > 0, "ok"),
                    "{answer}"
                );
                let value = response.head.headers["x"].to_str().unwrap();
                assert!(["one", "one two"].contains(&value), "{value:?}");
            }
        }
    });
}

#[test]
fn a_head_that_ends_early_is_a_reset() {
    run(async {
        for answer in ["H", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nx: y"] {
            let server = Server::answering_once(answer).await;
            let failure = fail(&client(), server.get("/")).await;
            assert_eq!(
                failure.error.kind,
                ErrorKind::Reset,
                "{answer:?}: {}",
                failure.error
            );
        }
    });
}

#[test]
fn an_empty_reason_is_replaced_and_an_unusual_one_is_kept() {
    run(async {
        for (line, reason) in [("200 ", "OK"), ("429 Slow Down", "Slow Down"), ("599 ", "")] {
            let server =
                Server::answering(format!("HTTP/1.1 {line}\r\ncontent-length: 0\r\n\r\n")).await;
            let (response, _) = fetch(&client(), server.get("/")).await;
            assert_eq!(response.head.reason(), reason);
            assert_eq!(response.head.proto(), "HTTP/1.1");
        }
    });
}

#[test]
fn a_long_body_is_read_up_to_the_limit() {
    run(async {
        let server = Server::answering(ok("0123456789")).await;
        for (max, expected, all) in [(4, "0123", false), (10, "0123456789", true), (0, "", false)] {
            let mut response = client().send(server.get("/")).await.unwrap();
            let (body, whole) = response.body.read(max).await.unwrap();
            assert_eq!((&body[..], whole), (expected.as_bytes(), all));
            assert!(response.body.is_over());
        }
    });
}

#[test]
fn a_cancelled_read_loses_nothing() {
    run(async {
        let more = Rc::new(Notify::new());
        let wait = more.clone();
        let server = Server::start(move |mut peer, _| {
            let wait = wait.clone();
            async move {
                peer.request().await;
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf")
                    .await;
                wait.notified().await;
                peer.send("half").await;
            }
        })
        .await;
        let mut response = client().send(server.get("/")).await.unwrap();
        assert_eq!(response.body.chunk().await.unwrap().unwrap().bytes, "half");
        {
            let mut read = std::pin::pin!(response.body.chunk());
            let polled =
                std::future::poll_fn(|cx| std::task::Poll::Ready(read.as_mut().poll(cx))).await;
            assert!(polled.is_pending());
        }
        more.notify_one();
        assert_eq!(response.body.chunk().await.unwrap().unwrap().bytes, "half");
        assert!(response.body.chunk().await.unwrap().is_none());
    });
}

#[test]
fn a_request_is_written_while_its_response_is_read() {
    run(async {
        let size = 8 << 20;
        // It echoes each piece immediately, so a client that writes everything before it reads would wait endlessly.
        let server = Server::start(move |peer, _| async move {
            let mut stream = peer.stream;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            let (mut reader, mut writer) = stream.split();
            let mut request = (&mut reader).take(size);
            tokio::io::copy(&mut request, &mut writer).await.unwrap();
            while reader.read(&mut [0]).await.is_ok_and(|read| read > 0) {}
        })
        .await;
        let mut request = server.get("/");
        request.method = http::Method::POST;
        request.body = (0..size).map(|n| (n % 251) as u8).collect();
        let sent = request.body.clone();
        let mut response = client().send(request).await.unwrap();
        let (echoed, _) = response.body.read(usize::MAX).await.unwrap();
        assert!(echoed == sent);
        assert!(response.body.traffic().sent > size);
    });
}

#[test]
fn an_early_response_counts_and_closes_its_connection() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            // The body is never read.
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(peer.stream.read_u8().await.unwrap());
            }
            peer.send("HTTP/1.1 413 Too Large\r\ncontent-length: 4\r\n\r\nmuch")
                .await;
            std::future::pending::<()>().await;
        })
        .await;
        let client = client();
        for _ in 0..2 {
            let mut request = server.get("/");
            request.method = http::Method::POST;
            request.body = vec![b'x'; 32 << 20].into();
            let (response, body) = fetch(&client, request).await;
            assert_eq!(
                (response.head.status.as_u16(), body.as_str()),
                (413, "much")
            );
            assert!(!response.reused);
        }
    });
}

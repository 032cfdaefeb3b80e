use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use h2::server::SendResponse;
use http::Request as Received;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::frames;
use super::support::*;
use crate::http::{Client, ErrorKind, HttpVersion, Request};

type Ask = Received<h2::RecvStream>;

/// An HTTP/2 server without TLS; `script` serves each stream.
struct Server2 {
    url: String,
    connections: Rc<Cell<usize>>,
}

impl Server2 {
    async fn start<F, Fut>(script: F) -> Self
    where
        F: Fn(Ask, SendResponse<Bytes>, usize) -> Fut + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let connections = Rc::new(Cell::new(0));
        let counted = connections.clone();
        let script = Rc::new(script);
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.replace(counted.get() + 1);
                let script = script.clone();
                tokio::task::spawn_local(async move {
                    let Ok(mut connection) = h2::server::handshake(stream).await else {
                        return;
                    };
                    while let Some(Ok((ask, answer))) = connection.accept().await {
                        tokio::task::spawn_local(script(ask, answer, number));
                    }
                });
            }
        });
        Self { url, connections }
    }

    fn get(&self) -> Request {
        Request::get(&self.url).unwrap()
    }
}

fn http2_client() -> Client {
    client_with(|settings| settings.version = HttpVersion::Http2)
}

fn head(status: u16) -> http::Response<()> {
    http::Response::builder().status(status).body(()).unwrap()
}

async fn answer(ask: Ask, mut answer: SendResponse<Bytes>, _: usize) {
    let text = format!(
        "{} {} {:?}",
        ask.method(),
        ask.uri(),
        ask.headers().get("x-mine")
    );
    let mut body = ask.into_body();
    let mut length = 0;
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
        length += data.len();
    }
    let mut stream = answer.send_response(head(200), false).unwrap();
    stream
        .send_data(format!("{text} {length}").into(), true)
        .unwrap();
}

#[test]
fn streams_share_a_connection() {
    run(async {
        let server = Server2::start(answer).await;
        let client = http2_client();
        let mut request = server.get();
        request.method = http::Method::POST;
        request.body = vec![b'x'; 300_000].into();
        request.header("x-mine", "1").unwrap();
        request.header("connection", "keep-alive").unwrap();
        let (response, body) = fetch(&client, request.clone()).await;
        assert_eq!(body, format!("POST {} Some(\"1\") 300000", server.url));
        assert_eq!(
            (response.head.proto(), response.reused),
            ("HTTP/2.0", false)
        );
        let (one, two) = tokio::join!(fetch(&client, request), fetch(&client, server.get()));
        assert!(one.0.reused && two.0.reused);
        assert_eq!(server.connections.get(), 1);
        assert!(one.0.timings.phases.total() >= one.0.timings.phases.waiting);
    });
}

#[test]
fn the_bytes_of_all_streams_are_those_of_the_connection() {
    run(async {
        let server = Server2::start(answer).await;
        let client = http2_client();
        let mut request = server.get();
        request.body = vec![b'x'; 10_000].into();
        let (first, _) = fetch(&client, request).await;
        let traffic = first.body.traffic();
        assert!(
            traffic.sent > 10_000 && traffic.received > 50,
            "{traffic:?}"
        );
        let (second, _) = fetch(&client, server.get()).await;
        assert!(second.body.traffic().sent < 1000);
    });
}

#[test]
fn a_dropped_body_resets_its_stream_and_leaves_the_others() {
    run(async {
        let (report, reset) = tokio::sync::oneshot::channel();
        let report = Rc::new(Cell::new(Some(report)));
        let server = Server2::start(move |ask: Ask, mut reply, number| {
            let report = report.clone();
            async move {
                if ask.method() == http::Method::PUT {
                    let mut stream = reply.send_response(head(200), false).unwrap();
                    stream
                        .send_data(Bytes::from_static(b"part"), false)
                        .unwrap();
                    let reason = std::future::poll_fn(|cx| stream.poll_reset(cx))
                        .await
                        .unwrap();
                    report.take().unwrap().send(reason).unwrap();
                } else {
                    answer(ask, reply, number).await;
                }
            }
        })
        .await;
        let client = http2_client();
        let mut request = server.get();
        request.method = http::Method::PUT;
        let mut response = client.send(request).await.unwrap();
        assert_eq!(response.body.chunk().await.unwrap().unwrap().bytes, "part");
        drop(response);
        assert_eq!(reset.await.unwrap(), h2::Reason::CANCEL);
        assert!(fetch(&client, server.get()).await.0.reused);
        assert_eq!(server.connections.get(), 1);
    });
}

#[test]
fn a_reset_stream_is_a_reset() {
    run(async {
        let seen = Rc::new(tokio::sync::Notify::new());
        let may_reset = seen.clone();
        let server = Server2::start(move |ask: Ask, mut reply: SendResponse<Bytes>, _| {
            let may_reset = may_reset.clone();
            async move {
                if ask.method() == http::Method::PUT {
                    reply.send_reset(h2::Reason::INTERNAL_ERROR);
                } else {
                    let mut stream = reply.send_response(head(200), false).unwrap();
                    stream
                        .send_data(Bytes::from_static(b"part"), false)
                        .unwrap();
                    may_reset.notified().await;
                    stream.send_reset(h2::Reason::INTERNAL_ERROR);
                }
            }
        })
        .await;
        let client = http2_client();
        let mut response = client.send(server.get()).await.unwrap();
        assert_eq!(response.body.chunk().await.unwrap().unwrap().bytes, "part");
        seen.notify_one();
        let error = response.body.read(100).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Reset, "{error}");
        let mut request = server.get();
        request.method = http::Method::PUT;
        let failure = fail(&client, request).await;
        // The server has seen it, so it is not sent again, although the connection was reused.
        assert_eq!(
            (failure.error.kind, failure.reconnects),
            (ErrorKind::Reset, 0)
        );
    });
}

#[test]
fn a_refused_stream_is_sent_again_over_a_new_connection() {
    run(async {
        let server = Server2::start(|ask: Ask, mut reply, number| async move {
            if ask.method() == http::Method::PUT && number == 0 {
                reply.send_reset(h2::Reason::REFUSED_STREAM);
            } else {
                answer(ask, reply, number).await;
            }
        })
        .await;
        let client = http2_client();
        fetch(&client, server.get()).await;
        let mut request = server.get();
        request.method = http::Method::PUT;
        let (response, _) = fetch(&client, request).await;
        assert_eq!((response.reconnects, server.connections.get()), (1, 2));
    });
}

#[test]
fn a_server_that_speaks_http1_only_is_a_protocol_error() {
    run(async {
        let server = Server::answering(ok("")).await;
        let failure = fail(&http2_client(), server.get("/")).await;
        assert_eq!(failure.error.kind, ErrorKind::Protocol, "{}", failure.error);
    });
}

/// A server that answers the first request with these bytes and then sends nothing; `fin` ends the connection.
async fn by_hand(bytes: Vec<u8>, fin: bool) -> Server {
    Server::start(move |mut peer, _| {
        let bytes = bytes.clone();
        async move {
            frames::request(&mut peer.stream).await;
            peer.send(&bytes).await;
            if fin {
                peer.stream.shutdown().await.unwrap();
            }
            peer.gone().await;
        }
    })
    .await
}

#[test]
fn a_stream_cut_off_without_an_error_is_a_failure() {
    run(async {
        let event = frames::data(1, b"data: 26 bytes, no more.\n\n", false);
        let plain = [frames::settings(), frames::head(1), event.clone()].concat();
        let long = [
            frames::settings(),
            frames::head_with_length(1, "1000"),
            event,
        ]
        .concat();
        for (bytes, fin, kind) in [
            (
                [&plain[..], &frames::reset(1, 0)].concat(),
                false,
                ErrorKind::Reset,
            ),
            (
                [&long[..], &frames::reset(1, 0)].concat(),
                false,
                ErrorKind::Reset,
            ),
            (
                [&plain[..], &frames::reset(1, 8)].concat(),
                false,
                ErrorKind::Reset,
            ),
            (
                [&plain[..], &frames::go_away(1, 0)].concat(),
                true,
                ErrorKind::Truncated,
            ),
            (
                [&long[..], &frames::go_away(1, 0)].concat(),
                true,
                ErrorKind::Truncated,
            ),
            (plain.clone(), true, ErrorKind::Truncated),
        ] {
            let server = by_hand(bytes, fin).await;
            let mut response = http2_client().send(server.get("/")).await.unwrap();
            let event = response.body.chunk().await.unwrap().unwrap();
            assert_eq!(event.bytes.len(), 26);
            let error = response.body.chunk().await.unwrap_err();
            assert_eq!(error.kind, kind, "{error}");
            assert!(response.body.chunk().await.unwrap().is_none());
        }
    });
}

#[test]
fn a_reset_without_an_error_after_the_end_is_a_success() {
    run(async {
        // The server answers before the body of the request is sent.
        let bytes = [
            frames::settings(),
            frames::head(1),
            frames::data(1, b"enough", true),
            frames::reset(1, 0),
        ];
        let server = by_hand(bytes.concat(), false).await;
        let mut request = server.get("/");
        request.method = http::Method::POST;
        request.body = vec![b'x'; 1 << 20].into();
        assert_eq!(fetch(&http2_client(), request).await.1, "enough");
    });
}

#[test]
fn a_request_beyond_the_last_stream_is_sent_again() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            frames::request(&mut peer.stream).await;
            let answer = [
                frames::settings(),
                frames::head(1),
                frames::data(1, b"x", true),
            ];
            peer.send(answer.concat()).await;
            if number == 0 {
                frames::next_request(&mut peer.stream).await;
                peer.send(frames::go_away(1, 0)).await;
            }
            peer.gone().await;
        })
        .await;
        let client = http2_client();
        fetch(&client, server.get("/")).await;
        let mut request = server.get("/");
        request.method = http::Method::POST;
        let (response, _) = fetch(&client, request).await;
        assert_eq!((response.reconnects, response.reused), (1, false));
        assert_eq!(server.seen.connections.get(), 2);
    });
}

#[test]
fn a_connection_that_dies_while_the_server_works_is_an_error() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            frames::request(&mut peer.stream).await;
            let answer = [
                frames::settings(),
                frames::head(1),
                frames::data(1, b"x", true),
            ];
            peer.send(answer.concat()).await;
            frames::next_request(&mut peer.stream).await;
        })
        .await;
        let client = http2_client();
        fetch(&client, server.get("/")).await;
        let failure = fail(&client, server.get("/")).await;
        assert_eq!(
            (failure.error.kind, failure.reconnects),
            (ErrorKind::Reset, 0)
        );
        assert_eq!(server.seen.connections.get(), 1);
    });
}

#[test]
fn a_timeout_before_the_head_has_exact_phases_and_bytes() {
    run(async {
        let server = Server2::start(|ask, answer, _| async move {
            let _held = (ask, answer);
            std::future::pending::<()>().await;
        })
        .await;
        let mut request = server.get();
        request.timeout = Some(std::time::Duration::from_millis(300));
        let failure = fail(&http2_client(), request).await;
        assert_eq!(failure.error.kind, ErrorKind::Timeout);
        assert!(failure.error.message.ends_with("waiting for the response"));
        assert!(failure.timings.phases.waiting > failure.timings.phases.sending);
        assert!(failure.traffic.sent > 24, "{:?}", failure.traffic);
    });
}

#[test]
fn a_connection_ends_with_its_client() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            frames::request(&mut peer.stream).await;
            let answer = [
                frames::settings(),
                frames::head(1),
                frames::data(1, b"x", true),
            ];
            peer.send(answer.concat()).await;
            peer.gone().await;
            peer.seen.requests.borrow_mut().push("gone".to_owned());
        })
        .await;
        fetch(&http2_client(), server.get("/")).await;
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    });
}

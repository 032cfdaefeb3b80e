use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::support::*;

#[test]
fn byte_counts_match_those_of_the_server() {
    run(async {
        let server = Server::answering(format!("{STREAM}{}{END}", chunk("data: x\n\n"))).await;
        let client = client();
        let (mut sent, mut received) = (0, 0);
        for number in 0..5 {
            let mut request = server.get("/");
            request.body = vec![b'x'; number * 10_000].into();
            let (response, _) = fetch(&client, request).await;
            let traffic = response.body.traffic();
            sent += traffic.sent;
            received += traffic.received;
            assert_eq!(
                (sent, received),
                (server.seen.read.get(), server.seen.wrote.get())
            );
        }
    });
}

#[test]
fn redirects_and_retries_count_their_bytes() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            peer.request().await;
            if number == 0 {
                let first = "HTTP/1.1 302 Go\r\nlocation: /2\r\ncontent-length: 3\r\n\r\nabc";
                peer.send(first).await;
                leave_unread(&peer.stream).await;
                return;
            }
            peer.send(ok("hello")).await;
            peer.gone().await;
        })
        .await;
        let (response, _) = fetch(&client(), server.get("/")).await;
        assert_eq!((response.redirects, response.reconnects), (1, 1));
        let traffic = response.body.traffic();
        let unread = server.requests()[1].len() as u64;
        assert_eq!(
            (traffic.sent, traffic.received),
            (server.seen.read.get() + unread, server.seen.wrote.get())
        );
    });
}

#[test]
fn a_failure_counts_its_bytes() {
    run(async {
        let server = Server::answering_once("HTTP/1.1 2").await;
        let failure = fail(&client(), server.get("/")).await;
        assert_eq!(failure.traffic.sent, server.seen.read.get());
        assert_eq!(failure.traffic.received, 10);
    });
}

#[test]
fn the_phases_are_exact_and_fit_into_the_total() {
    run(async {
        let thought = Rc::new(Cell::new(Duration::ZERO));
        let thinking = thought.clone();
        let server = Server::start(move |mut peer, _| {
            let thinking = thinking.clone();
            async move {
                while peer.request().await.is_some() {
                    let begun = Instant::now();
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    thinking.set(begun.elapsed());
                    peer.send(ok("x")).await;
                }
            }
        })
        .await;
        let client = client();
        let url = format!("http://localhost:{}/", server.address.port());
        for number in 0..3 {
            let before = Instant::now();
            let mut response = client
                .send(crate::http::Request::get(&url).unwrap())
                .await
                .unwrap();
            let timings = response.timings;
            assert!(timings.start >= before);
            assert!(
                timings.phases.waiting >= thought.get(),
                "{timings:?} {thought:?}"
            );
            assert_eq!(timings.phases.connecting > Duration::ZERO, number == 0);
            assert_eq!(timings.phases.lookup > Duration::ZERO, number == 0);
            assert_eq!(timings.phases.tls, Duration::ZERO);
            let first_byte = timings.start + timings.phases.total();
            let chunk = response.body.chunk().await.unwrap().unwrap();
            // Head and body arrived in one read.
            assert_eq!(chunk.at, first_byte);
            assert!(response.body.chunk().await.unwrap().is_none());
            assert!(response.body.ended().unwrap() >= chunk.at);
            assert!(timings.phases.total() <= before.elapsed());
        }
    });
}

#[test]
fn a_chunk_has_the_time_of_its_read() {
    run(async {
        let server =
            Server::answering(format!("{STREAM}{}{}{END}", chunk("one"), chunk("two"))).await;
        let mut response = client().send(server.get("/")).await.unwrap();
        let headers_here = Instant::now();
        // A slow reader.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let chunk = response.body.chunk().await.unwrap().unwrap();
        // Everything arrived in one read, before the reader asked for it.
        assert_eq!(chunk.bytes, "onetwo");
        assert!(chunk.at <= headers_here);
        assert!(response.body.chunk().await.unwrap().is_none());
    });
}

#[test]
fn a_client_takes_little_memory() {
    let shared = crate::http::ClientContext::new(crate::http::Settings::default()).unwrap();
    let clients: Vec<_> = (0..10_000)
        .map(|_| crate::http::Client::new(shared.clone()))
        .collect();
    assert_eq!(Rc::strong_count(&shared), clients.len() + 1);
    assert!(size_of::<crate::http::Client>() <= 3 * size_of::<usize>());
}

#[test]
fn an_idle_connection_takes_little_memory() {
    let size = size_of::<crate::http::http1::Http1>() + size_of::<crate::http::io::Link>();
    assert!(size <= 640, "{size} bytes");
}

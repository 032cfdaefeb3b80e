//! `/.sse` over a socket.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::client::{exchange, get, get_with, post, read_while_open, target};
use crate::serve::Server;

fn ids(content: &str) -> Vec<u64> {
    content
        .lines()
        .filter_map(|line| line.strip_prefix("id: "))
        .map(|id| id.parse().unwrap())
        .collect()
}

#[tokio::test]
async fn a_stream_of_numbered_events() {
    let addr = target().await;
    let answer = get(addr, "/.sse?n=3&interval=0&size=4&event=tick&start=7").await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("text/event-stream")
    );
    let event = |id| format!("id: {id}\nevent: tick\ndata: 0123\n\n");
    assert_eq!(answer.content(), [event(7), event(8), event(9)].concat());
    assert!(answer.chunks().1);
    assert_eq!(post(addr, "/.sse?n=3&interval=0", "{}").await.status(), 200);
}

#[tokio::test]
async fn parameters_may_be_headers() {
    let addr = target().await;
    let headers = "x-ssel-n: 2\r\nx-ssel-interval: 0\r\nconnection: close\r\n";
    assert_eq!(
        ids(&get_with(addr, "/.sse", headers).await.content()),
        [0, 1]
    );
}

#[tokio::test]
async fn a_batch_is_one_write() {
    let addr = target().await;
    let (chunks, _) = get(addr, "/.sse?n=7&interval=0&batch=3").await.chunks();
    assert_eq!(
        chunks.iter().map(|chunk| ids(chunk)).collect::<Vec<_>>(),
        [vec![0, 1, 2], vec![3, 4, 5], vec![6]]
    );
}

#[tokio::test]
async fn a_reconnecting_client_receives_the_rest_and_then_nothing() {
    let addr = target().await;
    let mut seen = Vec::new();
    let mut last = String::new();
    for expected in [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7]] {
        let headers = format!("{last}connection: close\r\n");
        let answer = get_with(addr, "/.sse?n=8&cut=3&interval=0&end=truncate", &headers).await;
        let these = ids(&answer.content());
        assert_eq!(these, expected);
        assert_eq!(
            answer.chunks().1,
            these.contains(&7),
            "only the last reply ends well"
        );
        last = format!("last-event-id: {}\r\n", these.last().unwrap());
        seen.extend(these);
    }
    assert_eq!(seen, (0..8).collect::<Vec<_>>());
    let headers = format!("{last}connection: close\r\n");
    assert_eq!(
        get_with(addr, "/.sse?n=8&interval=0", &headers)
            .await
            .status(),
        204
    );
}

#[tokio::test]
async fn an_unknown_id_starts_from_the_beginning() {
    let addr = target().await;
    for id in [
        "abc",
        "-1",
        "99",
        "18446744073709551615",
        "99999999999999999999",
    ] {
        let headers = format!("last-event-id: {id}\r\nconnection: close\r\n");
        assert_eq!(
            ids(&get_with(addr, "/.sse?n=2&interval=0", &headers)
                .await
                .content()),
            [0, 1],
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_stream_ends_as_requested() {
    let addr = target().await;
    for (end, is_complete, was_reset) in [
        ("close", true, false),
        ("truncate", false, false),
        ("reset", false, true),
        ("stall&hold=1ms", false, false),
    ] {
        let answer = get(addr, &format!("/.sse?n=2&interval=0&end={end}")).await;
        assert_eq!(ids(&answer.content()), [0, 1], "{end}");
        assert_eq!(
            (answer.chunks().1, answer.was_reset),
            (is_complete, was_reset),
            "{end}"
        );
    }
}

#[tokio::test]
async fn a_fast_stream_is_complete() {
    let addr = target().await;
    let answer = get(addr, "/.sse?n=100000&interval=0").await;
    let ids = ids(&answer.content());
    assert_eq!(ids.len(), 100_000);
    assert!((0..).zip(&ids).all(|(number, id)| number == *id));
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let addr = target().await;
    for (query, parameter) in [
        ("n=x", "n"),
        ("interval=soon", "interval"),
        ("interval=-1", "interval"),
        ("eol=lfcr", "eol"),
        ("event=a%0Ab", "event"),
        ("size=1e3", "size"),
        ("end=", "end"),
        ("batch=0", "batch"),
        ("intervall=1", "intervall"),
        ("%ff=1", "\u{fffd}"),
    ] {
        let answer = get(addr, &format!("/.sse?{query}")).await;
        assert_eq!(answer.status(), 400, "{query}");
        assert_eq!(answer.json()["error"]["param"], parameter, "{query}");
    }
    assert_eq!(get(addr, "/.sse?&&&=&n=1&n=0001").await.status(), 400);
}

#[tokio::test]
async fn http_1_0_receives_a_stream_without_chunks() {
    let addr = target().await;
    let answer = exchange(addr, "GET /.sse?n=1&interval=0&size=1 HTTP/1.0\r\n\r\n").await;
    assert_eq!(answer.header("transfer-encoding"), None);
    assert_eq!(answer.body(), b"id: 0\ndata: 0\n\n");
}

#[tokio::test]
async fn an_endless_stream_ends_with_its_client() {
    let server = Server::start_background(([127, 0, 0, 1], 0).into()).unwrap();
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream
        .write_all(b"GET /.sse?interval=0 HTTP/1.1\r\nhost: target\r\n\r\n")
        .await
        .unwrap();
    read_while_open(&mut stream, |answer| answer.raw.len() > 1_000_000).await;
    drop(stream);
    // The server has one thread and answers, so the stream yields it.
    assert_eq!(get(server.addr(), "/health").await.body(), b"ok\n");
    // It stops although a client is connected.
    let mut idle = TcpStream::connect(server.addr()).await.unwrap();
    drop(server);
    let closed = tokio::time::timeout(
        Duration::from_secs(30),
        super::client::read_to_end(&mut idle),
    );
    assert!(closed.await.unwrap().raw.is_empty());
}

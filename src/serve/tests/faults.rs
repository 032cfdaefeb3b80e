//! Each fault sends exactly the documented bytes and ending.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::client::{get, get_with, read_to_end, read_while_open, target};
use crate::serve::fault::names;

const EVENT: &str = "id: 0\ndata: 0123456789abcdef\n\n";
const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
const BODY: &str = "1e\r\nid: 0\ndata: 0123456789abcdef\n\n\r\n0\r\n\r\n";

fn sample(bytes: usize) -> String {
    let events = (0..).map(|number| format!("id: {number}\ndata: 0123456789abcdef\n\n"));
    let mut text: String = events.take(bytes / EVENT.len() + 1).collect();
    text.truncate(bytes);
    text
}

#[tokio::test]
async fn a_reset_comes_after_exactly_that_many_bytes() {
    let addr = target().await;
    for after in [0, 1, 64, 1000, 100_000] {
        let answer = get(addr, &format!("/fault/reset?after={after}")).await;
        assert!(answer.was_reset, "{after}");
        assert_eq!(answer.content(), sample(after));
        assert!(!answer.chunks().1, "the body must not end");
    }
}

#[tokio::test]
async fn a_truncated_body_ends_without_its_last_chunk() {
    let addr = target().await;
    for after in [0, 1, 64, 1000, 1_000_000] {
        let answer = get(addr, &format!("/fault/truncate?after={after}")).await;
        assert!(!answer.was_reset, "{after}");
        assert_eq!(answer.content(), sample(after));
        assert!(!answer.chunks().1, "the body must not end");
    }
}

#[tokio::test]
async fn a_stall_is_silent_and_bounded() {
    let addr = target().await;
    let start = std::time::Instant::now();
    let answer = get(addr, "/fault/stall?after=40&hold=50ms").await;
    assert!(start.elapsed().as_millis() >= 50);
    assert_eq!(answer.content(), sample(40));
    assert!(!answer.chunks().1 && !answer.was_reset);
}

#[tokio::test]
async fn an_endless_line_has_no_end() {
    let addr = target().await;
    let content = get(addr, "/fault/endless-line?bytes=200000")
        .await
        .content();
    assert_eq!(content.len(), 200_000);
    assert!(content.starts_with("data: xxx") && !content.contains(['\r', '\n']));
}

#[tokio::test]
async fn a_slow_body_comes_in_pieces() {
    let addr = target().await;
    let (chunks, is_complete) = get(addr, "/fault/slow-body?delay=0&n=2").await.chunks();
    assert!(is_complete && chunks.iter().all(|chunk| chunk.len() == 1));
    assert_eq!(chunks.concat(), sample(2 * EVENT.len()));
    let (chunks, _) = get(addr, "/fault/slow-body?delay=0&n=1&size=7")
        .await
        .chunks();
    assert_eq!(
        chunks.iter().map(String::len).collect::<Vec<_>>(),
        [7, 7, 7, 7, 2]
    );
}

#[tokio::test]
async fn a_connection_closes_after_a_response_despite_keep_alive() {
    let addr = target().await;
    let answer = get_with(addr, "/fault/close-after-reply", "").await;
    assert_eq!(
        answer.header("keep-alive").as_deref(),
        Some("timeout=5, max=100")
    );
    assert_eq!(answer.header("connection"), None);
    assert!(answer.chunks().1 && !answer.was_reset);
}

#[tokio::test]
async fn a_connection_closes_when_it_is_reused() {
    let addr = target().await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = b"GET /fault/close-idle HTTP/1.1\r\nhost: target\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let whole = format!("{HEAD}{BODY}");
    let first = read_while_open(&mut stream, |answer| answer.raw.len() >= whole.len()).await;
    assert_eq!(first.text(), whole);
    stream.write_all(request).await.unwrap();
    let second = read_to_end(&mut stream).await;
    assert!(second.raw.is_empty() && !second.was_reset);
}

#[tokio::test]
async fn invalid_responses_are_exact_to_the_byte() {
    let addr = target().await;
    for (kind, expected) in [
        (
            "bad-chunk",
            format!("{HEAD}1e\r\n{EVENT}\r\nzz\r\n{EVENT}\r\n0\r\n\r\n"),
        ),
        (
            "bad-status-line",
            format!("ICY 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{EVENT}"),
        ),
        ("slow-headers?delay=0", format!("{HEAD}{BODY}")),
        (
            "half-headers?hold=0",
            "HTTP/1.1 200 OK\r\ncontent-ty".to_owned(),
        ),
        ("no-headers", String::new()),
        (
            "huge-headers?size=100000",
            HEAD.replace(
                "content-type",
                &format!("x-huge: {}\r\ncontent-type", "x".repeat(100_000)),
            ) + BODY,
        ),
        (
            "many-headers?n=2",
            HEAD.replace("content-type", "x-many-0: x\r\nx-many-1: x\r\ncontent-type") + BODY,
        ),
        (
            "early-hints?n=2",
            format!(
                "{}{HEAD}{BODY}",
                "HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n".repeat(2)
            ),
        ),
        ("empty-reason", HEAD.replace("200 OK", "200 ") + BODY),
        (
            "no-length",
            HEAD.replace("transfer-encoding: chunked\r\n", "") + EVENT,
        ),
        (
            "short-length",
            HEAD.replace("transfer-encoding: chunked", "content-length: 60") + EVENT,
        ),
    ] {
        let answer = get(addr, &format!("/fault/{kind}")).await;
        assert_eq!(answer.text(), expected, "{kind}");
        assert!(!answer.was_reset, "{kind}");
    }
}

#[tokio::test]
async fn a_fault_also_affects_a_reused_connection() {
    let addr = target().await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream
        .write_all(b"GET /health HTTP/1.1\r\nhost: target\r\n\r\n")
        .await
        .unwrap();
    read_while_open(&mut stream, |answer| answer.text().ends_with("ok\n")).await;
    stream
        .write_all(
            b"POST /fault/empty-reason HTTP/1.1\r\nhost: target\r\ncontent-length: 2\r\n\r\nhi",
        )
        .await
        .unwrap();
    assert!(
        read_to_end(&mut stream)
            .await
            .text()
            .starts_with("HTTP/1.1 200 \r\n")
    );
}

#[tokio::test]
async fn every_listed_fault_answers_and_is_bounded() {
    let addr = target().await;
    let list = get(addr, "/fault").await.text();
    let mut faults = 0;
    for name in names() {
        assert!(list.contains(&format!("/fault/{name} ")), "{name}");
        let path = format!("/fault/{name}?hold=10ms&delay=0&size=10&n=1&after=0");
        let answer = get(addr, &path).await;
        let is_empty = answer.raw.is_empty();
        assert_eq!(is_empty, name == "no-headers", "{name}");
        faults += 1;
    }
    assert_eq!(faults, 19);
}

#[tokio::test]
async fn an_unknown_fault_names_the_nearest() {
    let addr = target().await;
    let answer = get(addr, "/fault/truncated").await;
    assert_eq!(answer.status(), 404);
    assert!(answer.text().contains("did you mean `truncate`?"));
    let answer = get(addr, "/fault/reset?after=many").await;
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.json()["error"]["param"], "after");
}

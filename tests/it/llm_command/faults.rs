//! Servers that fail in ways that real ones have.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

use super::llm;

/// A server that gives its answers in turn, each connection to be used again, and then leaves. An empty answer is a
/// connection that is closed when the request arrives, which stays unread.
fn in_turn(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut answers = answers.iter();
        for socket in listener.incoming().flatten() {
            let mut reader = BufReader::new(&socket);
            while let [answer, ..] = answers.as_slice() {
                if answer.is_empty() {
                    let _ = socket.peek(&mut [0]);
                    let _ = socket.shutdown(Shutdown::Both);
                } else if read_request(&mut reader).is_some() {
                    let _ = (&socket).write_all(answer.as_bytes());
                } else {
                    break;
                }
                if answers.next().is_none_or(|answer| answer.is_empty()) {
                    break;
                }
            }
        }
    });
    url
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()
}

const WELL: &str = concat!(
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 108\r\n\r\n",
    r#"data: {"choices":[{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}],"usage":null}"#,
    "\n\n",
    "data: [DONE]\n\n",
);
const BUSY: &str = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

fn requests(answers: &'static [&'static str], n: &str) -> Vec<String> {
    let said = llm(&in_turn(answers))
        .args(["-q", "-m", "m", "-c", "1", "-n", n, "--warmup", "0"])
        .args(["--server-metrics", "none"])
        .said()
        .exits(0);
    let lines = said.stdout.lines().map(str::trim);
    lines
        .skip_while(|line| !line.starts_with("requests."))
        .take_while(|line| !line.starts_with("duration."))
        .map(str::to_owned)
        .collect()
}

#[test]
fn failures_of_different_status_are_separate() {
    assert_eq!(
        requests(&[BUSY, WELL, BROKEN, BUSY], "4"),
        [
            "requests............: 1 succeeded, 3 failed",
            "✗ 2 status 429 (Retry-After: 1)",
            "✗ 1 status 500",
        ]
    );
}

#[test]
fn a_search_ends_immediately_if_a_lower_rate_would_not_help() {
    let target = super::Target::start();
    let said = llm(&target.url("key=secret"))
        .args(["-q", "-m", "m", "-n", "2", "--warmup", "0"])
        .args(["--rate", "2", "--find-max-rate", "p50(ttft)<1s"])
        .said()
        .exits(1);
    assert_eq!(said.stdout, "");
    assert_eq!(
        said.stderr,
        "error: none of 2 requests succeeded: status 401: Unauthorized\n"
    );
}

#[test]
fn a_level_of_a_sweep_reports_why_requests_failed() {
    let target = super::Target::start();
    let said = llm(&target.url("fail=status:503"))
        .args(["-m", "m", "-n", "2", "--warmup", "0"])
        .args(["--sweep", "concurrency=1,2"])
        .said()
        .exits(1);
    let why = "    2 failed: status 503: failed, as requested\n";
    assert_eq!(said.stderr.matches(why).count(), 2, "{}", said.stderr);
}

#[test]
fn a_request_that_was_sent_twice_is_reported() {
    assert_eq!(
        requests(&[WELL, "", WELL], "2"),
        [
            "requests............: 2 succeeded, 0 failed",
            "- 1 was sent twice: the server had closed the connection it took",
        ]
    );
}

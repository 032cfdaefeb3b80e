//! Retries, against servers on separate threads that close connections at arbitrary moments.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::support::*;
use crate::http::{ErrorKind, Request};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n8\r\ndata: x\n\r\n0\r\n\r\n";

#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    killed: AtomicUsize,
}

/// Serves each connection on a thread with `serve`, which receives complete requests.
fn server(
    serve: impl Fn(&mut TcpStream, &Counts) -> bool + Send + Sync + 'static,
) -> (String, Arc<Counts>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let counts = Arc::<Counts>::default();
    let (counted, serve) = (counts.clone(), Arc::new(serve));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (counted, serve) = (counted.clone(), serve.clone());
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                while read_request(&mut stream) {
                    counted.requests.fetch_add(1, Ordering::Relaxed);
                    if !serve(&mut stream, &counted) {
                        break;
                    }
                }
            });
        }
    });
    (url, counts)
}

fn read_request(stream: &mut TcpStream) -> bool {
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.ends_with(b"payload") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return false,
        }
    }
    true
}

/// Sends this many requests in turn; returns the numbers of failures and of repeated requests.
fn ask(url: &str, count: usize) -> (usize, usize) {
    let (mut failed, mut again) = (0, 0);
    run(async {
        let client = client();
        for _ in 0..count {
            let mut request = Request::get(url).unwrap();
            request.method = http::Method::POST;
            request.body = "payload".into();
            match client.send(request).await {
                Ok(mut response) => {
                    response.body.read(1000).await.unwrap();
                    again += response.reconnects as usize;
                }
                Err(failure) => {
                    assert_eq!(failure.error.kind, ErrorKind::Reset, "{}", failure.error);
                    assert_eq!(failure.reconnects, 0);
                    failed += 1;
                }
            }
        }
    });
    (failed, again)
}

#[test]
fn every_request_killed_during_processing_is_a_failure() {
    let (url, counts) = server(|stream, counts| {
        if counts.requests.load(Ordering::Relaxed) % 10 < 3 {
            std::thread::sleep(Duration::from_millis(1));
            counts.killed.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        stream.write_all(ANSWER).is_ok()
    });
    let (failed, again) = ask(&url, 2000);
    let killed = counts.killed.load(Ordering::Relaxed);
    assert_eq!((failed, again), (killed, 0));
    assert!(killed >= 500, "{killed}");
    assert_eq!(counts.requests.load(Ordering::Relaxed), 2000);
}

#[test]
fn a_server_that_closes_after_each_response_causes_no_failure() {
    // Like llama-server, and like a server that drops its socket.
    for farewell in [true, false] {
        let (url, counts) = server(move |stream, _| {
            stream.write_all(ANSWER).unwrap();
            if farewell {
                let _ = stream.shutdown(Shutdown::Both);
            }
            false
        });
        let (failed, _) = ask(&url, 2000);
        assert_eq!(failed, 0);
        assert_eq!(counts.requests.load(Ordering::Relaxed), 2000);
    }
}

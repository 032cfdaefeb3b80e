//! A client that shows every byte, and how the connection ended.

use std::io::ErrorKind;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::serve::Server;

/// Starts a server for a test.
pub(super) async fn target() -> SocketAddr {
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let addr = server.local_addr();
    tokio::spawn(server.run(std::future::pending()));
    addr
}

/// Everything a server sent on a connection.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) raw: Vec<u8>,
    /// Whether the connection ended with RST instead of FIN.
    pub(super) was_reset: bool,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }

    pub(super) fn head(&self) -> String {
        self.text().split_once("\r\n\r\n").unwrap().0.to_owned()
    }

    pub(super) fn status(&self) -> u16 {
        self.text().split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        let head = self.head();
        let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    }

    /// The bytes after the head.
    pub(super) fn body(&self) -> &[u8] {
        let end = self
            .raw
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n")
            .unwrap();
        &self.raw[end + 4..]
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(self.body()).unwrap()
    }

    /// The chunks of the body, and whether the last one arrived.
    pub(super) fn chunks(&self) -> (Vec<String>, bool) {
        let (chunks, rest) = split_chunks(self.body());
        let is_complete = rest == Some(b"".as_slice());
        (chunks, is_complete)
    }

    /// The body without its chunks.
    pub(super) fn content(&self) -> String {
        self.chunks().0.concat()
    }
}

/// The chunks at the start of `body`, and the bytes after the last one if it arrived.
fn split_chunks(mut body: &[u8]) -> (Vec<String>, Option<&[u8]>) {
    let mut chunks = Vec::new();
    while let Some(end) = body.windows(2).position(|bytes| bytes == b"\r\n") {
        let size = str::from_utf8(&body[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let rest = &body[end + 2..];
        if size == 0 {
            return (chunks, Some(rest.strip_prefix(b"\r\n").unwrap()));
        }
        assert_eq!(
            &rest[size..size + 2],
            b"\r\n",
            "a chunk ends after its size"
        );
        chunks.push(String::from_utf8(rest[..size].to_vec()).unwrap());
        body = &rest[size + 2..];
    }
    assert!(body.is_empty(), "a chunk was cut: {body:?}");
    (chunks, None)
}

/// Sends `request` on a new connection and reads until the server closes it.
pub(super) async fn exchange(addr: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    read_to_end(&mut stream).await
}

/// Reads until the server closes the connection.
pub(super) async fn read_to_end(stream: &mut TcpStream) -> Answer {
    let mut raw = Vec::new();
    let was_reset = match stream.read_to_end(&mut raw).await {
        Ok(_) => false,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => true,
        Err(error) => panic!("{error}"),
    };
    Answer { raw, was_reset }
}

/// Reads until `is_whole` returns true.
pub(super) async fn read_while_open(
    stream: &mut TcpStream,
    is_whole: impl Fn(&Answer) -> bool,
) -> Answer {
    let mut answer = Answer {
        raw: Vec::new(),
        was_reset: false,
    };
    while !is_whole(&answer) {
        let read = stream.read_buf(&mut answer.raw).await.unwrap();
        assert_ne!(read, 0, "closed after {:?}", answer.text());
    }
    answer
}

/// `GET path` on a connection that closes afterwards.
pub(super) async fn get(addr: SocketAddr, path: &str) -> Answer {
    get_with(addr, path, "connection: close\r\n").await
}

/// `GET path` with more header lines.
pub(super) async fn get_with(addr: SocketAddr, path: &str, headers: &str) -> Answer {
    exchange(
        addr,
        &format!("GET {path} HTTP/1.1\r\nhost: target\r\n{headers}\r\n"),
    )
    .await
}

/// `POST path` with a JSON body.
pub(super) async fn post(addr: SocketAddr, path: &str, body: &str) -> Answer {
    post_with(addr, path, "connection: close\r\n", body).await
}

/// `POST path` with a JSON body and more header lines.
pub(super) async fn post_with(addr: SocketAddr, path: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    exchange(
        addr,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: target\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        ),
    )
    .await
}

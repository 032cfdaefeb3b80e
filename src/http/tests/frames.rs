//! HTTP/2 frames by hand, for messages that no library sends.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()];
    [&head.concat()[..], payload].concat()
}

pub(super) fn settings() -> Vec<u8> {
    frame(4, 0, 0, &[])
}

/// Status 200.
pub(super) fn head(stream: u32) -> Vec<u8> {
    frame(1, 4, stream, &[0x88])
}

/// Status 200 with a length.
pub(super) fn head_with_length(stream: u32, length: &str) -> Vec<u8> {
    // A literal value for the name 28 of the static table, `content-length`.
    let size = u8::try_from(length.len()).unwrap();
    let payload = [&[0x88, 0x0f, 0x0d, size][..], length.as_bytes()].concat();
    frame(1, 4, stream, &payload)
}

pub(super) fn data(stream: u32, bytes: &[u8], end: bool) -> Vec<u8> {
    frame(0, u8::from(end), stream, bytes)
}

pub(super) fn reset(stream: u32, reason: u32) -> Vec<u8> {
    frame(3, 0, stream, &reason.to_be_bytes())
}

pub(super) fn go_away(last: u32, reason: u32) -> Vec<u8> {
    frame(
        7,
        0,
        0,
        &[last.to_be_bytes(), reason.to_be_bytes()].concat(),
    )
}

/// Reads up to the head of the first request, the preface included.
pub(super) async fn request(stream: &mut TcpStream) {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    next_request(stream).await;
}

/// Reads up to the head of the next request.
pub(super) async fn next_request(stream: &mut TcpStream) {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.unwrap();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.unwrap();
        if head[3] == 1 {
            return;
        }
    }
}

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::support::*;
use crate::http::ErrorKind;

/// [`TEXT`], compressed with brotli by Node.
const BROTLI: &[u8] = &[
    0x1b, 0x17, 0x00, 0xf8, 0x8d, 0x94, 0x6e, 0xde, 0x44, 0x55, 0x86, 0xd6, 0x20, 0x21, 0x6c, 0x6f,
    0x4a, 0x11, 0x79, 0xe2, 0x80, 0xae, 0x86,
];

const TEXT: &[u8] = b"hello hello hello hello!";

fn response(encoding: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 0).unwrap()
}

#[test]
fn compressed_bodies_are_decoded() {
    run(async {
        for (encoding, body) in [
            ("gzip", gzip(TEXT)),
            ("x-gzip", gzip(TEXT)),
            ("GZIP", [gzip(&TEXT[..9]), gzip(&TEXT[9..])].concat()),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
            ("br", BROTLI.to_vec()),
            ("zstd", zstd(TEXT)),
            ("ZSTD", [zstd(&TEXT[..9]), zstd(&TEXT[9..])].concat()),
            ("identity", TEXT.to_vec()),
        ] {
            let server = Server::answering(response(encoding, &body)).await;
            let client = client();
            for _ in 0..2 {
                let (response, text) = fetch(&client, server.get("/")).await;
                assert_eq!(text.as_bytes(), TEXT, "{encoding}");
                // Bytes are counted as on the wire.
                assert!(response.body.traffic().received > body.len() as u64);
            }
            assert_eq!(server.seen.connections.get(), 1);
        }
    });
}

#[test]
fn no_encoding_is_requested() {
    run(async {
        let server = Server::answering(ok("")).await;
        fetch(&client(), server.get("/")).await;
        assert!(!server.requests()[0].contains("accept-encoding"));
    });
}

#[test]
fn an_unknown_encoding_is_returned_unchanged() {
    run(async {
        let server = Server::answering(response("rot13", b"uryyb")).await;
        assert_eq!(fetch(&client(), server.get("/")).await.1, "uryyb");
    });
}

#[test]
fn a_body_that_does_not_decode_is_an_encoding_error() {
    run(async {
        for encoding in ["gzip", "deflate", "br", "zstd"] {
            let server =
                Server::answering(response(encoding, b"\xffnonsense, no doubt about it")).await;
            let mut answer = client().send(server.get("/")).await.unwrap();
            let error = answer.body.read(1000).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Encoding, "{encoding}: {error}");
        }
    });
}

#[test]
fn a_compressed_body_without_its_end_is_truncated() {
    run(async {
        for (encoding, body) in [
            ("gzip", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("br", BROTLI.to_vec()),
            ("zstd", zstd(TEXT)),
        ] {
            let server = Server::answering(response(encoding, &body[..body.len() - 5])).await;
            let mut answer = client().send(server.get("/")).await.unwrap();
            let error = answer.body.read(1000).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Truncated, "{encoding}: {error}");
        }
    });
}

#[test]
fn a_decompression_bomb_is_returned_in_pieces() {
    run(async {
        let zeros = vec![0; 100 << 20];
        for (encoding, bomb) in [
            ("gzip", gzip(&zeros)),
            ("deflate", zlib(&zeros)),
            ("zstd", zstd(&zeros)),
        ] {
            let server = Server::answering(response(encoding, &bomb)).await;
            let mut answer = client().send(server.get("/")).await.unwrap();
            let mut length = 0;
            while let Some(chunk) = answer.body.chunk().await.unwrap() {
                assert!(chunk.bytes.len() <= 64 << 10);
                length += chunk.bytes.len();
            }
            assert_eq!(length, zeros.len(), "{encoding}");
        }
    });
}

#[test]
fn a_time_limit_applies_within_a_decompression_bomb() {
    run(async {
        let server = Server::answering(response("zstd", &zstd(&vec![0; 1 << 28]))).await;
        let mut request = server.get("/");
        request.timeout = Some(std::time::Duration::from_millis(100));
        let mut answer = client().send(request).await.unwrap();
        let error = loop {
            match answer.body.chunk().await {
                Ok(chunk) => assert!(chunk.is_some()),
                Err(error) => break error,
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        };
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert!(answer.body.chunk().await.unwrap().is_none());
    });
}

#[test]
fn an_oversized_window_is_rejected() {
    run(async {
        let compressed = |window| {
            let mut encoder = zstd::Encoder::new(Vec::new(), 0).unwrap();
            encoder.window_log(window).unwrap();
            encoder.write_all(&vec![b'x'; 100_000]).unwrap();
            // Without the end, the size is unknown, so the window has the requested size.
            encoder.flush().unwrap();
            encoder.finish().unwrap()
        };
        for (window, expected) in [(23, None), (24, Some(ErrorKind::Encoding))] {
            let server = Server::answering(response("zstd", &compressed(window))).await;
            let mut answer = client().send(server.get("/")).await.unwrap();
            let error = answer.body.read(1_000_000).await.err();
            assert_eq!(error.map(|error| error.kind), expected, "{window}");
        }
    });
}

#[test]
fn compressed_bodies_are_decoded_from_single_bytes() {
    run(async {
        for (encoding, body) in [
            ("gzip", gzip(TEXT)),
            ("deflate", zlib(TEXT)),
            ("deflate", deflate(TEXT)),
            ("br", BROTLI.to_vec()),
            ("zstd", zstd(TEXT)),
        ] {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ntransfer-encoding: chunked\r\n\r\n"
            );
            let mut answer = head.into_bytes();
            for byte in body {
                answer.extend([b"1\r\n", &[byte][..], b"\r\n"].concat());
            }
            answer.extend(END.as_bytes());
            let server = Server::answering(answer).await;
            assert_eq!(
                fetch(&client(), server.get("/")).await.1.as_bytes(),
                TEXT,
                "{encoding}"
            );
        }
    });
}

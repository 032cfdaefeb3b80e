//! HTTP/2 without TLS, by prior knowledge.

use std::net::SocketAddr;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::client::conn::http2;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::client::target;

async fn get(addr: SocketAddr, path: &str) -> Response<hyper::body::Incoming> {
    let socket = TokioIo::new(TcpStream::connect(addr).await.unwrap());
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), socket)
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("http://{addr}{path}"))
        .body(Body::empty())
        .unwrap();
    sender.send_request(request).await.unwrap()
}

#[tokio::test]
async fn a_stream_works_over_http_2() {
    let addr = target().await;
    let body = get(addr, "/.sse?n=2&interval=0&size=1").await.into_body();
    assert_eq!(
        body.collect().await.unwrap().to_bytes(),
        "id: 0\ndata: 0\n\nid: 1\ndata: 0\n\n"
    );
    let echo = get(addr, "/echo")
        .await
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes();
    assert!(
        str::from_utf8(&echo)
            .unwrap()
            .contains(r#""version":"HTTP/2.0""#)
    );
}

#[tokio::test]
async fn a_cut_off_stream_has_no_end() {
    let addr = target().await;
    for path in ["/.sse?n=2&interval=0&end=reset", "/fault/truncate"] {
        assert!(
            get(addr, path).await.into_body().collect().await.is_err(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_fault_of_http_1_is_rejected_over_http_2() {
    let addr = target().await;
    let response = get(addr, "/fault/bad-chunk").await;
    assert_eq!(response.status(), 400);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(str::from_utf8(&body).unwrap().contains("needs_http1"));
}

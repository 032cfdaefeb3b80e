use std::time::Duration;

use super::support::*;
use crate::http::ErrorKind;

const SHORT: Duration = Duration::from_millis(40);

/// Accepts connections and sends nothing.
async fn silent() -> Server {
    Server::start(|mut peer, _| async move { peer.gone().await }).await
}

#[test]
fn a_silent_server_exceeds_the_timeout() {
    run(async {
        let server = silent().await;
        let mut request = server.get("/");
        request.timeout = Some(SHORT);
        let failure = fail(&client(), request).await;
        assert_eq!(failure.error.kind, ErrorKind::Timeout);
        assert_eq!(
            failure.error.message,
            "timeout of 40ms: waiting for the response"
        );
        assert!(failure.timings.phases.waiting > Duration::ZERO);
        assert!(failure.timings.phases.total() >= SHORT);
        assert!(failure.traffic.sent > 0);
    });
}

#[test]
fn the_timeout_applies_to_the_body() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")
                .await;
            peer.gone().await;
        })
        .await;
        let mut request = server.get("/");
        request.timeout = Some(SHORT);
        let mut response = client().send(request).await.unwrap();
        assert_eq!(response.body.chunk().await.unwrap().unwrap().bytes, "half");
        let error = response.body.chunk().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Timeout);
        assert_eq!(
            error.message,
            "timeout of 40ms: the response is not complete"
        );
        assert!(response.body.is_over());
    });
}

#[test]
fn the_timeout_applies_to_a_body_that_never_pauses() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            peer.request().await;
            peer.send("HTTP/1.1 200 OK\r\n\r\n").await;
            let block = vec![b'x'; 1 << 16];
            while tokio::io::AsyncWriteExt::write_all(&mut peer.stream, &block)
                .await
                .is_ok()
            {}
        })
        .await;
        let mut request = server.get("/");
        request.timeout = Some(SHORT);
        let mut response = client().send(request).await.unwrap();
        let error = loop {
            match response.body.chunk().await {
                Ok(chunk) => assert!(chunk.is_some()),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind, ErrorKind::Timeout);
    });
}

#[test]
fn a_stalled_handshake_exceeds_the_connect_timeout() {
    run(async {
        let server = silent().await;
        let url = format!("https://{}/", server.address);
        let mut request = crate::http::Request::get(&url).unwrap();
        request.connect_timeout = Some(SHORT);
        let failure = fail(&client(), request).await;
        assert_eq!(failure.error.kind, ErrorKind::Timeout);
        let address = server.address;
        let expected =
            format!("connect_timeout of 40ms: no connection to {address} (in the TLS handshake)");
        assert_eq!(failure.error.message, expected);
        assert!(failure.timings.phases.tls > Duration::ZERO);
    });
}

#[test]
fn the_settings_limit_connecting_unless_the_request_does() {
    run(async {
        let server = silent().await;
        let client = client_with(|settings| settings.connect_timeout = Some(SHORT));
        let url = format!("https://{}/", server.address);
        let failure = fail(&client, crate::http::Request::get(&url).unwrap()).await;
        assert!(
            failure.error.message.starts_with("connect_timeout"),
            "{}",
            failure.error
        );
    });
}

#[test]
fn limits_that_are_not_reached_have_no_effect() {
    run(async {
        let server = Server::answering(ok("fine")).await;
        let client = client();
        for limit in [Duration::from_secs(20), Duration::MAX] {
            let mut request = server.get("/");
            request.timeout = Some(limit);
            request.connect_timeout = Some(limit);
            assert_eq!(fetch(&client, request).await.1, "fine");
        }
    });
}

#[test]
fn the_timeout_applies_during_endless_interim_responses() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            peer.request().await;
            let hints = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".repeat(1000);
            while tokio::io::AsyncWriteExt::write_all(&mut peer.stream, hints.as_bytes())
                .await
                .is_ok()
            {}
        })
        .await;
        let mut request = server.get("/");
        request.timeout = Some(SHORT);
        let failure = fail(&client(), request).await;
        assert_eq!(failure.error.kind, ErrorKind::Timeout);
    });
}

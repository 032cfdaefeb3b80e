use std::time::Duration;

use super::support::*;
use crate::http::{ErrorKind, Request};

#[test]
fn a_connection_is_reused() {
    run(async {
        let server = Server::answering(ok("hello")).await;
        let client = client();
        let (first, body) = fetch(&client, server.get("/1")).await;
        assert_eq!((first.reused, body.as_str()), (false, "hello"));
        for path in ["/2", "/3"] {
            let (response, _) = fetch(&client, server.get(path)).await;
            assert!(response.reused);
            assert_eq!(response.reconnects, 0);
            assert_eq!(
                response.timings.phases.connecting,
                std::time::Duration::ZERO
            );
        }
        assert_eq!(server.seen.connections.get(), 1);
    });
}

#[test]
fn clients_share_no_connection() {
    run(async {
        let server = Server::answering(ok("")).await;
        let first = client();
        fetch(&first, server.get("/")).await;
        fetch(&client(), server.get("/")).await;
        fetch(&first.clone(), server.get("/")).await;
        assert_eq!(server.seen.connections.get(), 2);
    });
}

#[test]
fn without_reuse_every_request_connects_and_asks_to_close() {
    run(async {
        let server = Server::answering(ok("")).await;
        let client = client_with(|settings| settings.no_connection_reuse = true);
        for _ in 0..3 {
            let (response, _) = fetch(&client, server.get("/")).await;
            assert!(!response.reused);
        }
        assert_eq!(server.seen.connections.get(), 3);
        assert!(
            server
                .requests()
                .iter()
                .all(|request| request.contains("connection: close\r\n"))
        );
    });
}

#[test]
fn idle_connections_can_be_closed() {
    run(async {
        let server = Server::answering(ok("")).await;
        let client = client();
        fetch(&client, server.get("/")).await;
        client.close_idle();
        assert!(!fetch(&client, server.get("/")).await.0.reused);
    });
}

#[test]
fn an_unread_body_closes_its_connection() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            while peer.request().await.is_some() {
                if number == 0 {
                    peer.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart")
                        .await;
                } else {
                    peer.send(ok("whole")).await;
                }
            }
        })
        .await;
        let client = client();
        drop(client.send(server.get("/")).await.unwrap());
        let (response, body) = fetch(&client, server.get("/")).await;
        assert_eq!((response.reused, body.as_str()), (false, "whole"));
    });
}

/// A server that answers completely, announces keep-alive, and closes the connection.
async fn closing_after_each_answer() -> Server {
    let answer = format!(
        "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\n{}",
        &ok("done")[17..]
    );
    Server::answering_once(answer).await
}

#[test]
fn a_server_that_closes_after_each_response_causes_no_error() {
    run(async {
        let server = closing_after_each_answer().await;
        let client = client();
        let mut connections = 0;
        for _ in 0..1000 {
            let (response, body) = fetch(&client, server.get("/")).await;
            assert_eq!(body, "done");
            connections += usize::from(!response.reused) + response.reconnects as usize;
        }
        assert_eq!(server.requests().len(), 1000);
        assert!(connections >= 1000);
    });
}

fn post(server: &Server, path: &str) -> Request {
    let mut request = server.get(path);
    request.method = http::Method::POST;
    request.body = "payload".into();
    request
}

#[test]
fn a_request_that_a_closing_server_did_not_read_is_sent_once_more() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            peer.request().await;
            peer.send(ok("first")).await;
            if number == 0 {
                leave_unread(&peer.stream).await;
                return;
            }
            peer.gone().await;
        })
        .await;
        let client = client();
        fetch(&client, server.get("/1")).await;
        let (response, body) = fetch(&client, post(&server, "/2")).await;
        assert_eq!(
            (response.reconnects, response.reused, body.as_str()),
            (1, false, "first")
        );
        let requests = server.requests();
        assert_eq!(requests.len(), 2);
        assert!(requests[1].ends_with("payload"));
    });
}

#[test]
fn a_second_closed_connection_is_an_error() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            peer.request().await;
            if number == 0 {
                peer.send(ok("")).await;
                leave_unread(&peer.stream).await;
            }
        })
        .await;
        let client = client();
        fetch(&client, server.get("/1")).await;
        let failure = fail(&client, server.get("/2")).await;
        assert_eq!(
            (failure.error.kind, failure.reconnects),
            (ErrorKind::Reset, 1)
        );
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn a_server_that_dies_after_reading_a_request_causes_no_retry() {
    run(async {
        for work in [0, 25] {
            let server = Server::start(move |mut peer, _| async move {
                peer.request().await;
                peer.send(ok("")).await;
                peer.request().await;
                tokio::time::sleep(Duration::from_millis(work)).await;
            })
            .await;
            let client = client();
            fetch(&client, server.get("/1")).await;
            let failure = fail(&client, post(&server, "/2")).await;
            assert_eq!(
                (failure.error.kind, failure.reconnects),
                (ErrorKind::Reset, 0)
            );
            assert_eq!(server.requests().len(), 2);
        }
    });
}

#[test]
fn a_new_connection_that_dies_is_an_error_without_a_retry() {
    run(async {
        for reset in [false, true] {
            let server = Server::start(move |mut peer, _| async move {
                peer.request().await;
                if reset {
                    peer.reset();
                }
            })
            .await;
            let failure = fail(&client(), server.get("/")).await;
            assert_eq!(
                (failure.error.kind, failure.reconnects),
                (ErrorKind::Reset, 0)
            );
            assert_eq!(server.requests().len(), 1);
        }
    });
}

#[test]
fn a_reused_connection_that_dies_within_a_response_is_an_error() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            peer.request().await;
            peer.send(ok("")).await;
            peer.request().await;
            peer.send("HTTP/1.1 200").await;
        })
        .await;
        let client = client();
        fetch(&client, server.get("/1")).await;
        let failure = fail(&client, server.get("/2")).await;
        assert_eq!(
            (failure.error.kind, failure.reconnects),
            (ErrorKind::Reset, 0)
        );
        assert_eq!(server.requests().len(), 2);
    });
}

#[test]
fn unexpected_bytes_make_a_connection_unusable() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            peer.request().await;
            peer.send(
                ok("x")
                    + if number == 0 {
                        "HTTP/1.1 408 Late\r\n\r\n"
                    } else {
                        ""
                    },
            )
            .await;
            peer.gone().await;
        })
        .await;
        let client = client();
        fetch(&client, server.get("/1")).await;
        let (response, _) = fetch(&client, server.get("/2")).await;
        assert_eq!(
            (response.reused, response.head.status.as_u16()),
            (false, 200)
        );
    });
}

#[test]
fn a_closed_port_is_a_connect_error() {
    run(async {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", socket.local_addr().unwrap());
        drop(socket);
        let failure = fail(&client(), Request::get(&url).unwrap()).await;
        assert_eq!(failure.error.kind, ErrorKind::Connect);
        assert!(
            failure.error.message.contains("127.0.0.1"),
            "{}",
            failure.error.message
        );
    });
}

#[test]
fn every_address_of_a_name_is_tried() {
    run(async {
        // The server listens on IPv4 only; the name may have addresses of both families.
        let server = Server::answering(ok("")).await;
        let url = format!("http://localhost:{}/", server.address.port());
        let (response, _) = fetch(&client(), Request::get(&url).unwrap()).await;
        assert_eq!(response.head.remote_addr, Some(server.address));
    });
}

#[test]
fn a_host_override_sets_the_address() {
    run(async {
        let server = Server::answering(ok("")).await;
        let address = server.address.to_string();
        let client =
            client_with(|settings| settings.hosts.insert("api.example.test", &address).unwrap());
        fetch(&client, Request::get("http://api.example.test/").unwrap()).await;
        assert!(server.requests()[0].contains("host: api.example.test\r\n"));
    });
}

#[test]
fn a_host_without_an_address_is_a_dns_error() {
    run(async {
        let request = Request::get("http://no-such-host.invalid/").unwrap();
        assert_eq!(fail(&client(), request).await.error.kind, ErrorKind::Dns);
    });
}

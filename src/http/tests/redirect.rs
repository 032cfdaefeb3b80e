use http::Method;

use super::support::*;
use crate::http::{Cookies, ErrorKind};

/// Sends each request for `/from` to `location`, and answers others with their path.
async fn redirecting(status: u16, location: &str) -> Server {
    let header = if location == "none" {
        String::new()
    } else {
        format!("location: {location}\r\n")
    };
    let answer = format!("HTTP/1.1 {status} Moved\r\n{header}content-length: 4\r\n\r\ngone");
    Server::start(move |mut peer, _| {
        let answer = answer.clone();
        async move {
            while let Some(request) = peer.request().await {
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                peer.send(if path.starts_with("/from") {
                    answer.clone()
                } else {
                    ok(&path)
                })
                .await;
            }
        }
    })
    .await
}

#[test]
fn a_redirect_with_a_stalled_body_is_followed() {
    run(async {
        let server = Server::start(|mut peer, number| async move {
            peer.request().await;
            if number == 0 {
                peer.send(
                    "HTTP/1.1 302 Found\r\nlocation: /there\r\ncontent-length: 9\r\n\r\nhalf",
                )
                .await;
                peer.gone().await;
            } else {
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                    .await;
            }
        })
        .await;
        let response = client().send(server.get("/")).await.unwrap();
        assert_eq!(response.head.url.path(), "/there");
    });
}

#[test]
fn method_and_body_follow_the_status() {
    run(async {
        for (status, method, expected) in [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (303, Method::POST, Method::GET),
            (303, Method::PUT, Method::GET),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
            (301, Method::PUT, Method::PUT),
            (302, Method::GET, Method::GET),
        ] {
            let server = redirecting(status, "/to?x=1").await;
            let mut request = server.get("/from");
            request.method = method.clone();
            request.body = "payload".into();
            request.header("content-type", "text/plain").unwrap();
            let client = client();
            let (response, body) = fetch(&client, request).await;
            assert_eq!((body.as_str(), response.redirects), ("/to?x=1", 1));
            assert_eq!(response.head.url.as_str(), server.url("/to?x=1"));
            let second = &server.requests()[1];
            assert!(second.starts_with(expected.as_str()), "{status}: {second}");
            let with_body = method == expected;
            assert_eq!(second.ends_with("payload"), with_body, "{status}: {second}");
            assert_eq!(
                second.contains("content-type"),
                with_body,
                "{status}: {second}"
            );
            // Its short body was read, so the connection was kept.
            assert_eq!(server.seen.connections.get(), 1);
        }
    });
}

#[test]
fn other_statuses_are_not_redirects() {
    run(async {
        for status in [300, 304, 305, 201] {
            let server = redirecting(status, "/to").await;
            let response = client().send(server.get("/from")).await.unwrap();
            assert_eq!(
                (response.head.status.as_u16(), response.redirects),
                (status, 0)
            );
        }
    });
}

/// Headers that are known credentials, and an unknown one.
const SECRET: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-goog-api-key",
    "api-key",
    "x-amz-security-token",
    "x-of-my-company",
];
const HARMLESS: [&str; 5] = [
    "accept",
    "accept-language",
    "content-type",
    "last-event-id",
    "user-agent",
];

#[test]
fn only_harmless_headers_go_to_another_origin() {
    run(async {
        let other = redirecting(307, "/unused").await;
        for (target, same) in [("/to".to_owned(), true), (other.url("/to"), false)] {
            let server = redirecting(307, &target).await;
            let mut request = server.get("/from");
            request.cookies = Cookies::Off;
            for name in SECRET.iter().chain(&HARMLESS) {
                request.header(name, format!("value-of-{name}.")).unwrap();
            }
            fetch(&client(), request).await;
            let second = if same {
                server.requests()[1].clone()
            } else {
                other.requests()[0].clone()
            };
            let is_sent = |name: &&str| second.contains(&format!("value-of-{name}."));
            assert_eq!(
                SECRET.iter().filter(|name| is_sent(name)).count(),
                if same { SECRET.len() } else { 0 },
                "{second}"
            );
            assert!(HARMLESS.iter().all(is_sent), "{second}");
        }
    });
}

#[test]
fn user_information_stays_with_its_origin() {
    run(async {
        let other = redirecting(302, "/unused").await;
        let server = redirecting(302, &other.url("/to")).await;
        let url = server
            .url("/from")
            .replace("http://", "http://user:secret@");
        let (response, _) = fetch(&client(), crate::http::Request::get(&url).unwrap()).await;
        assert!(server.requests()[0].contains("authorization: Basic dXNlcjpzZWNyZXQ=\r\n"));
        assert!(!other.requests()[0].contains("authorization"));
        assert!(!response.head.url.as_str().contains("secret"));
    });
}

#[test]
fn a_redirect_without_a_target_is_an_error() {
    run(async {
        for location in ["none", "", "http://", "ftp://example.test/", "http://[::1/"] {
            let server = redirecting(302, location).await;
            let failure = fail(&client(), server.get("/from")).await;
            assert_eq!(failure.error.kind, ErrorKind::Redirect, "{location:?}");
            assert_eq!(failure.head.unwrap().status, 302);
            assert_eq!(server.requests().len(), 1, "{location:?}");
        }
    });
}

#[test]
fn redirects_are_counted_and_bounded() {
    run(async {
        let server = redirecting(302, "/from").await;
        let failure = fail(&client(), server.get("/from")).await;
        assert_eq!(
            (failure.error.kind, failure.redirects),
            (ErrorKind::Redirect, 10)
        );
        assert_eq!(server.requests().len(), 11);

        let mut request = server.get("/from");
        request.redirects = Some(2);
        let failure = fail(&client(), request).await;
        assert_eq!(failure.error.message, "more than 2 redirects");
    });
}

#[test]
fn with_no_redirects_allowed_the_redirect_is_the_response() {
    run(async {
        let server = redirecting(302, "/to").await;
        let mut request = server.get("/from");
        request.redirects = Some(0);
        let (response, body) = fetch(&client(), request).await;
        assert_eq!(
            (response.head.status.as_u16(), body.as_str()),
            (302, "gone")
        );
    });
}

#[test]
fn cookies_set_by_a_redirect_are_sent() {
    run(async {
        let server = Server::start(|mut peer, _| async move {
            while let Some(request) = peer.request().await {
                let first = request.starts_with("GET /from");
                let head = "HTTP/1.1 302 Found\r\nlocation: /to\r\nset-cookie: id=7\r\ncontent-length: 0\r\n\r\n";
                peer.send(if first { head.to_owned() } else { ok("") }).await;
            }
        })
        .await;
        let client = client();
        fetch(&client, server.get("/from")).await;
        assert!(server.requests()[1].contains("cookie: id=7\r\n"));
        client.jar().clear();
        fetch(&client, server.get("/to")).await;
        assert!(!server.requests()[2].contains("cookie"));
    });
}

#[test]
fn a_fragment_is_inherited_and_never_sent() {
    run(async {
        let server = redirecting(302, "/to").await;
        let (response, _) = fetch(&client(), server.get("/from#part")).await;
        assert_eq!(response.head.url.fragment(), Some("part"));
        assert!(
            server
                .requests()
                .iter()
                .all(|request| !request.contains('#'))
        );
    });
}

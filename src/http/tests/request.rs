use std::rc::Rc;

use http::Method;

use super::support::*;
use crate::http::{CookieJar, Cookies, Request};

async fn on_the_wire(request: impl FnOnce(&mut Request)) -> String {
    let server = Server::answering(ok("")).await;
    let mut sent = server.get("/path?query#fragment");
    request(&mut sent);
    fetch(&client(), sent).await;
    let seen = server.requests()[0].clone();
    seen.replace(&server.address.to_string(), "HOST")
}

#[test]
fn a_plain_request_has_only_the_required_headers() {
    run(async {
        let agent = concat!("ssel/", env!("CARGO_PKG_VERSION"));
        let expected =
            format!("GET /path?query HTTP/1.1\r\nhost: HOST\r\nuser-agent: {agent}\r\n\r\n");
        assert_eq!(on_the_wire(|_| {}).await, expected);
    });
}

#[test]
fn headers_of_the_user_override_all_but_the_framing() {
    run(async {
        let seen = on_the_wire(|request| {
            request.method = Method::POST;
            request.body = "payload".into();
            for (name, value) in [
                ("host", "other.test"),
                ("user-agent", "mine"),
                ("content-length", "3"),
                ("transfer-encoding", "chunked"),
                ("x-two", "a"),
            ] {
                request.header(name, value).unwrap();
            }
            request
                .headers
                .append("x-two", http::HeaderValue::from_static("b"));
        })
        .await;
        let expected = "POST /path?query HTTP/1.1\r\nhost: other.test\r\nuser-agent: mine\r\n\
                        x-two: a\r\nx-two: b\r\ncontent-length: 7\r\n\r\npayload";
        assert_eq!(seen, expected);
    });
}

#[test]
fn an_empty_post_has_a_content_length() {
    run(async {
        for (method, says) in [
            ("POST", true),
            ("PUT", true),
            ("PATCH", true),
            ("GET", false),
            ("DELETE", false),
        ] {
            let seen = on_the_wire(|request| request.method = method.parse().unwrap()).await;
            assert_eq!(seen.contains("content-length: 0\r\n"), says, "{method}");
        }
    });
}

#[test]
fn any_method_may_be_sent_and_may_have_a_body() {
    run(async {
        let seen = on_the_wire(|request| {
            request.method = crate::http::parse_method("REPORT").unwrap();
            request.body = "x".into();
        })
        .await;
        assert!(seen.starts_with("REPORT /path?query HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nx"));
    });
}

#[test]
fn authorization_comes_from_the_url_unless_given() {
    run(async {
        let user = |request: &mut Request| {
            request.url.set_username("a b").unwrap();
            request.url.set_password(Some("p:w")).unwrap();
        };
        let seen = on_the_wire(user).await;
        assert!(
            seen.contains("authorization: Basic YSBiOnA6dw==\r\n"),
            "{seen}"
        );
        let seen = on_the_wire(|request| {
            user(request);
            request.bearer("token").unwrap();
        })
        .await;
        assert!(
            seen.contains("authorization: Bearer token\r\n") && !seen.contains("Basic"),
            "{seen}"
        );
        let seen = on_the_wire(|request| request.basic_auth(b"u", b"p")).await;
        assert!(seen.contains("authorization: Basic dTpw\r\n"), "{seen}");
    });
}

#[test]
fn cookies_are_kept_per_client_or_per_jar_or_not_at_all() {
    run(async {
        let server =
            Server::answering("HTTP/1.1 200 OK\r\nset-cookie: id=1\r\ncontent-length: 0\r\n\r\n")
                .await;
        let client = client();
        fetch(&client, server.get("/")).await;
        fetch(&client, server.get("/")).await;
        let mut request = server.get("/");
        request.cookies = Cookies::Off;
        fetch(&client, request).await;
        let jar = Rc::new(CookieJar::default());
        jar.set(&server.get("/").url, "own=2");
        let mut request = server.get("/");
        request.cookies = Cookies::Jar(jar.clone());
        fetch(&client, request).await;
        let sent: Vec<_> = server
            .requests()
            .iter()
            .map(|r| {
                r.lines()
                    .find_map(|l| l.strip_prefix("cookie: ").map(str::to_owned))
            })
            .collect();
        assert_eq!(
            sent,
            [None, Some("id=1".into()), None, Some("own=2".into())]
        );
        assert_eq!(jar.cookies_for(&server.get("/").url).len(), 2);
    });
}

#[test]
fn special_characters_of_a_url_are_escaped() {
    run(async {
        let server = Server::answering(ok("")).await;
        let text = server.url("/a b/ü\"<>|{}^`'?q=a b&r=ü\"<>|{}^`'\\");
        fetch(&client(), Request::get(&text).unwrap()).await;
        let seen = server.requests()[0].clone();
        let target = seen.split(' ').nth(1).unwrap();
        assert!(target.starts_with("/a%20b/%C3%BC%22%3C%3E"), "{target}");
        assert!(target.is_ascii() && seen.lines().next().unwrap().ends_with(" HTTP/1.1"));
    });
}

#[test]
fn too_many_headers_are_rejected() {
    let mut request = Request::get("http://example.test/").unwrap();
    let add = |n| request.header(&format!("x-{n}"), "y");
    let refused = (0..40_000)
        .map(add)
        .filter_map(Result::err)
        .collect::<Vec<_>>();
    assert_eq!(refused.len(), 20_000);
    assert_eq!(refused[0].kind, crate::http::ErrorKind::Request);
}

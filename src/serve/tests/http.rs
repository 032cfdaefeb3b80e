//! Plain HTTP over a socket.

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::client::{Answer, exchange, get, get_with, post, read_while_open, target};
use crate::serve::Server;
use crate::serve::routes::ROUTES;

#[tokio::test]
async fn echo_returns_the_request() {
    let addr = target().await;
    let answer = post(addr, "/echo?a=1&a=2&b=%C3%BC", r#"{"x":1}"#)
        .await
        .json();
    assert_eq!(answer["method"], "POST");
    assert_eq!(answer["path"], "/echo");
    assert_eq!(answer["query"], json!({"a": ["1", "2"], "b": "ü"}));
    assert_eq!(answer["headers"]["content-type"], "application/json");
    assert_eq!(answer["body"], r#"{"x":1}"#);
    assert_eq!(answer["version"], "HTTP/1.1");
    let custom = exchange(
        addr,
        "REPORT /echo HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert_eq!(custom.json()["method"], "REPORT");
}

#[tokio::test]
async fn echo_as_an_event_is_one_event() {
    let addr = target().await;
    let text = get(addr, "/echo/sse?a=1").await.text();
    let data = text
        .split_once("event: echo\ndata: ")
        .unwrap()
        .1
        .strip_suffix("\n\n")
        .unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(data).unwrap()["query"]["a"],
        "1"
    );
}

#[tokio::test]
async fn echo_counts_connections_and_their_requests() {
    let addr = target().await;
    let is_whole = |answer: &Answer| answer.text().ends_with("}\n");
    for connection in 1..=2 {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        for request in 1..=3 {
            stream
                .write_all(b"GET /echo HTTP/1.1\r\nhost: target\r\n\r\n")
                .await
                .unwrap();
            let answer = read_while_open(&mut stream, is_whole).await.json();
            assert_eq!(
                (&answer["connection"], &answer["request"]),
                (&json!(connection), &json!(request))
            );
        }
    }
}

#[tokio::test]
async fn binary_bodies_are_base64() {
    let addr = target().await;
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream
        .write_all(b"PUT /echo HTTP/1.1\r\nhost: t\r\ncontent-length: 3\r\n\r\n\xff\xfe\xfd")
        .await
        .unwrap();
    let answer = read_while_open(&mut stream, |answer| answer.text().ends_with("}\n"))
        .await
        .json();
    assert_eq!(
        (&answer["body"], &answer["body_base64"]),
        (&json!(null), &json!("//79"))
    );
}

#[tokio::test]
async fn the_status_is_the_requested_one() {
    let addr = target().await;
    let answer = get(addr, "/status/503?retry_after=2&body=busy&type=text/html").await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.header("retry-after").as_deref(), Some("2"));
    assert_eq!(answer.header("content-type").as_deref(), Some("text/html"));
    assert_eq!(answer.body(), b"busy");
    assert_eq!(get(addr, "/status/204").await.body(), b"");
    assert_eq!(get(addr, "/status/799").await.status(), 799);
    for bad in ["100", "1000", "-1", "ok", "99999999999"] {
        let answer = get(addr, &format!("/status/{bad}")).await;
        assert_eq!(
            (answer.status(), &answer.json()["error"]["param"]),
            (400, &json!("code")),
            "{bad}"
        );
    }
    assert_eq!(
        get(addr, "/status/200?retry_after=%0A").await.json()["error"]["param"],
        "retry_after"
    );
}

#[tokio::test]
async fn redirects_lead_to_their_target() {
    let addr = target().await;
    let location = async |path: &str| {
        let answer = get(addr, path).await;
        (answer.status(), answer.header("location"))
    };
    assert_eq!(
        location("/redirect?to=/.sse&status=307").await,
        (307, Some("/.sse".to_owned()))
    );
    assert_eq!(location("/redirect?to=").await, (302, Some(String::new())));
    assert_eq!(location("/redirect").await, (302, None));
    assert_eq!(
        location("/redirect/2?status=301").await,
        (301, Some("/redirect/1?status=301".to_owned()))
    );
    assert_eq!(
        location("/redirect/2?to=/echo").await,
        (302, Some("/redirect/1?to=/echo".to_owned()))
    );
    assert_eq!(
        location("/redirect/1?to=/echo").await,
        (302, Some("/echo".to_owned()))
    );
    assert_eq!(
        location("/redirect/1").await,
        (302, Some("/redirect/0".to_owned()))
    );
    assert_eq!(get(addr, "/redirect/0").await.status(), 200);
    assert_eq!(
        get(addr, "/redirect/-1").await.json()["error"]["param"],
        "n"
    );
    assert_eq!(
        get(addr, "/redirect?status=200").await.json()["error"]["param"],
        "status"
    );
    assert_eq!(
        get(addr, "/redirect?to=a%0Ab").await.json()["error"]["param"],
        "to"
    );
}

#[tokio::test]
async fn bodies_have_their_length() {
    let addr = target().await;
    for n in [0, 1, 65_536, 200_001] {
        let answer = get(addr, &format!("/bytes/{n}")).await;
        assert_eq!(answer.header("content-length"), Some(n.to_string()));
        assert_eq!(answer.body().len(), n);
    }
    assert_eq!(get(addr, "/bytes/lots").await.json()["error"]["param"], "n");
    assert_eq!(
        get(addr, "/delay/soon").await.json()["error"]["param"],
        "time"
    );
}

#[tokio::test]
async fn cookies_are_set_and_returned() {
    let addr = target().await;
    let answer = get(addr, "/cookies/set?a=1&b=2").await;
    assert_eq!(
        (answer.status(), answer.header("location").as_deref()),
        (302, Some("/cookies"))
    );
    assert!(
        answer
            .text()
            .contains("set-cookie: a=1; Path=/\r\nset-cookie: b=2; Path=/\r\n")
    );
    let answer = get_with(
        addr,
        "/cookies",
        "cookie: a=1; b=2\r\nconnection: close\r\n",
    )
    .await;
    assert_eq!(answer.json(), json!({"cookies": {"a": "1", "b": "2"}}));
    assert_eq!(
        get(addr, "/cookies/set?a%20b=1").await.json()["error"]["param"],
        "a b"
    );
    assert_eq!(get(addr, "/cookies/set?a=1%3B").await.status(), 400);
}

#[tokio::test]
async fn credentials_are_checked() {
    let addr = target().await;
    let denied = get(addr, "/basic-auth/ann/secret").await;
    assert_eq!(denied.status(), 401);
    assert_eq!(
        denied.header("www-authenticate").as_deref(),
        Some(r#"Basic realm="ssel""#)
    );
    let headers = "authorization: Basic YW5uOnNlY3JldA==\r\nconnection: close\r\n";
    assert_eq!(
        get_with(addr, "/basic-auth/ann/secret", headers)
            .await
            .json()["user"],
        "ann"
    );
    assert_eq!(
        get_with(addr, "/basic-auth/ann/other", headers)
            .await
            .status(),
        401
    );
}

#[tokio::test]
async fn the_content_type_is_the_requested_one() {
    let addr = target().await;
    let answer = get(addr, "/content-type?type=text/plain&body=hi").await;
    assert_eq!(answer.header("content-type").as_deref(), Some("text/plain"));
    assert_eq!(answer.body(), b"hi");
    assert_eq!(
        get(addr, "/content-type")
            .await
            .header("content-type")
            .as_deref(),
        Some("text/html")
    );
    assert_eq!(
        get(addr, "/content-type?type=")
            .await
            .header("content-type"),
        None
    );
}

#[tokio::test]
async fn every_route_is_on_the_index_page_and_in_the_manual() {
    let addr = target().await;
    let page = get(addr, "/").await.text();
    let manual = include_str!("../../../docs/target.md");
    for route in ROUTES {
        assert!(page.contains(route.0), "{}", route.0);
        assert!(
            manual.contains(&format!("`{}`", route.0)),
            "docs/target.md lacks {}",
            route.0
        );
    }
    for name in crate::serve::fault::names() {
        assert!(
            manual.contains(&format!("`{name}`")),
            "docs/target.md lacks {name}"
        );
    }
}

#[tokio::test]
async fn an_unknown_path_names_the_nearest_route() {
    let addr = target().await;
    let answer = get(addr, "/v1/chat/completion").await;
    assert_eq!(answer.status(), 404);
    assert!(
        answer
            .text()
            .contains("the nearest route is `/v1/chat/completions`")
    );
    assert_eq!(get(addr, "/v1/chat/completions").await.status(), 405);
    assert_eq!(get(addr, "/%ff%00").await.status(), 404);
}

#[tokio::test]
async fn two_servers_cannot_have_one_address() {
    let first = Server::start_background(([127, 0, 0, 1], 0).into()).unwrap();
    assert!(Server::start_background(first.addr()).is_err());
}

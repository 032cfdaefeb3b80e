//! Every query is served or rejected.

use axum::body::Body;
use hyper::Request;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use proptest::prelude::*;

use crate::serve::routes;

const PATHS: [&str; 12] = [
    "/.sse",
    "/fault/reset",
    "/fault/slow-body",
    "/fault/endless-line",
    "/redirect/3",
    "/bytes/7",
    "/delay/1ms",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/responses",
    "/v1/messages",
    "/api/chat",
];

const NAMES: [&str; 24] = [
    "n",
    "interval",
    "first",
    "batch",
    "size",
    "stamp",
    "event",
    "start",
    "retry",
    "comment",
    "ping",
    "eol",
    "cut",
    "hold",
    "after",
    "delay",
    "ttft",
    "itl",
    "tokens",
    "tokens_per_chunk",
    "reasoning",
    "tool",
    "ctx",
    "fail_after",
];

const VALUES: [&str; 14] = [
    "",
    "0",
    "1",
    "-1",
    "7",
    "0.5",
    "1e308",
    "24h",
    "4294967295",
    "18446744073709551615",
    "1000000",
    "nan",
    "%00%ff%0A",
    "cr",
];

const BODY: &str =
    r#"{"stream":true,"prompt":"hi","input":"hi","messages":[{"role":"user","content":"hi"}]}"#;

/// Reads the first pieces of a response in paused time, so that long waits take no time.
async fn first_pieces(path: &str, query: &str) -> Option<u16> {
    use http_body_util::BodyExt;
    let method = if path.starts_with("/v1") || path.starts_with("/api") {
        "POST"
    } else {
        "GET"
    };
    let uri = format!("{path}?{query}");
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .body(Body::from(BODY))
        .ok()?;
    let response = TowerToHyperService::new(routes::router())
        .call(request)
        .await
        .unwrap();
    let status = response.status().as_u16();
    let mut body = response.into_body();
    for _ in 0..5 {
        body.frame().await;
    }
    Some(status)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn a_query_is_served_or_refused(
        path in prop::sample::select(&PATHS[..]),
        pairs in prop::collection::vec(
            (prop::sample::select(&NAMES[..]), prop::sample::select(&VALUES[..])), 0..4),
    ) {
        let query: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let status = runtime.block_on(first_pieces(path, &query.join("&")));
        prop_assert!(matches!(status, Some(200 | 302 | 400)), "{path} {query:?}: {status:?}");
    }
}

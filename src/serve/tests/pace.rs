//! The times at which bytes are sent, in paused time and without sockets: time advances only when all tasks wait.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::service::TowerToHyperService;
use tokio::time::Instant;

use crate::serve::routes;

/// A chat that streams.
const CHAT: &str = r#"{"stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

/// Milliseconds from the request to each chunk of the reply, with the chunk.
async fn timeline(method: &str, path: &str, body: &'static str) -> Vec<(u64, String)> {
    let start = Instant::now();
    let elapsed = || u64::try_from(start.elapsed().as_millis()).unwrap();
    let response = call(method, path, body).await;
    let mut timeline = vec![(elapsed(), "head".to_owned())];
    let mut body = response.into_body();
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.into_data().unwrap();
        timeline.push((elapsed(), String::from_utf8(bytes.to_vec()).unwrap()));
    }
    timeline.push((elapsed(), "end".to_owned()));
    timeline
}

async fn call(method: &str, path: &str, body: &'static str) -> Response<Body> {
    call_at(routes::router(), method, path, body).await
}

async fn call_at(
    router: axum::Router,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(body.into())
        .unwrap();
    TowerToHyperService::new(router)
        .call(request)
        .await
        .unwrap()
}

fn times(timeline: &[(u64, String)]) -> Vec<u64> {
    timeline.iter().map(|(time, _)| *time).collect()
}

#[tokio::test(start_paused = true)]
async fn events_come_once_a_second_and_on_an_absolute_schedule() {
    assert_eq!(
        times(&timeline("GET", "/.sse?n=3", "").await),
        [0, 0, 1000, 2000, 2000]
    );
    let late = timeline("GET", "/.sse?n=3&first=500ms&interval=0.25", "").await;
    assert_eq!(times(&late), [0, 500, 750, 1000, 1000]);
}

#[tokio::test(start_paused = true)]
async fn events_that_are_due_together_share_a_write() {
    // A timer has a resolution of a millisecond: ten of these events are due at each tick.
    let events = timeline("GET", "/.sse?n=1000&interval=100us", "").await;
    assert!(events.len() < 150, "{}", events.len());
    assert!((99..=100).contains(&events.last().unwrap().0));
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_paced_as_one() {
    let batches = timeline("GET", "/.sse?n=6&batch=2&interval=1", "").await;
    assert_eq!(times(&batches), [0, 0, 1000, 2000, 2000]);
}

#[tokio::test(start_paused = true)]
async fn pings_are_sent_during_silence() {
    let events = timeline(
        "GET",
        "/.sse?n=2&interval=1&ping=400ms&end=stall&hold=1s",
        "",
    )
    .await;
    assert_eq!(times(&events)[..7], [0, 0, 400, 800, 1000, 1400, 1800]);
    assert_eq!(events[2].1, ":\n\n");
    let silent = timeline("GET", "/.sse?n=1&end=stall&hold=1s&ping=0", "").await;
    assert_eq!(silent[2].1, "end");
}

#[tokio::test(start_paused = true)]
async fn tokens_keep_their_pace() {
    let path = "/v1/chat/completions?headers_delay=100ms&ttft=300ms&itl=50ms&tokens=4";
    let reply = timeline("POST", path, CHAT).await;
    // The head; role and first token; three more; the end mark.
    assert_eq!(times(&reply), [100, 300, 300, 350, 400, 450, 450, 450]);
}

#[tokio::test(start_paused = true)]
async fn the_first_token_does_not_wait_twice() {
    let path = "/v1/completions?headers_delay=200ms&ttft=100ms&tokens=1";
    let reply = timeline("POST", path, r#"{"stream":true,"prompt":"hi"}"#).await;
    assert_eq!(times(&reply), [200, 200, 200, 200]);
}

#[tokio::test(start_paused = true)]
async fn chunks_of_several_tokens_keep_the_rate_of_tokens() {
    let path = "/v1/completions?itl=10ms&tokens=5&tokens_per_chunk=2";
    let reply = timeline("POST", path, r#"{"stream":true,"prompt":"hi"}"#).await;
    assert_eq!(times(&reply), [0, 0, 20, 40, 40, 40]);
}

#[tokio::test(start_paused = true)]
async fn pings_fill_the_time_before_the_first_token() {
    let reply = timeline(
        "POST",
        "/v1/chat/completions?server=llama&ttft=1s&ping=400ms&tokens=1",
        CHAT,
    )
    .await;
    assert_eq!(times(&reply), [0, 400, 800, 1000, 1000, 1000, 1000]);
    assert_eq!(reply[1].1, ":\n\n");
    let reply = timeline(
        "POST",
        "/v1/messages?server=vendor&ttft=1s&ping=600ms&tokens=1",
        CHAT,
    )
    .await;
    assert!(reply[1].1.starts_with("event: message_start\n") && reply[1].0 == 0);
    assert_eq!(
        reply[2],
        (600, "event: ping\ndata: {\"type\":\"ping\"}\n\n".to_owned())
    );
}

#[tokio::test(start_paused = true)]
async fn a_vendor_opens_long_before_the_first_token() {
    let reply = timeline(
        "POST",
        "/v1/chat/completions?server=vendor&ttft=1s&tokens=1",
        CHAT,
    )
    .await;
    assert!(reply[1].1.contains(r#""role":"assistant""#) && reply[1].0 == 0);
    assert!(reply[2].1.contains(r#""content":"light""#) && reply[2].0 == 1000);
}

#[tokio::test(start_paused = true)]
async fn a_whole_reply_comes_when_its_last_token_is_due() {
    let body = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
    let reply = timeline(
        "POST",
        "/v1/chat/completions?ttft=100ms&itl=10ms&tokens=11",
        body,
    )
    .await;
    assert_eq!(reply[0].0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_stall_lasts_as_long_as_asked() {
    let reply = timeline(
        "POST",
        "/v1/chat/completions?fail=stall&fail_after=1&hold=7s&tokens=4",
        CHAT,
    )
    .await;
    assert_eq!(times(&reply)[..3], [0, 0, 0]);
    assert!((7000..7100).contains(&reply.last().unwrap().0));
}

#[tokio::test(start_paused = true)]
async fn errors_wait_for_the_delay_of_the_headers() {
    let reply = timeline(
        "POST",
        "/v1/chat/completions?headers_delay=1s&fail=429",
        CHAT,
    )
    .await;
    assert_eq!(reply[0].0, 1000);
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_kept() {
    let start = Instant::now();
    assert_eq!(call("GET", "/delay/90s", "").await.status(), 200);
    assert_eq!(start.elapsed().as_secs(), Duration::from_secs(90).as_secs());
}

#[tokio::test(start_paused = true)]
async fn with_slots_replies_wait_for_one_another_and_a_client_that_leaves_gives_its_slot_back() {
    let (router, start) = (routes::router(), Instant::now());
    let reply = |tokens: u64| {
        let router = router.clone();
        async move {
            let path = format!("/v1/chat/completions?slots=2&ttft=100ms&itl=100ms&tokens={tokens}");
            let response = call_at(router, "POST", &path, CHAT).await;
            let head = start.elapsed().as_millis();
            let _ = response.into_body().collect().await;
            (head, start.elapsed().as_millis())
        }
    };
    let leaves = async {
        let path = "/v1/chat/completions?slots=2&ttft=50ms&tokens=1000&itl=1s";
        let response = call_at(router.clone(), "POST", path, CHAT).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        drop(response);
    };
    let (first, (), third, fourth) = tokio::join!(reply(3), leaves, reply(1), reply(1));
    // The head is sent immediately, as by vLLM.
    assert_eq!(first, (0, 300));
    assert_eq!(third, (0, 250));
    assert_eq!(fourth, (0, 350));
}

/// The times of the chunks of a reply, and of others that began after it, all with these parameters.
async fn together(query: &str, prompts: &[(u64, &str)]) -> Vec<Vec<u128>> {
    let (router, start) = (routes::router(), Instant::now());
    let replies = prompts.iter().map(|(after, prompt)| {
        let router = router.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(*after)).await;
            let body = format!(r#"{{"stream":true,"prompt":"{prompt}"}}"#);
            let path = format!("/v1/completions?{query}");
            let response = call_at(router, "POST", &path, body).await;
            let mut body = response.into_body();
            let mut times = Vec::new();
            while let Some(Ok(_)) = body.frame().await {
                times.push(start.elapsed().as_millis());
            }
            times
        }
    });
    futures_util::future::join_all(replies).await
}

#[tokio::test(start_paused = true)]
async fn a_batch_slows_down_with_each_reply_in_it() {
    let replies = together(
        "itl=10ms&slowdown=0.5&tokens=3",
        &[(0, "a"), (0, "b"), (0, "c")],
    )
    .await;
    // 10 ms * (1 + 2 * 0.5)
    assert_eq!(replies[2][..3], [0, 20, 40]);
}

#[tokio::test(start_paused = true)]
async fn a_long_prompt_delays_the_tokens_of_others() {
    let long = "w ".repeat(50);
    let replies = together(
        "itl=10ms&prefill=1ms&tokens=5",
        &[(0, "a"), (15, long.as_str())],
    )
    .await;
    // The first prompt takes 1 ms; the gap from 11 on is longer by the 50 ms of the second one.
    assert_eq!(replies[0][..5], [1, 11, 71, 81, 91]);
    assert_eq!(replies[1][..2], [65, 75]);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_is_cached_takes_no_time() {
    let prompt = "w ".repeat(40);
    let replies = together(
        "prefill=1ms&cache=1000&block=4&tokens=1",
        &[(0, prompt.as_str()), (100, prompt.as_str())],
    )
    .await;
    assert_eq!(replies[0][0], 40);
    assert_eq!(replies[1][0], 104);
}

#[tokio::test(start_paused = true)]
async fn drafts_make_bursts() {
    let body = r#"{"stream":true,"prompt":"a"}"#;
    let path = "/v1/completions?itl=10ms&tokens=10&draft=4&acceptance=0.75";
    let reply = timeline("POST", path, body).await;
    // Steps of 1 + 3 tokens.
    let tokens: Vec<&str> = reply
        .iter()
        .filter_map(|(_, text)| text.split(r#""text":""#).nth(1))
        .collect();
    assert_eq!(tokens.len(), 3);
    assert_eq!(times(&reply)[1..4], [0, 10, 20]);
}

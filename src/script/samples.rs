//! What a request leaves in the metrics, whichever module sent it.

use ::http::Method;
use url::Url;

use super::context::Context;
use super::times::Times;
use crate::http::Head;
use crate::metrics::Tags;

/// The tags of a request that is about to be sent: those of the moment, the method, the name, and over them `own`, which
/// the script gave it.
pub(crate) fn request_tags(context: &Context, method: &Method, url: &Url, own: &Tags) -> Tags {
    let tags = context.tags.borrow().with("method", method.as_str());
    let named = own.get("name").is_some();
    let tags = if named {
        tags
    } else {
        tags.with("name", name_of(url))
    };
    tags.merged(own)
}

/// The tags once it is known how the request was answered, if at all, and whether that is success.
pub(crate) fn answer_tags(tags: &Tags, head: Option<&Head>, expected: bool) -> Tags {
    let tags = tags.with("expected_response", if expected { "true" } else { "false" });
    match head {
        Some(head) => tags
            .with("status", head.status.as_str())
            .with("proto", head.proto()),
        None => tags,
    }
}

/// Records a request that is over.
pub(crate) fn record_request(
    context: &Context,
    tags: &Tags,
    times: &Times,
    failed: bool,
    reconnects: u32,
) {
    let metrics = context.process.registry.builtin();
    let recorder = &context.recorder;
    let samples = [
        (metrics.http_reqs, 1.0),
        (metrics.http_req_failed, f64::from(u8::from(failed))),
        (metrics.http_req_duration, times.exchange().as_secs_f64()),
        (metrics.http_req_blocked, times.blocked.as_secs_f64()),
        (metrics.http_req_connecting, times.connecting.as_secs_f64()),
        (metrics.http_req_tls_handshaking, times.tls.as_secs_f64()),
        (metrics.http_req_sending, times.sending.as_secs_f64()),
        (metrics.http_req_waiting, times.waiting.as_secs_f64()),
        (metrics.http_req_receiving, times.receiving.as_secs_f64()),
    ]
    .map(|(metric, value)| (recorder.series(metric, tags), value));
    let mut batch = recorder.batch();
    for (series, value) in &samples {
        batch.add(series, *value);
    }
    drop(batch);
    if reconnects > 0 {
        let series = recorder.series(metrics.http_reconnects, tags);
        recorder.add(&series, f64::from(reconnects));
    }
}

/// Records that a request was made of which nothing else is known: it was given up before its answer.
pub(crate) fn record_given_up(context: &Context, tags: &Tags) {
    let metric = context.process.registry.builtin().http_reqs;
    let recorder = &context.recorder;
    recorder.add(&recorder.series(metric, tags), 1.0);
}

/// Records bytes that have crossed the wire.
pub(crate) fn record_traffic(context: &Context, tags: &Tags, sent: u64, received: u64) {
    let metrics = context.process.registry.builtin();
    let recorder = &context.recorder;
    for (metric, bytes) in [(metrics.data_sent, sent), (metrics.data_received, received)] {
        if bytes > 0 {
            recorder.add(&recorder.series(metric, tags), bytes as f64);
        }
    }
}

/// The default `name` tag: the URL without what differs from request to request or is secret.
fn name_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

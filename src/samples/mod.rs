//! Turns the measurements of a request into samples: tags, phases, bytes.

mod exchange;
mod request_span;
mod requester;
mod requests;
mod stream;
mod tag_cache;
mod times;
mod trace;

use ::http::{Method, StatusCode};
use url::Url;

use crate::http::{Error, ErrorKind, Head, Traffic};
use crate::metrics::{Recorder, Tags};

pub use exchange::RequestOutcome;
pub(crate) use request_span::RequestSpan;
pub(crate) use requester::{OpenStreams, Requester};
pub use requests::{Connections, Requests};
pub(crate) use stream::StreamSamples;
pub(crate) use times::RequestTimes;
pub(crate) use trace::{StreamTrace, TraceEnd};

/// The tags of a request that is about to be sent: those of its context, the method and the name, overridden by
/// its `own` tags.
pub(crate) fn request_tags(surroundings: &Tags, method: &Method, url: &Url, own: &Tags) -> Tags {
    tag_cache::request_tags(surroundings, method, url, own, || {
        let tags = surroundings.with("method", method.as_str());
        let named = own.get("name").is_some();
        let tags = if named {
            tags
        } else {
            tags.with("name", name_of(url))
        };
        tags.merged(own)
    })
}

/// The tags of a request after its response, if any; `expected` means success.
pub(crate) fn answer_tags(tags: &Tags, head: Option<&Head>, expected: bool) -> Tags {
    let answer = head.map(|head| (head.status, head.proto()));
    tag_cache::answer_tags(tags, answer, expected, || {
        let tags = tags.with("expected_response", if expected { "true" } else { "false" });
        match answer {
            Some((status, proto)) => tags.with("status", status.as_str()).with("proto", proto),
            None => tags,
        }
    })
}

/// Records a finished request.
///
/// `failed` is the value of `http_req_failed`; `reconnects` counts how often it was resent because its server cannot
/// have processed it.
pub(crate) fn record_request(
    recorder: &Recorder,
    tags: &Tags,
    times: &RequestTimes,
    failed: bool,
    reconnects: u32,
) {
    let metrics = recorder.registry().builtin();
    let phases = &times.phases;
    let samples = [
        (metrics.http_reqs, 1.0),
        (metrics.http_req_failed, f64::from(u8::from(failed))),
        (metrics.http_req_duration, times.exchange().as_secs_f64()),
        (metrics.http_req_blocked, phases.blocked.as_secs_f64()),
        (metrics.http_req_connecting, phases.connecting.as_secs_f64()),
        (metrics.http_req_tls_handshaking, phases.tls.as_secs_f64()),
        (metrics.http_req_sending, phases.sending.as_secs_f64()),
        (metrics.http_req_waiting, phases.waiting.as_secs_f64()),
        (metrics.http_req_receiving, times.receiving.as_secs_f64()),
    ]
    .map(|(metric, value)| (recorder.series(metric, tags), value));
    let mut batch = recorder.batch();
    for (series, value) in &samples {
        batch.add(series, *value);
    }
    drop(batch);
    if let Some(delay) = times.schedule_delay {
        let series = recorder.series(metrics.http_req_duration_scheduled, tags);
        recorder.add(&series, (delay + times.exchange()).as_secs_f64());
    }
    if reconnects > 0 {
        let series = recorder.series(metrics.http_reconnects, tags);
        recorder.add(&series, f64::from(reconnects));
    }
}

/// Records a request that was interrupted, with its bytes that are not recorded yet.
///
/// Without a response it counts as failed: a server that never answers must not look healthy. With a response, the status in
/// `head` decides. No phases are recorded, since they did not end.
///
/// Returns the tags of its samples.
pub(crate) fn record_cut_off(
    recorder: &Recorder,
    tags: &Tags,
    head: Option<&Head>,
    traffic: Traffic,
) -> Tags {
    let failed = head.is_none_or(|head| head.status >= StatusCode::BAD_REQUEST);
    let mut tags = answer_tags(tags, head, !failed);
    if head.is_none() {
        tags = tags.with("error", ErrorKind::Interrupted.as_str());
    }
    let metrics = recorder.registry().builtin();
    recorder.add(&recorder.series(metrics.http_reqs, &tags), 1.0);
    let failed = f64::from(u8::from(failed));
    recorder.add(&recorder.series(metrics.http_req_failed, &tags), failed);
    record_traffic(recorder, &tags, traffic);
    tags
}

/// Counts a failed request by its kind: a network error, or a status that is not a success.
pub(crate) fn record_failure(
    recorder: &Recorder,
    source: &'static str,
    error: Option<&Error>,
    head: Option<&Head>,
) {
    let status = head.map(|head| head.status);
    match (error, status) {
        (Some(error), _) => {
            let kind = error.kind;
            let status = status.filter(|_| kind == ErrorKind::Status);
            let status = status.map(|status| status.as_u16());
            recorder.fail(source, kind.as_str(), status, || error.to_string());
        }
        (None, Some(status)) => {
            recorder.fail(source, "status", Some(status.as_u16()), || {
                format!("the answer has status {status}")
            });
        }
        (None, None) => {}
    }
}

/// Counts a request that failed for a shortage on this machine.
pub(crate) fn record_shortage(recorder: &Recorder, tags: &Tags, error: Option<&Error>) {
    if error.is_some_and(|error| error.kind == ErrorKind::Client) {
        let metric = recorder.registry().builtin().client_errors;
        recorder.add(&recorder.series(metric, tags), 1.0);
    }
}

/// Records bytes on the wire.
pub(crate) fn record_traffic(recorder: &Recorder, tags: &Tags, traffic: Traffic) {
    let metrics = recorder.registry().builtin();
    let moved = [
        (metrics.data_sent, traffic.sent),
        (metrics.data_received, traffic.received),
    ];
    for (metric, bytes) in moved {
        if bytes > 0 {
            recorder.add(&recorder.series(metric, tags), bytes as f64);
        }
    }
}

/// The default `name` tag: the URL without query, fragment and user information.
fn name_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

//! A plain request and its samples.

use std::time::Instant;

use ::http::StatusCode;
use bytes::Bytes;
use url::Url;

use super::{
    RequestSpan, RequestTimes, Requester, answer_tags, record_cut_off, record_failure,
    record_request, record_shortage, record_traffic, request_tags,
};
use crate::http::{Error, ErrorKind, Head, Request, Response, Traffic};
use crate::metrics::{Recorder, Tags};
use crate::units::format_bytes;

/// A request and its response, recorded.
#[derive(Debug)]
pub struct RequestOutcome {
    /// The URL of the request.
    pub(crate) url: Url,
    /// Status and headers of the response; `None` without a response.
    pub head: Option<Head>,
    /// The whole body; `None` if it was not received completely.
    pub body: Option<Bytes>,
    /// Why the request failed. A status of 400 or above is not an error here, although `http_req_failed` counts it.
    pub error: Option<Error>,
    pub(crate) times: RequestTimes,
    traffic: Traffic,
    reconnects: u32,
    sampled: Option<Box<RequestSpan>>,
}

impl RequestOutcome {
    /// Sends `request`, reads the response to its end and records both; `own` are the tags of this request. A body longer
    /// than `max_body` bytes is an error. Dropped before its end, the request is recorded as interrupted.
    pub(crate) async fn run(
        requester: &impl Requester,
        request: Request,
        own: &Tags,
        max_body: usize,
    ) -> Self {
        let tags = request_tags(&requester.tags(), &request.method, &request.url, own);
        let mut exchange = Self::send(requester, request, &tags, max_body).await;
        exchange.record(requester.recorder(), &tags);
        exchange
    }

    async fn send(
        requester: &impl Requester,
        mut request: Request,
        tags: &Tags,
        max_body: usize,
    ) -> Self {
        let url = request.url.clone();
        let mut under_way = UnderWay {
            recorder: requester.recorder(),
            tags,
            response: None,
            sampled: requester.sampled(&mut request, tags),
            is_over: false,
        };
        let sent = requester.client().send(request).await;
        let mut exchange = match sent {
            Ok(response) => {
                let response = under_way.response.insert(response);
                let (body, error) = match response.body.read(max_body).await {
                    Ok((body, true)) => (Some(body), None),
                    Ok((_, false)) => (None, Some(too_large(max_body))),
                    Err(error) => (None, Some(error)),
                };
                let end = response.body.ended().unwrap_or_else(Instant::now);
                Self {
                    url,
                    body,
                    error,
                    times: RequestTimes::answered(&response.timings, end),
                    traffic: response.body.traffic(),
                    reconnects: response.reconnects,
                    sampled: under_way.sampled.take(),
                    head: under_way.response.take().map(|response| response.head),
                }
            }
            Err(failure) => Self {
                url,
                head: failure.head,
                body: None,
                error: Some(failure.error),
                times: RequestTimes::unanswered(&failure.timings, Instant::now()),
                traffic: failure.traffic,
                reconnects: failure.reconnects,
                sampled: under_way.sampled.take(),
            },
        };
        under_way.is_over = true;
        exchange.times.schedule_delay = requester.delay();
        exchange
    }

    /// Whether the request succeeded. A status of 400 or above is a failed request, although the network worked.
    fn is_expected(&self) -> bool {
        let status = self.head.as_ref().map(|head| head.status);
        self.error.is_none() && status.is_some_and(|status| status < StatusCode::BAD_REQUEST)
    }

    /// Records the samples of the request, and its span.
    fn record(&mut self, recorder: &Recorder, tags: &Tags) {
        let expected = self.is_expected();
        let tags = answer_tags(tags, self.head.as_ref(), expected);
        let tags = match &self.error {
            Some(error) => tags.with("error", error.kind.as_str()),
            None => tags,
        };
        record_request(recorder, &tags, &self.times, !expected, self.reconnects);
        record_shortage(recorder, &tags, self.error.as_ref());
        if !expected {
            let (error, head) = (self.error.as_ref(), self.head.as_ref());
            record_failure(recorder, "http", error, head);
        }
        record_traffic(recorder, &tags, self.traffic);
        if let Some(mut sampled) = self.sampled.take() {
            sampled.resent(self.reconnects);
            let head = self.head.as_ref();
            let failure = match &self.error {
                Some(error) => Some((error.kind.as_str(), error.message.as_str())),
                None if expected => None,
                None => Some((ErrorKind::Status.as_str(), "")),
            };
            sampled.end(head, failure, &self.times, self.traffic);
        }
    }
}

/// A request in progress.
struct UnderWay<'a> {
    recorder: &'a Recorder,
    tags: &'a Tags,
    response: Option<Response>,
    sampled: Option<Box<RequestSpan>>,
    is_over: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let response = self.response.as_ref();
        let traffic = response.map_or(Traffic::default(), |response| response.body.traffic());
        let head = response.map(|response| &response.head);
        record_cut_off(self.recorder, self.tags, head, traffic);
        if head.is_none() {
            record_failure(self.recorder, "http", Some(&Error::interrupted()), None);
        }
        if let Some(sampled) = self.sampled.take() {
            sampled.cut_off(head, traffic);
        }
    }
}

fn too_large(max_body: usize) -> Error {
    let text = format!("the body is longer than {}", format_bytes(max_body as f64));
    Error::new(ErrorKind::TooLarge, text)
}

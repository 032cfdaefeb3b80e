//! The trait `Destination`: the protocol of a store.

use std::time::Duration;

use bytes::Bytes;

use crate::control::ControlReply;
use crate::metrics::SeriesInfo;
use crate::record::{Frame, RunMetadata};

/// The protocol of a store: encodes the frames of a run as requests, and classifies the answers.
///
/// Sending, retries and statistics are the same for all stores. A destination uses no socket and no clock.
pub(crate) trait Destination: Send {
    /// Takes the next frame. Its points refer to series by their index in `series`, to which new ones are appended.
    fn take(&mut self, series: &[SeriesInfo], frame: &Frame);

    /// The requests to push now; none without new data. At the `end` of a run, they mark the end of the series.
    /// Each request is small enough for the store.
    fn requests(&mut self, end: bool) -> Vec<PushRequest>;

    /// How many samples were dropped since the last call before they were put in a request.
    fn missed(&mut self) -> u64 {
        0
    }

    /// Classifies the answer to a request; by default by its status.
    fn classify(&mut self, request: &PushRequest, reply: &ControlReply) -> Delivery {
        let _ = request;
        Delivery::of(reply)
    }

    /// Encodes again a request that was created before the answer [`Delivery::Reencode`].
    fn reencode(&self, request: PushRequest) -> PushRequest {
        request
    }
}

/// The run of a destination.
#[derive(Debug, Clone)]
pub(crate) struct RunContext {
    /// The ID of the run in the store.
    pub id: String,
    /// The run.
    pub run: RunMetadata,
    /// Additional labels of every series, from `--label`.
    pub labels: Vec<(String, String)>,
}

impl RunContext {
    /// Converts a time of the run to one since the Unix epoch.
    pub(crate) fn at(&self, since_start: Duration) -> Duration {
        self.run.started.saturating_add(since_start)
    }
}

/// A request to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PushRequest {
    /// Headers, such as the content type.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: Bytes,
    /// The number of samples in it.
    pub samples: u64,
}

/// The result of a request, by the answer of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// All samples are stored.
    Stored,
    /// This many samples are not stored, for this reason.
    PartlyStored(u64, String),
    /// The request should be retried later.
    Retry,
    /// The store requires another encoding: [`Destination::reencode`].
    Reencode,
    /// The store rejected the request for good, for this reason.
    Rejected(String),
}

impl Delivery {
    /// By the status: 2xx is stored, 408, 429 and 5xx are retried, everything else is rejected.
    pub(crate) fn of(reply: &ControlReply) -> Self {
        match reply.status.as_u16() {
            200..=299 => Self::Stored,
            408 | 429 | 500..=599 => Self::Retry,
            status => Self::Rejected(words(status, &reply.body)),
        }
    }
}

/// A status with the first line of the answer's body.
pub(super) fn words(status: u16, body: &[u8]) -> String {
    const LONGEST: usize = 200;
    let text = String::from_utf8_lossy(body);
    let line = text.lines().next().unwrap_or_default().trim();
    let mut shown: String = crate::units::visible(line).chars().take(LONGEST).collect();
    if shown.is_empty() {
        reason(status).clone_into(&mut shown);
    }
    if shown.is_empty() {
        return status.to_string();
    }
    format!("{status}: {shown}")
}

fn reason(status: u16) -> &'static str {
    crate::control::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

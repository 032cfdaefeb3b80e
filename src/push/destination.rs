//! The trait `Destination`: what distinguishes one store from another.

use std::time::Duration;

use bytes::Bytes;

use crate::control::Reply;
use crate::metrics::SeriesInfo;
use crate::record::{Frame, Run};

/// A store that a run is pushed to, as far as it differs from others: what its requests say.
///
/// The frames of a run go in, the bodies of requests come out. Sending, trying again, and the account of what was sent
/// are the same for all; a destination holds no socket and no clock.
pub trait Destination: Send {
    /// Arity up what was recorded since the last frame. Points name the series by their places in `series`, to which
    /// new ones are added at the end.
    fn take(&mut self, series: &[SeriesInfo], frame: &Frame);

    /// What is to be pushed now, of all that was taken up so far. `end` of a run tells the store that nothing follows.
    /// No request is larger than a store accepts, so there may be several; nothing to say makes none.
    fn requests(&mut self, end: bool) -> Vec<PushRequest>;

    /// How many samples were dropped since the last call before they could be in a request.
    fn missed(&mut self) -> u64 {
        0
    }

    /// What the answer to a request means. By default, what its status says.
    fn classify(&mut self, request: &PushRequest, reply: &Reply) -> Delivery {
        let _ = request;
        Delivery::of(reply)
    }

    /// A request that was made before the answer [`Delivery::Reencode`], as it is to be sent from now on.
    fn reencode(&self, request: PushRequest) -> PushRequest {
        request
    }
}

/// What a destination knows of its run.
#[derive(Debug, Clone)]
pub struct RunContext {
    /// What tells the run from others in the store.
    pub id: String,
    /// The run.
    pub run: Run,
    /// Names that every series has besides, from `--label`.
    pub labels: Vec<(String, String)>,
}

impl RunContext {
    /// A moment of the run, since the Unix epoch.
    pub fn at(&self, since_start: Duration) -> Duration {
        self.run.started.saturating_add(since_start)
    }
}

/// The body of a request with what it needs besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRequest {
    /// Headers, such as the type of the content.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body.
    pub body: Bytes,
    /// How many samples are in it.
    pub samples: u64,
}

/// What an answer means for its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It is stored.
    Stored,
    /// A part of it is stored, so many samples are not: why.
    PartlyStored(u64, String),
    /// It is to be tried again.
    Retry,
    /// The store wants another form of it: [`Destination::reencode`].
    Reencode,
    /// It will never be stored: why.
    Rejected(String),
}

impl Delivery {
    /// What the status says: success is stored; too many requests, too late, and faults of the server are tried again;
    /// all else is refused.
    pub fn of(reply: &Reply) -> Self {
        match reply.status.as_u16() {
            200..=299 => Self::Stored,
            408 | 429 | 500..=599 => Self::Retry,
            status => Self::Rejected(words(status, &reply.body)),
        }
    }
}

/// A status with the first line of what the server says to it.
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

//! `/.sse`: a stream of numbered events.

mod writer;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use tokio::time::Instant;

use super::clock;
use super::failure::ErrorResponse;
use super::params::Params;
use super::request::TargetRequest;
use super::stream::{BodySender, Ping, ResponseEnd};
use writer::Writer;

/// The size of a write when events need no pacing: large enough that the cost of a write does not matter.
const FULL_WRITE: usize = 64 << 10;

/// The default of `hold`: how long a stalled stream is silent.
pub(super) const HOLD: Duration = Duration::from_mins(1);

/// Returns the stream that the query describes, continued after `Last-Event-ID`.
pub(super) async fn events(request: TargetRequest) -> Result<Response, ErrorResponse> {
    let mut params = request.params();
    let mut options = StreamOptions::read(&mut params)?;
    params.finish()?;
    if let Some(last) = request
        .header("last-event-id")
        .and_then(|id| id.parse::<u64>().ok())
    {
        options.resume_after(last);
    }
    if options.from == options.until {
        // With this status, an EventSource does not reconnect.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(event_stream(request.stream(|sender| options.play(sender))))
}

/// A response with an event stream.
pub(super) fn event_stream(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, body).into_response()
}

/// The parameters of a stream.
#[derive(Debug)]
struct StreamOptions {
    writer: Writer,
    /// The number of the first event of this response.
    from: u64,
    /// The number after the last event of all responses; `u64::MAX` for an endless stream.
    until: u64,
    /// The number of events after which this response ends although others follow.
    cut: Option<u64>,
    first: Duration,
    interval: Duration,
    /// The number of events in a write; `None` for all that are due.
    batch: Option<u64>,
    ping: Option<Ping>,
    ending: Ending,
}

/// What happens after the last event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    /// How long the stream is silent before its end, if it stalls.
    pub(super) stall: Option<Duration>,
    pub(super) end: ResponseEnd,
}

impl Ending {
    /// Reads the parameters `end` and `hold`.
    fn read(params: &mut Params) -> Result<Self, ErrorResponse> {
        let hold = params.time("hold", HOLD)?;
        let ending = |stall, end| Self { stall, end };
        params.choice(
            "end",
            &[
                ("close", ending(None, ResponseEnd::Complete)),
                ("reset", ending(None, ResponseEnd::Reset)),
                ("truncate", ending(None, ResponseEnd::Truncate)),
                ("stall", ending(Some(hold), ResponseEnd::Truncate)),
            ],
        )
    }

    /// Waits if the stream stalls, and returns how the body ends.
    pub(super) async fn play(self, sender: &BodySender, ping: Option<&Ping>) -> ResponseEnd {
        if let Some(hold) = self.stall {
            sender.wait_until(Instant::now() + hold, ping).await;
        }
        self.end
    }
}

impl StreamOptions {
    fn read(params: &mut Params) -> Result<Self, ErrorResponse> {
        let writer = Writer::read(params)?;
        let from = params.number("start", 0, 0..=u64::from(u32::MAX))?;
        let until = match params.number("n", 0, 0..=u64::from(u32::MAX))? {
            0 => u64::MAX,
            n => from + n,
        };
        let ping = params
            .maybe_time("ping")?
            .filter(|interval| !interval.is_zero());
        Ok(Self {
            from,
            until,
            cut: params.maybe_number("cut", 1..=u64::from(u32::MAX))?,
            first: params.time("first", Duration::ZERO)?,
            interval: params.time("interval", Duration::from_secs(1))?,
            batch: params.maybe_number("batch", 1..=1_000_000)?,
            ping: ping.map(|interval| Ping {
                interval,
                bytes: Bytes::from(writer.ping()),
            }),
            ending: Ending::read(params)?,
            writer,
        })
    }

    /// Continues after event `last`, if this stream has an event with that number.
    fn resume_after(&mut self, last: u64) {
        if (self.from..self.until).contains(&last) {
            self.from = last + 1;
        }
    }

    /// Sends the events on an absolute schedule; late ones are sent immediately.
    async fn play(self, sender: BodySender) -> ResponseEnd {
        let start = Instant::now();
        let batch = self.batch.unwrap_or(1);
        // Counts the events of this response; the writer numbers the events of all responses.
        let all = self.until - self.from;
        let count = self.cut.map_or(all, |cut| cut.min(all));
        let due = |event: u64| clock::due(start, self.first, self.interval, event / batch);
        let mut buffer = BytesMut::new();
        let mut sent = 0;
        while sent < count {
            sender.wait_until(due(sent), self.ping.as_ref()).await;
            let now = Instant::now();
            let end = match self.batch {
                Some(batch) => count.min((sent / batch + 1) * batch),
                None => count,
            };
            while sent < end && buffer.len() < FULL_WRITE {
                self.writer.event(&mut buffer, self.from + sent, sent == 0);
                sent += 1;
                let more_is_due = self.interval.is_zero() || due(sent) <= now;
                if self.batch.is_none() && !more_is_due {
                    break;
                }
            }
            sender.send(buffer.split().freeze()).await;
        }
        // The last of several responses ends properly, because no event is left for a reconnect.
        let is_last_of_several = self.cut.is_some() && count == all && self.until != u64::MAX;
        if is_last_of_several {
            return ResponseEnd::Complete;
        }
        self.ending.play(&sender, self.ping.as_ref()).await
    }
}

//! `/fault/{kind}`: replies that are broken in one exact way.

mod below_http;
mod in_body;

use std::time::Duration;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};

use super::events::HOLD;
use super::failure::Failure;
use super::params::Params;
use super::request::TargetRequest;
use crate::units::nearest;
use below_http::BelowHttp;
use in_body::InBody;

/// A kind of fault as a reader meets it.
pub(super) struct Kind {
    /// The last part of the path.
    pub(super) name: &'static str,
    /// What goes wrong.
    purpose: &'static str,
    fault: Fault,
}

#[derive(Clone, Copy)]
enum Fault {
    /// HTTP stays whole up to some byte of the body: hyper writes.
    InBody(InBody),
    /// What is sent is not HTTP, or not at HTTP's pace: we write.
    BelowHttp(BelowHttp),
}

/// All kinds of fault.
pub(super) const KINDS: &[Kind] = &[
    in_body(
        "reset",
        "RST after `after` bytes of a valid stream",
        InBody::Reset,
    ),
    in_body(
        "truncate",
        "FIN after `after` bytes, no last chunk",
        InBody::Truncate,
    ),
    in_body(
        "stall",
        "silence after `after` bytes, for `hold`",
        InBody::Stall,
    ),
    in_body(
        "endless-line",
        "a line that does not end, of `bytes` or for `hold`",
        InBody::EndlessLine,
    ),
    in_body(
        "slow-body",
        "`n` events, `size` bytes every `delay`",
        InBody::SlowBody,
    ),
    in_body(
        "close-after-reply",
        "a valid stream; then closes the connection despite keep-alive headers",
        InBody::Hangup,
    ),
    in_body(
        "content-type",
        "200 with an HTML page instead of a stream",
        InBody::ContentType,
    ),
    below(
        "bad-chunk",
        "an event, then a chunk size that is not a number",
        BelowHttp::BadChunk,
    ),
    below(
        "bad-status-line",
        "a first line that is not HTTP",
        BelowHttp::BadStatusLine,
    ),
    below(
        "slow-headers",
        "one byte of the head every `delay`",
        BelowHttp::SlowHeaders,
    ),
    below(
        "half-headers",
        "half a head, then silence for `hold`",
        BelowHttp::HalfHeaders,
    ),
    below(
        "no-headers",
        "the connection closes without a byte",
        BelowHttp::NoHeaders,
    ),
    below(
        "huge-headers",
        "a header of `size` bytes",
        BelowHttp::HugeHeaders,
    ),
    below("many-headers", "`n` headers", BelowHttp::ManyHeaders),
    below(
        "early-hints",
        "`n` interim replies (103) before the real one",
        BelowHttp::EarlyHints,
    ),
    below(
        "empty-reason",
        "a status line without a reason",
        BelowHttp::EmptyReason,
    ),
    below(
        "no-length",
        "neither length nor chunks: the end of the connection ends the body",
        BelowHttp::NoLength,
    ),
    below(
        "short-length",
        "a content-length larger than the body",
        BelowHttp::ShortLength,
    ),
    below(
        "close-idle",
        "a valid reply; closes the connection when the next request arrives",
        BelowHttp::CloseIdle,
    ),
];

const fn in_body(name: &'static str, purpose: &'static str, fault: InBody) -> Kind {
    Kind {
        name,
        purpose,
        fault: Fault::InBody(fault),
    }
}

const fn below(name: &'static str, purpose: &'static str, fault: BelowHttp) -> Kind {
    Kind {
        name,
        purpose,
        fault: Fault::BelowHttp(fault),
    }
}

/// `/fault`: the kinds.
pub(super) async fn list() -> Response {
    let lines = KINDS
        .iter()
        .map(|kind| format!("/fault/{:18} {}\n", kind.name, kind.purpose));
    lines.collect::<String>().into_response()
}

/// `/fault/{kind}`.
pub(super) async fn fault(
    Path(name): Path<String>,
    request: TargetRequest,
) -> Result<Response, Failure> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        let hint = match nearest(&name, KINDS.iter().map(|kind| kind.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`/fault` lists them".to_owned(),
        };
        return Err(Failure::not_found(format!(
            "there is no fault `{name}`; {hint}"
        )));
    };
    let mut params = request.params();
    let shape = Shape::read(&mut params)?;
    params.finish()?;
    match kind.fault {
        Fault::InBody(fault) => Ok(fault.respond(&request, shape)),
        Fault::BelowHttp(fault) => Ok(fault.respond(request.wire()?, shape).await),
    }
}

/// The parameters of all faults; each kind uses those its purpose names.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// Bytes of the body before things go wrong.
    after: u64,
    /// Time between pieces.
    delay: Duration,
    /// Bytes of a piece, or of a header.
    size: Option<u64>,
    /// How many.
    n: Option<u64>,
    /// Bytes in all, 0 for as many as fit into `hold`.
    bytes: u64,
    /// Longest silence, or longest time of a fault without an end of its own.
    hold: Duration,
}

impl Shape {
    fn read(params: &mut Params) -> Result<Self, Failure> {
        Ok(Self {
            after: params.number("after", 64, 0..=1 << 30)?,
            delay: params.time("delay", Duration::from_millis(10))?,
            size: params.maybe_number("size", 1..=1 << 30)?,
            n: params.maybe_number("n", 0..=1_000_000)?,
            bytes: params.number("bytes", 0, 0..=1 << 50)?,
            hold: params.time("hold", HOLD)?,
        })
    }
}

/// Event `number` of the stream that faults break: the shape of `/.sse`.
fn sample_event(number: u64) -> String {
    format!("id: {number}\ndata: 0123456789abcdef\n\n")
}

//! `/fault/{name}`: responses that are broken in one exact way.

mod below_http;
mod in_body;

use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;

use super::events::HOLD;
use super::failure::ErrorResponse;
use super::params::Params;
use super::request::TargetRequest;
use crate::units::nearest;

/// A comment, then a line for each fault.
const LIST: &str = include_str!("fault/list.txt");

/// The names of all faults: the last segments of their paths.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let paths = LIST.lines().filter_map(|line| line.split(' ').next());
    paths.filter_map(|path| path.strip_prefix("/fault/"))
}

/// Handles `/fault`: lists the faults.
pub(super) async fn list() -> &'static str {
    LIST.split_once('\n').map_or(LIST, |(_, faults)| faults)
}

/// Handles `/fault/{name}`.
pub(super) async fn fault(
    Path(name): Path<String>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    if !names().any(|known| known == name) {
        let hint = match nearest(&name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`/fault` lists them".to_owned(),
        };
        return Err(ErrorResponse::not_found(format!(
            "there is no fault `{name}`; {hint}"
        )));
    }
    let mut params = request.params();
    let shape = Shape::read(&mut params)?;
    params.finish()?;
    match in_body::respond(&name, &request, shape) {
        Some(response) => Ok(response),
        None => Ok(below_http::respond(&name, request.wire()?, shape).await),
    }
}

/// The parameters of all faults; each fault uses those that the list names.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// The number of valid bytes before the fault.
    after: u64,
    /// The time between two pieces.
    delay: Duration,
    /// The size of a piece or of a header, in bytes.
    size: Option<u64>,
    /// The number of events, headers or interim responses.
    n: Option<u64>,
    /// The size of the body, in bytes; 0 for as much as the client reads within `hold`.
    bytes: u64,
    /// The longest silence, and the longest duration of an endless fault.
    hold: Duration,
}

impl Shape {
    fn read(params: &mut Params) -> Result<Self, ErrorResponse> {
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

/// Event `number` of the stream that a fault breaks, in the format of `/.sse`.
fn sample_event(number: u64) -> String {
    format!("id: {number}\ndata: 0123456789abcdef\n\n")
}

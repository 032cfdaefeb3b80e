//! The response of a stream, for scripts.

use mlua::{Lua, Table};

use crate::http::{Head, StreamOutcome};
use crate::samples::RequestTimes;
use crate::script::response;

/// The response of a stream that has ended, with its times; without an outcome, of a stream that was never opened.
pub(super) fn response(
    lua: &Lua,
    url: &str,
    head: Option<&Head>,
    outcome: Option<(&StreamOutcome, RequestTimes)>,
) -> mlua::Result<Table> {
    let mut fields = response::fields(url, head);
    let Some((outcome, times)) = outcome else {
        fields.number("events", 0);
        fields.number("bytes", 0);
        return fields.into_table(lua);
    };
    if let Some(error) = &outcome.error {
        fields.table("error", response::error(error));
    }
    if let Some(body) = &outcome.body {
        fields.text("body", body);
    }
    fields.number("events", outcome.events as f64);
    fields.number("bytes", outcome.bytes_received as f64);
    let mut timings = response::timings(&times);
    if let Some(first) = outcome.timings.first_event {
        timings.number("first_event", first.as_secs_f64());
    }
    fields.table("timings", timings);
    fields.into_table(lua)
}

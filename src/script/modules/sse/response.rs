//! The response of a stream as scripts see it.

use mlua::{Lua, Table};

use crate::http::{Head, Outcome};
use crate::samples::Times;
use crate::script::response;

/// The response of a stream that is over, and its times; without an outcome, of one that was never sent.
pub(super) fn response(
    lua: &Lua,
    url: &str,
    head: Option<&Head>,
    outcome: Option<(&Outcome, Times)>,
) -> mlua::Result<Table> {
    let table = response::table(lua, url, head)?;
    let Some((outcome, times)) = outcome else {
        table.raw_set("events", 0)?;
        table.raw_set("bytes", 0)?;
        return Ok(table);
    };
    if let Some(error) = &outcome.error {
        table.raw_set("error", response::error(lua, error)?)?;
    }
    if let Some(body) = &outcome.body {
        table.raw_set("body", lua.create_string(body)?)?;
    }
    table.raw_set("events", outcome.events)?;
    table.raw_set("bytes", outcome.bytes_received)?;
    let timings = response::timings(lua, &times)?;
    if let Some(first) = outcome.timings.first_event {
        timings.raw_set("first_event", first.as_secs_f64())?;
    }
    table.raw_set("timings", timings)?;
    Ok(table)
}

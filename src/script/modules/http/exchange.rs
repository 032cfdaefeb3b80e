//! One request with its answer, read whole.

use std::time::Instant;

use ::http::StatusCode;
use bytes::Bytes;
use mlua::{Lua, MetaMethod, Table, Value};
use url::Url;

use super::super::super::context::Context;
use super::super::super::{args, response};
use super::super::json;
use crate::http::{Client, Error, ErrorKind, Head, Request, Response, Traffic};
use crate::metrics::Tags;
use crate::samples::{self, Times};
use crate::units::format_bytes;

/// Name in the registry of the metatable of responses.
const RESPONSE_META: &str = "ssel.http.response";

/// A longer body is an error: half of what the Lua state of a VU may hold.
const MAX_BODY: usize = super::super::super::state::MEMORY_LIMIT / 2;

/// What came of a request.
pub(super) struct Exchange {
    /// The URL that was asked for.
    url: Url,
    head: Option<Head>,
    body: Option<Bytes>,
    error: Option<Error>,
    times: Times,
    traffic: Traffic,
    reconnects: u32,
}

impl Exchange {
    /// Sends `request` and reads the answer to its end.
    pub(super) async fn run(context: &Context, request: Request) -> Self {
        let delay = context.schedule_delay();
        let mut exchange = Self::send(&context.client(), request).await;
        exchange.times.schedule_delay = delay;
        exchange
    }

    async fn send(client: &Client, request: Request) -> Self {
        let url = request.url.clone();
        match client.send(request).await {
            Ok(response) => Self::read(url, response).await,
            Err(failure) => Self {
                url,
                head: failure.head,
                body: None,
                error: Some(failure.error),
                times: Times::unanswered(&failure.timings, Instant::now()),
                traffic: failure.traffic,
                reconnects: failure.reconnects,
            },
        }
    }

    async fn read(url: Url, mut response: Response) -> Self {
        let (body, error) = match response.body.read(MAX_BODY).await {
            Ok((body, true)) => (Some(body), None),
            Ok((_, false)) => (None, Some(too_large())),
            Err(error) => (None, Some(error)),
        };
        let end = response.body.ended().unwrap_or_else(Instant::now);
        Self {
            url,
            head: Some(response.head),
            body,
            error,
            times: Times::answered(&response.timings, end),
            traffic: response.body.traffic(),
            reconnects: response.reconnects,
        }
    }

    /// A status from 400 on counts as a failed request, though the network did nothing wrong.
    fn is_expected(&self) -> bool {
        let status = self.head.as_ref().map(|head| head.status);
        self.error.is_none() && status.is_some_and(|status| status < StatusCode::BAD_REQUEST)
    }

    /// Records the samples of the request.
    pub(super) fn record(&self, context: &Context, tags: &Tags) {
        let expected = self.is_expected();
        let tags = samples::answer_tags(tags, self.head.as_ref(), expected);
        let tags = match &self.error {
            Some(error) => tags.with("error", error.kind().as_str()),
            None => tags,
        };
        samples::record_request(
            &context.recorder,
            &tags,
            &self.times,
            !expected,
            self.reconnects,
        );
        samples::record_shortage(&context.recorder, &tags, self.error.as_ref());
        if !expected {
            let (error, head) = (self.error.as_ref(), self.head.as_ref());
            samples::record_failure(&context.recorder, "http", error, head);
        }
        samples::record_traffic(&context.recorder, &tags, self.traffic);
    }

    /// The response table.
    pub(super) fn into_lua(self, lua: &Lua) -> mlua::Result<Table> {
        let table = response::table(lua, self.url.as_str(), self.head.as_ref())?;
        if let Some(body) = &self.body {
            table.raw_set("body", lua.create_string(body)?)?;
        }
        if let Some(error) = &self.error {
            table.raw_set("error", response::error(lua, error)?)?;
        }
        table.raw_set("timings", response::timings(lua, &self.times)?)?;
        let meta = response::metatable(lua, RESPONSE_META, |meta| {
            let methods = lua.create_table()?;
            methods.raw_set(
                "json",
                lua.create_function(|lua, (this, options): (Value, Value)| {
                    decode(lua, &this, &options)
                })?,
            )?;
            meta.raw_set(MetaMethod::Index.name(), methods)
        })?;
        table.set_metatable(Some(meta))?;
        Ok(table)
    }
}

fn too_large() -> Error {
    let text = format!("the body is longer than {}", format_bytes(MAX_BODY as f64));
    Error::new(ErrorKind::TooLarge, text)
}

/// `response:json()`.
fn decode(lua: &Lua, this: &Value, options: &Value) -> mlua::Result<Value> {
    const FUNCTION: &str = "response:json";
    let Value::Table(response) = this else {
        let expected = "a response; call it with a colon";
        return Err(args::wrong_type(FUNCTION, "the response", expected, this));
    };
    let Value::String(body) = response.raw_get("body")? else {
        let error: Value = response.raw_get("error")?;
        let reason = error.to_string()?;
        let what = format_args!("there is no body: {reason}");
        return Err(args::misuse(FUNCTION, what));
    };
    json::decode(
        lua,
        &body.as_bytes(),
        json::Settings::reading(FUNCTION, options)?,
    )
    .map_err(|error| args::misuse(FUNCTION, format_args!("the body is no JSON: {error}")))
}

//! Sends a request and reads its whole response.

use std::ffi::CStr;
use std::time::Instant;

use ::http::StatusCode;
use bytes::Bytes;
use mlua::{Lua, MetaMethod, Table, Value};
use url::Url;

use super::super::json;
use crate::http::{Error, ErrorKind, Head, Request, Response, Traffic};
use crate::metrics::Tags;
use crate::samples::{self, Sampled, Times};
use crate::script::context::Context;
use crate::script::{args, response};
use crate::units::format_bytes;

/// Name in the registry of the metatable of responses.
const RESPONSE_META: &CStr = c"ssel.http.response";

/// Makes the metatable of responses.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let meta = response::metatable(lua, &RESPONSE_META.to_string_lossy(), |meta| {
        let methods = lua.create_table()?;
        methods.raw_set(
            "json",
            lua.create_function(|lua, (this, options): (Value, Value)| {
                decode(lua, &this, &options)
            })?,
        )?;
        meta.raw_set(MetaMethod::Index.name(), methods)
    });
    meta.map(drop)
}

/// A longer body is an error: half of what the Lua state of a VU may hold.
const MAX_BODY: usize = crate::script::state::MEMORY_LIMIT / 2;

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
    sampled: Option<Box<Sampled>>,
}

impl Exchange {
    /// Sends `request` and reads the answer to its end. Dropped before that, it is recorded as given up.
    pub(super) async fn run(context: &Context, mut request: Request, tags: &Tags) -> Self {
        let url = request.url.clone();
        let mut under_way = UnderWay {
            context,
            tags,
            response: None,
            sampled: context.sampled(&mut request, tags),
            is_over: false,
        };
        let sent = context.client().send(request).await;
        let mut exchange = match sent {
            Ok(response) => {
                let response = under_way.response.insert(response);
                let (body, error) = match response.body.read(MAX_BODY).await {
                    Ok((body, true)) => (Some(body), None),
                    Ok((_, false)) => (None, Some(too_large())),
                    Err(error) => (None, Some(error)),
                };
                let end = response.body.ended().unwrap_or_else(Instant::now);
                Self {
                    url,
                    body,
                    error,
                    times: Times::answered(&response.timings, end),
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
                times: Times::unanswered(&failure.timings, Instant::now()),
                traffic: failure.traffic,
                reconnects: failure.reconnects,
                sampled: under_way.sampled.take(),
            },
        };
        under_way.is_over = true;
        exchange.times.schedule_delay = context.schedule_delay();
        exchange
    }

    /// A status from 400 on counts as a failed request, though the network did nothing wrong.
    fn is_expected(&self) -> bool {
        let status = self.head.as_ref().map(|head| head.status);
        self.error.is_none() && status.is_some_and(|status| status < StatusCode::BAD_REQUEST)
    }

    /// Records the samples of the request, and its span.
    pub(super) fn record(&mut self, context: &Context, tags: &Tags) {
        let expected = self.is_expected();
        let tags = samples::answer_tags(tags, self.head.as_ref(), expected);
        let tags = match &self.error {
            Some(error) => tags.with("error", error.kind.as_str()),
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

    /// The response table.
    pub(super) fn into_lua(self, lua: &Lua) -> mlua::Result<Table> {
        let mut fields = response::fields(self.url.as_str(), self.head.as_ref());
        if let Some(body) = &self.body {
            fields.text("body", body);
        }
        if let Some(error) = &self.error {
            fields.table("error", response::error(error));
        }
        fields.table("timings", response::timings(&self.times));
        fields.with_metatable(RESPONSE_META).into_table(lua)
    }
}

/// A request that is not over.
struct UnderWay<'a> {
    context: &'a Context,
    tags: &'a Tags,
    response: Option<Response>,
    sampled: Option<Box<Sampled>>,
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
        let recorder = &self.context.recorder;
        samples::record_cut_off(recorder, self.tags, head, traffic);
        if head.is_none() {
            samples::record_failure(recorder, "http", Some(&Error::interrupted()), None);
        }
        if let Some(sampled) = self.sampled.take() {
            sampled.cut_off(head, traffic);
        }
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
        json::JsonOptions::of_decoding(FUNCTION, options)?,
    )
    .map_err(|error| args::misuse(FUNCTION, format_args!("the body is not JSON: {error}")))
}

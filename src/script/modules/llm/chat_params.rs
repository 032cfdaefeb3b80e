//! Checks the parameters of `llm.chat`.

use std::time::Duration;

use ::http::header::AUTHORIZATION;
use mlua::{Function, Lua, UserData, Value};

use super::result::ChatInfo;
use super::{image, messages};
use crate::chat::{ModelRequest, ModelRequestError};
use crate::http::ErrorKind;
use crate::llm::{Api, ChatRequest, Goodput, Input, Latency, UsageWanted};
use crate::metrics::Tags;
use crate::script::args;
use crate::script::request::{self, CallParams};

const FUNCTION: &str = "llm.chat";

const FIELDS: &[&str] = &[
    "url",
    "model",
    "prompt",
    "messages",
    "images",
    "max_tokens",
    "api",
    "dialect",
    "bearer",
    "extra",
    "temperature",
    "seed",
    "ignore_eos",
    "usage",
    "prompt_tokens",
    "schedule_delay",
    "turn",
    "stall_timeout",
    "cancel_after",
    "goodput",
    "text",
    "measure",
    "on_token",
];

/// The default timeout of an exchange, because some servers send keep-alives endlessly.
const TIMEOUT: Duration = Duration::from_mins(10);

/// A request to a model that is ready to be sent.
pub(super) struct PreparedChat {
    pub(super) call: ModelRequest,
    /// The part of the result that is already known.
    pub(super) info: ChatInfo,
    /// The tags from the script, and the model.
    pub(super) tags: Tags,
    pub(super) goodput: Option<Goodput>,
    /// The delay since the planned time, if that is not the start of the iteration.
    pub(super) schedule_delay: Option<Duration>,
    /// The number of the question in its conversation, from 1.
    pub(super) turn: Option<u32>,
    /// Whether it is recorded in the metrics.
    pub(super) is_measured: bool,
}

impl UserData for PreparedChat {}

/// Checks the parameters. Returns the request, and the function for fragments of the reply if there is one.
///
/// # Errors
/// The first misuse, with its field.
pub(super) fn read(lua: &Lua, value: &Value) -> mlua::Result<(PreparedChat, Option<Function>)> {
    if value.is_nil() {
        let expected = "a table such as { url = \"http://host:8000\", prompt = \"Hello\" }";
        return Err(args::wrong_type(FUNCTION, "argument 1", expected, value));
    }
    let params = CallParams::of_request(FUNCTION, "argument 1", value, FIELDS)?;
    let model = params.text("model")?.filter(|model| !model.is_empty());
    let wants_text = params.flag("text")?.unwrap_or(true);
    let on_token = match params.get("on_token")? {
        Value::Nil => None,
        Value::Function(function) => Some(function),
        other => {
            return Err(params.wrong_type("on_token", "a function(text, time, part)", &other));
        }
    };
    let mut call = call(lua, &params, model.as_deref())?;
    call.reader.keep_text = wants_text;
    let tags = tags(&params, model.as_deref())?;
    let question = PreparedChat {
        info: ChatInfo {
            url: call.request.url.to_string(),
            model,
            prompt_tokens: params.count("prompt_tokens")?,
            wants_text,
        },
        call,
        tags,
        goodput: goodput(&params)?,
        schedule_delay: params.duration("schedule_delay")?,
        turn: params
            .count("turn")?
            .map(|turn| u32::try_from(turn).unwrap_or(u32::MAX)),
        is_measured: params.flag("measure")?.unwrap_or(true),
    };
    Ok((question, on_token))
}

/// The script's tags, and the model as a tag.
pub(super) fn tags(params: &CallParams<'_>, model: Option<&str>) -> mlua::Result<Tags> {
    let own = params.tags()?;
    let model = model.map_or_else(Tags::new, |model| Tags::new().with("model", model));
    Ok(model.merged(&own))
}

/// The API that `api` names. Older scripts call the field `dialect`.
fn api(params: &CallParams<'_>) -> mlua::Result<Option<Api>> {
    let name = match params.text("api")? {
        None => params.text("dialect")?,
        name => name,
    };
    name.map(|name| {
        name.parse()
            .map_err(|error| params.misuse(format_args!("api: {error}")))
    })
    .transpose()
}

fn call(lua: &Lua, params: &CallParams<'_>, model: Option<&str>) -> mlua::Result<ModelRequest> {
    let url = request::url(FUNCTION, "url", &params.get("url")?)?;
    let api = api(params)?;
    let ask = ChatRequest {
        model: model.unwrap_or_default().to_owned(),
        input: {
            let images = image::list(params)?;
            input(lua, params)?.with_images(images.iter().map(|image| &**image))
        },
        max_tokens: params.count("max_tokens")?,
        temperature: params.number("temperature")?,
        seed: params.whole("seed")?,
        ignore_eos: params.flag("ignore_eos")?.unwrap_or(false),
        usage: usage(params)?,
        extra: messages::object(lua, params, "extra")?,
    };
    let key = params.text("bearer")?;
    // Messages must not contain the key.
    let mut call = ModelRequest::new(&url, &ask, api, key.as_deref()).map_err(|error| {
        params.misuse(match error {
            ModelRequestError::Http(error) if error.kind == ErrorKind::Request => {
                "bearer: it contains a line break or control character".to_owned()
            }
            error => error.to_string(),
        })
    })?;
    let own = std::mem::take(&mut call.request.headers);
    params.apply(&mut call.request)?;
    let headers = &mut call.request.headers;
    if key.is_some() && headers.contains_key(AUTHORIZATION) {
        let what = "only one of bearer and the header Authorization can be sent";
        return Err(params.misuse(what));
    }
    for (name, value) in &own {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    call.request.timeout = Some(params.timeout("timeout")?.unwrap_or(TIMEOUT));
    call.cancel_after = params.duration("cancel_after")?;
    call.stall_timeout = params.timeout("stall_timeout")?;
    Ok(call)
}

fn input(lua: &Lua, params: &CallParams<'_>) -> mlua::Result<Input> {
    match (params.text("prompt")?, params.get("messages")?) {
        (Some(prompt), Value::Nil) => Ok(Input::Prompt(prompt)),
        (None, Value::Nil) => Err(params.misuse("prompt or messages is missing")),
        (None, value) => messages::list(lua, params, &value).map(Input::Messages),
        (Some(_), _) => Err(params.misuse("only one of prompt and messages can be given")),
    }
}

fn usage(params: &CallParams<'_>) -> mlua::Result<UsageWanted> {
    match params.text("usage")?.as_deref() {
        None | Some("last") => Ok(UsageWanted::Last),
        Some("every_chunk") => Ok(UsageWanted::EveryChunk),
        Some("none") => Ok(UsageWanted::None),
        Some(other) => Err(params.misuse(format_args!(
            "usage: expected \"last\", \"every_chunk\" or \"none\", got {other:?}"
        ))),
    }
}

fn goodput(params: &CallParams<'_>) -> mlua::Result<Option<Goodput>> {
    let value = params.get("goodput")?;
    if value.is_nil() {
        return Ok(None);
    }
    let names = Latency::ALL.map(Latency::as_str);
    let limits = CallParams::of(FUNCTION, "goodput", &value, &names)?;
    let mut given = Vec::new();
    for latency in Latency::ALL {
        let limit = limits.duration(latency.as_str())?;
        given.extend(limit.map(|limit| (latency, limit)));
    }
    let goodput = Goodput::new(given);
    if goodput.is_empty() {
        let what =
            "goodput: no objective is given; write one or more, such as { ttft = \"500ms\" }";
        return Err(params.misuse(what));
    }
    Ok(Some(goodput))
}

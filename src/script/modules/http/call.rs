//! Checks the arguments of the functions of `http`.

use std::time::Duration;

use ::http::Method;
use ::http::header::AUTHORIZATION;
use mlua::{Lua, MultiValue, Table, Value};
use url::form_urlencoded::byte_serialize;

use crate::http::Request;
use crate::metrics::Tags;
use crate::script::args;
use crate::script::request::{self, CallParams};

const FIELDS: &[&str] = &["redirects", "auth", "bearer", "form", "json"];

/// The default timeout, as in k6.
const TIMEOUT: Duration = Duration::from_mins(1);

/// A function of `http` and the arguments it takes.
pub(super) struct Signature {
    pub(super) function: &'static str,
    /// `None` if the first argument is the method.
    method: Option<Method>,
    takes_body: bool,
}

impl Signature {
    /// All functions that send a request. As in k6, those for methods that send content take a body.
    pub(super) const ALL: &'static [Self] = &[
        Self::new("http.get", Some(Method::GET), false),
        Self::new("http.head", Some(Method::HEAD), false),
        Self::new("http.post", Some(Method::POST), true),
        Self::new("http.put", Some(Method::PUT), true),
        Self::new("http.patch", Some(Method::PATCH), true),
        Self::new("http.delete", Some(Method::DELETE), true),
        Self::new("http.options", Some(Method::OPTIONS), true),
        Self::new("http.request", None, true),
    ];

    const fn new(function: &'static str, method: Option<Method>, takes_body: bool) -> Self {
        Self {
            function,
            method,
            takes_body,
        }
    }

    /// The names of the arguments in messages, in their order.
    fn argument_names(&self) -> &'static [&'static str] {
        match (&self.method, self.takes_body) {
            (None, _) => &[
                "argument 1 (method)",
                "argument 2 (url)",
                "argument 3 (body)",
                "argument 4 (params)",
            ],
            (_, true) => &[
                "argument 1 (url)",
                "argument 2 (body)",
                "argument 3 (params)",
            ],
            (_, false) => &["argument 1 (url)", "argument 2 (params)"],
        }
    }
}

/// A request that is ready to be sent.
pub(super) struct PreparedRequest {
    pub(super) request: Request,
    /// The script's tags of this request.
    pub(super) tags: Tags,
}

impl PreparedRequest {
    /// Checks the arguments.
    ///
    /// # Errors
    /// The first misuse, with function and field.
    pub(super) fn new(
        lua: &Lua,
        signature: &Signature,
        arguments: &MultiValue,
    ) -> mlua::Result<Self> {
        let function = signature.function;
        let argument_names = signature.argument_names();
        if let Some(extra) = arguments
            .iter()
            .skip(argument_names.len())
            .find(|extra| !extra.is_nil())
        {
            let place = format!("argument {}", argument_names.len() + 1);
            let expected = format!("no more than {} arguments", argument_names.len());
            return Err(args::wrong_type(function, &place, &expected, extra));
        }
        let mut arguments = arguments.iter().chain(std::iter::repeat(&Value::Nil));
        let mut next = argument_names
            .iter()
            .map(|place| (*place, arguments.next().unwrap_or(&Value::Nil)));
        let mut next = || next.next().unwrap_or(("", &Value::Nil));

        let method = if let Some(method) = &signature.method {
            method.clone()
        } else {
            let (place, value) = next();
            request::method(function, place, value)?
        };
        let (place, value) = next();
        let mut request = Request::new(method, request::url(function, place, value)?);
        let body = if signature.takes_body {
            Some(next())
        } else {
            None
        };
        let (place, value) = next();
        let params = CallParams::of_request(function, place, value, FIELDS)?;

        params.apply(&mut request)?;
        request.timeout = Some(params.timeout("timeout")?.unwrap_or(TIMEOUT));
        authorize(function, &params, &mut request)?;
        let body = body.filter(|(_, value)| !value.is_nil());
        fill(lua, function, &params, body, &mut request)?;
        Ok(Self {
            request,
            tags: params.tags()?,
        })
    }
}

/// Sets the body from the argument, `json` or `form`.
fn fill(
    lua: &Lua,
    function: &str,
    params: &CallParams<'_>,
    body: Option<(&str, &Value)>,
    request: &mut Request,
) -> mlua::Result<()> {
    let (json, form) = (params.get("json")?, params.get("form")?);
    match (body, &json, &form) {
        (None, Value::Nil, Value::Nil) => Ok(()),
        (Some((place, body)), Value::Nil, Value::Nil) => {
            request::body(lua, function, place, body, request)
        }
        (None, json, Value::Nil) => request::json_body(lua, function, "json", json, request),
        (None, Value::Nil, Value::Table(form)) => {
            request.body = form_text(function, form)?.into();
            request::content_type(request, "application/x-www-form-urlencoded");
            Ok(())
        }
        (None, Value::Nil, other) => Err(params.wrong_type("form", "a table", other)),
        _ => Err(params.misuse("only one of body, json and form can be sent")),
    }
}

fn authorize(function: &str, params: &CallParams<'_>, request: &mut Request) -> mlua::Result<()> {
    let (auth, bearer) = (params.get("auth")?, params.text("bearer")?);
    let given = [
        !auth.is_nil(),
        bearer.is_some(),
        request.headers.contains_key(AUTHORIZATION),
    ];
    if given.into_iter().filter(|given| *given).count() > 1 {
        let what = "only one of auth, bearer and the header Authorization can be sent";
        return Err(params.misuse(what));
    }
    if let Some(token) = bearer {
        // The message must not contain the token.
        return request
            .bearer(&token)
            .map_err(|error| params.misuse(format_args!("bearer: {error}")));
    }
    match auth {
        Value::Nil => Ok(()),
        Value::Table(pair) => {
            let user: Value = pair.get(1)?;
            let password: Value = pair.get(2)?;
            if pair.raw_len() > 2 {
                return Err(params.misuse("auth: expected { user, password }"));
            }
            let user = args::text(function, "auth[1] (user)", &user)?;
            let password = args::text(function, "auth[2] (password)", &password)?;
            request.basic_auth(user.as_bytes(), password.as_bytes());
            Ok(())
        }
        other => Err(params.wrong_type("auth", "{ user, password }", &other)),
    }
}

/// An HTML form, `name=value&…`, sorted by name, because Lua tables are unordered.
fn form_text(function: &str, form: &Table) -> mlua::Result<String> {
    let mut fields = Vec::new();
    request::each_value(form, |name, value| {
        let name = args::text(function, "form: a field's name", name)?;
        let value = form_value(function, &name, value)?;
        fields.push((name, value));
        Ok(())
    })?;
    // A stable sort: several values of one name keep their order.
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(byte_serialize(name.as_bytes()));
        text.push('=');
        text.extend(byte_serialize(&value));
    }
    Ok(text)
}

fn form_value(function: &str, name: &str, value: &Value) -> mlua::Result<Vec<u8>> {
    match value {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        Value::Boolean(flag) => Ok(flag.to_string().into_bytes()),
        other => args::text(function, &format!("form.{name}"), other).map(String::into_bytes),
    }
}

//! The servers, and how they let us in.

use super::super::super::args::Llm;
use super::super::mistake;
use super::usage;
use crate::app::llm::{Bench, Endpoint};
use crate::error::Error;
use crate::http::parse_header;
use crate::llm::Api;
use crate::units::{is_secret, shown_header};

/// The servers, which are all spoken to in the same way.
pub(super) fn endpoints(
    urls: &[String],
    api: Option<Api>,
) -> Result<(Endpoint, Vec<Endpoint>), Error> {
    let endpoint = |url: &String| Endpoint::new(url, api).map_err(Error::Usage);
    let all: Result<Vec<Endpoint>, Error> = urls.iter().map(endpoint).collect();
    let mut all = all?.into_iter();
    let first = all
        .next()
        .ok_or_else(|| Error::Usage("which server? write its URL".to_owned()))?;
    let others: Vec<Endpoint> = all.collect();
    match others.iter().find(|other| other.api != first.api) {
        None => Ok((first, others)),
        Some(other) => Err(Error::Usage(format!(
            "the URLs have different APIs, {} and {}: run ssel once for each API, or choose one with --api",
            first.api, other.api
        ))),
    }
}

pub(super) fn headers(lines: &[String]) -> Result<Vec<(String, String)>, Error> {
    let parse = |line: &String| {
        let wrong = || mistake("--header", &shown_header(line), "use 'Name: value'");
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let (name, value) = (name.trim(), value.trim());
        parse_header(name, value.as_bytes()).map_err(|_| wrong())?;
        Ok((name.to_owned(), value.to_owned()))
    };
    lines.iter().map(parse).collect()
}

pub(super) fn session_header(name: Option<&str>) -> Result<Option<String>, Error> {
    let Some(name) = name else { return Ok(None) };
    parse_header(name, b"x").map_err(|_| {
        mistake(
            "--session-header",
            name,
            "use the name of a header, such as X-Session-Id",
        )
    })?;
    Ok(Some(name.to_owned()))
}

pub(super) fn key(args: &Llm) -> Result<Option<String>, Error> {
    let Some(name) = &args.bearer_env else {
        return Ok(None);
    };
    match std::env::var(name) {
        Ok(key) if !key.is_empty() => Ok(Some(key)),
        // The script that is printed reads it when it runs.
        _ if args.emit_script && args.model.is_some() && is_variable(name) => Ok(None),
        // Not quoted: it may be the key itself.
        _ => Err(usage(
            "--bearer-env",
            "there is no environment variable of the name that was given, or it is empty: write the name of the variable \
             that holds the key, such as OPENAI_API_KEY, not the key itself",
        )),
    }
}

/// Whether a name looks like that of a variable and like no key.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// The variable that everybody's `OpenAI` key is in.
pub(in crate::cli) const SPARE: &str = "OPENAI_API_KEY";

/// The key in it, for a server that speaks as `OpenAI` does and about which nothing else is said.
pub(super) fn spare_key(bench: &Bench) -> Option<String> {
    let access = &bench.access;
    let is_said =
        access.bearer_env.is_some() || access.headers.iter().any(|(name, _)| is_secret(name));
    let api = bench.endpoint.api;
    let is_openai = matches!(
        api,
        Api::ChatCompletions | Api::Completions | Api::Responses
    );
    let key = std::env::var(SPARE).ok().filter(|key| !key.is_empty());
    key.filter(|_| is_openai && !is_said && !bench.endpoint.is_target)
}

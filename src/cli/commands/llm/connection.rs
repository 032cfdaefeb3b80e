//! The flags of `ssel llm` for its connections: credentials, headers, limits.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::super::super::flags::{Parsed, header, time, whole, wrong};
use super::usage;
use crate::app::llm::{Access, ApiEndpoint, Bench};
use crate::control::{NoSecret, Secret};
use crate::error::Error;
use crate::http::parse_header;
use crate::llm::Api;
use crate::units::is_secret;

#[derive(Debug, clap::Args)]
pub(super) struct ConnectionFlags {
    /// Name of the environment variable with the API key
    #[arg(long, value_name = "NAME")]
    bearer_env: Option<String>,

    /// Header of each request; repeatable
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(String, String)>,

    /// Name of a header that carries the session ID of each request, for routers with session affinity
    #[arg(long, value_name = "NAME", value_parser = header_name)]
    pub(super) session_header: Option<String>,

    /// Time limit of a request, and of the model lookup [default: 5m; 30s for the lookup]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) timeout: Option<Duration>,

    /// Accept any certificate
    #[arg(long)]
    insecure_skip_tls_verify: bool,

    /// Number of worker threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = whole::<NonZeroUsize>(1..=1024))]
    pub(super) workers: Option<NonZeroUsize>,
}

impl ConnectionFlags {
    /// The credentials and headers. A printed script reads the key when it runs.
    pub(super) fn access(&self, is_key_optional: bool) -> Result<Access, Error> {
        Ok(Access {
            bearer_env: self.bearer_env.clone(),
            key: match &self.bearer_env {
                None => None,
                Some(name) => key(name, is_key_optional)?,
            },
            headers: self.headers.clone(),
            insecure: self.insecure_skip_tls_verify,
        })
    }
}

/// The servers, which all have the same API.
pub(super) fn same_api(all: Vec<ApiEndpoint>) -> Result<(ApiEndpoint, Vec<ApiEndpoint>), Error> {
    let mut all = all.into_iter();
    let first = all
        .next()
        .ok_or_else(|| Error::Usage("which server? write its URL".to_owned()))?;
    let others: Vec<ApiEndpoint> = all.collect();
    match others.iter().find(|other| other.api != first.api) {
        None => Ok((first, others)),
        Some(other) => Err(Error::Usage(format!(
            "the URLs have different APIs, {} and {}: run ssel once for each API, or choose one with --api",
            first.api, other.api
        ))),
    }
}

fn header_name(name: &str) -> Parsed<String> {
    let remedy = "use the name of a header, such as X-Session-Id";
    parse_header(name, b"x").map_err(|_| wrong(name, remedy))?;
    Ok(name.to_owned())
}

fn key(name: &str, is_optional: bool) -> Result<Option<String>, Error> {
    match Secret::from_env(name) {
        Ok(key) => Ok(Some(key.reveal().to_owned())),
        Err(NoSecret::Unset) if is_optional && is_variable(name) => Ok(None),
        Err(error) => Err(usage("--bearer-env", error.to_string())),
    }
}

/// Whether a name looks like that of a variable and not like a key.
fn is_variable(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| is_plain(c) && !c.is_ascii_digit()) && name.chars().all(is_plain)
}

/// The variable that holds an `OpenAI` key by convention.
pub(super) const OPENAI_VARIABLE: &str = "OPENAI_API_KEY";

/// The key in it, for a server with an `OpenAI` API for which no other credentials are given.
pub(super) fn openai_key(bench: &Bench) -> Option<String> {
    let access = &bench.access;
    let has_credentials =
        access.bearer_env.is_some() || access.headers.iter().any(|(name, _)| is_secret(name));
    let is_openai = matches!(
        bench.endpoint.api,
        Api::ChatCompletions | Api::Completions | Api::Responses
    );
    let key = std::env::var(OPENAI_VARIABLE)
        .ok()
        .filter(|key| !key.is_empty());
    key.filter(|_| is_openai && !has_credentials && !bench.endpoint.is_target)
}

//! Options of requests: connections, certificates, addresses, cookies.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use super::field::{Field, OptionTable};
use super::json;
use super::problem::{OptionProblem, ProblemKind};

/// The options of all requests. Files are opened elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(crate) struct HttpOptions {
    /// The `User-Agent` of requests that do not set one; empty for none, `None` for ssel's own.
    pub user_agent: Option<String>,
    /// The number of redirects that a request follows.
    pub max_redirects: u32,
    /// Time limit of lookup, connection and TLS together.
    #[serde(serialize_with = "json::time")]
    pub connect_timeout: Duration,
    /// Accept any server certificate.
    pub insecure_skip_tls_verify: bool,
    /// Use a new connection for each request.
    pub no_connection_reuse: bool,
    /// Use new connections for each iteration.
    pub no_vu_connection_reuse: bool,
    /// Keep cookies from one iteration to the next.
    pub no_cookies_reset: bool,
    /// The version of HTTP.
    pub http_version: HttpVersion,
    /// `host[:port]` and the `address[:port]` that overrides DNS for it, sorted.
    #[serde(serialize_with = "json::pairs")]
    pub hosts: Vec<(String, String)>,
    /// How long a resolved address is used; 0 resolves for every connection.
    #[serde(serialize_with = "json::time")]
    pub dns_ttl: Duration,
    /// PEM files of certificate authorities to trust in addition to those of the system.
    pub ca: Vec<PathBuf>,
    /// The client certificate for servers that ask for one.
    pub tls_auth: Option<ClientCert>,
    /// The proxy of all requests, `http://[user:password@]host[:port]`; `None` for the proxies of the environment.
    #[serde(serialize_with = "json::proxy")]
    pub proxy: Option<String>,
    /// Hosts to connect to without a proxy.
    pub no_proxy: Vec<String>,
}

/// PEM files for mutual TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientCert {
    /// The certificate and its chain.
    pub cert: PathBuf,
    /// The private key: PKCS#8, PKCS#1 or SEC1.
    pub key: PathBuf,
}

/// The HTTP version of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HttpVersion {
    /// Over TLS by negotiation, preferring HTTP/2; HTTP/1.1 without TLS.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only; without TLS by prior knowledge.
    Http2,
}

impl HttpVersion {
    const ALL: [Self; 3] = [Self::Auto, Self::Http1, Self::Http2];

    /// Its name in options.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Http1 => "1.1",
            Self::Http2 => "2",
        }
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            user_agent: None,
            max_redirects: 10,
            connect_timeout: Duration::from_secs(30),
            insecure_skip_tls_verify: false,
            no_connection_reuse: false,
            no_vu_connection_reuse: false,
            no_cookies_reset: false,
            http_version: HttpVersion::default(),
            hosts: Vec::new(),
            dns_ttl: Duration::from_mins(5),
            ca: Vec::new(),
            tls_auth: None,
            proxy: None,
            no_proxy: Vec::new(),
        }
    }
}

pub(super) fn read(root: &OptionTable<'_>) -> HttpOptions {
    let default = HttpOptions::default();
    let flag = |key| root.read(key, Field::flag).unwrap_or(false);
    let version = HttpVersion::ALL.map(|version| (version.name(), version));
    HttpOptions {
        user_agent: root.read("user_agent", |field| header(field).map(str::to_owned)),
        max_redirects: root
            .read("max_redirects", redirects)
            .unwrap_or(default.max_redirects),
        connect_timeout: root
            .read("connect_timeout", Field::timeout)
            .unwrap_or(default.connect_timeout),
        insecure_skip_tls_verify: flag("insecure_skip_tls_verify"),
        no_connection_reuse: flag("no_connection_reuse"),
        no_vu_connection_reuse: flag("no_vu_connection_reuse"),
        no_cookies_reset: flag("no_cookies_reset"),
        http_version: root
            .read("http_version", |field| field.one_of(&version))
            .unwrap_or_default(),
        hosts: root.read("hosts", hosts).unwrap_or_default(),
        dns_ttl: root
            .read("dns_ttl", Field::duration)
            .unwrap_or(default.dns_ttl),
        ca: root
            .read("ca", Field::words)
            .unwrap_or_default()
            .into_iter()
            .map(PathBuf::from)
            .collect(),
        tls_auth: root.get("tls_auth").and_then(|field| tls_auth(&field)),
        proxy: root.read("proxy", |field| proxy(field).map(str::to_owned)),
        no_proxy: root.read("no_proxy", Field::words).unwrap_or_default(),
    }
}

fn redirects(field: &Field<'_>) -> Result<u32, OptionProblem> {
    const MOST: u32 = 1000;
    field
        .whole(0..=MOST.into())
        .map(|number| u32::try_from(number).unwrap_or(MOST))
}

fn header<'a>(field: &Field<'a>) -> Result<&'a str, OptionProblem> {
    let text = field.text()?;
    if text.chars().any(char::is_control) {
        let advice = "use a text without line breaks and other control characters";
        return Err(field.wrong(ProblemKind::InvalidValue, advice));
    }
    Ok(text)
}

fn hosts(field: &Field<'_>) -> Result<Vec<(String, String)>, OptionProblem> {
    let table = field.table(r#"use a table such as { ["example.com"] = "127.0.0.1" }"#)?;
    for (_, field) in table.items() {
        let address = field.text()?;
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let is_address = bare.unwrap_or(address).parse::<IpAddr>().is_ok();
        if !is_address && address.parse::<SocketAddr>().is_err() {
            let advice = "use an IP address, with a port or without, such as \"127.0.0.1:8080\"";
            return Err(field.wrong(ProblemKind::InvalidValue, advice));
        }
    }
    field.pairs()
}

fn tls_auth(field: &Field<'_>) -> Option<ClientCert> {
    let advice = r#"use the names of two PEM files, { cert = "client.pem", key = "client.key" }"#;
    let table = field.check(field.table(advice))?;
    table.refuse_unknown(&["cert", "key"], |_| None);
    let file = |key| table.require(key, advice, |field| field.word().map(PathBuf::from));
    let (cert, key) = (file("cert"), file("key"));
    Some(ClientCert {
        cert: cert?,
        key: key?,
    })
}

fn proxy<'a>(field: &Field<'a>) -> Result<&'a str, OptionProblem> {
    let url = field.text()?;
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    if rest.is_none_or(str::is_empty) {
        // The value is not quoted, as it may contain a password.
        return Err(field.fault(
            "it is not the URL of a proxy: use one such as \"http://proxy.example.com:3128\"",
        ));
    }
    Ok(url)
}

//! Options of requests: connections, certificates, addresses, cookies.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::item::{Item, Table};
use super::problem::{Problem, ProblemKind};
use crate::units::shown_url;

/// The options of all requests. Files and addresses are named here and opened elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct HttpOptions {
    /// The `User-Agent` of requests that do not set one; empty for none, `None` for ssel's own.
    pub user_agent: Option<String>,
    /// How many redirects a request follows.
    pub max_redirects: u32,
    /// The longest that looking up, connecting and TLS may take together.
    pub connect_timeout: Duration,
    /// Accept any server certificate.
    pub insecure_skip_tls_verify: bool,
    /// A new connection for each request.
    pub no_connection_reuse: bool,
    /// New connections for each iteration.
    pub no_vu_connection_reuse: bool,
    /// Keep cookies from one iteration to the next.
    pub no_cookies_reset: bool,
    /// Which HTTP to speak.
    pub http_version: HttpVersion,
    /// `host[:port]` and the `address[:port]` to use for it instead of what DNS says, sorted.
    pub hosts: Vec<(String, String)>,
    /// How long a looked-up address is used; 0 looks it up for every connection.
    pub dns_ttl: Duration,
    /// PEM files of certificate authorities to trust besides the system's.
    pub ca: Vec<PathBuf>,
    /// The certificate to show to servers that ask for one.
    pub tls_auth: Option<TlsAuth>,
    /// The proxy of all requests, `http://[user:password@]host[:port]`; `None` leaves it to the environment.
    pub proxy: Option<String>,
    /// Hosts that need no proxy.
    pub no_proxy: Vec<String>,
}

/// PEM files for mutual TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsAuth {
    /// The certificate and its chain.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Which HTTP to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// What the server prefers.
    #[default]
    Auto,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only.
    Http2,
}

impl HttpVersion {
    const ALL: [Self; 3] = [Self::Auto, Self::Http1, Self::Http2];

    /// The word for it in options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Http1 => "1.1",
            Self::Http2 => "2",
        }
    }
}

impl HttpOptions {
    /// The proxy without its credentials, for whoever shows it.
    pub fn proxy_shown(&self) -> Option<String> {
        self.proxy.as_deref().map(shown_url)
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

pub(super) fn read(root: &Table<'_>) -> HttpOptions {
    let default = HttpOptions::default();
    let flag = |key| root.read(key, Item::flag).unwrap_or(false);
    let time = |key, least| root.read(key, |item| item.duration_from(least));
    let version = HttpVersion::ALL.map(|version| (version.name(), version));
    HttpOptions {
        user_agent: root.read("user_agent", |item| header(item).map(str::to_owned)),
        max_redirects: root
            .read("max_redirects", redirects)
            .unwrap_or(default.max_redirects),
        connect_timeout: time("connect_timeout", Duration::from_millis(1))
            .unwrap_or(default.connect_timeout),
        insecure_skip_tls_verify: flag("insecure_skip_tls_verify"),
        no_connection_reuse: flag("no_connection_reuse"),
        no_vu_connection_reuse: flag("no_vu_connection_reuse"),
        no_cookies_reset: flag("no_cookies_reset"),
        http_version: root
            .read("http_version", |item| item.one_of(&version))
            .unwrap_or_default(),
        hosts: root.read("hosts", hosts).unwrap_or_default(),
        dns_ttl: time("dns_ttl", Duration::ZERO).unwrap_or(default.dns_ttl),
        ca: root
            .read("ca", Item::words)
            .unwrap_or_default()
            .into_iter()
            .map(PathBuf::from)
            .collect(),
        tls_auth: root.get("tls_auth").and_then(|item| tls_auth(&item)),
        proxy: root.read("proxy", |item| proxy(item).map(str::to_owned)),
        no_proxy: root.read("no_proxy", Item::words).unwrap_or_default(),
    }
}

fn redirects(item: &Item<'_>) -> Result<u32, Problem> {
    const MOST: u32 = 1000;
    item.whole(0..=MOST.into())
        .map(|number| u32::try_from(number).unwrap_or(MOST))
}

fn header<'a>(item: &Item<'a>) -> Result<&'a str, Problem> {
    let text = item.text()?;
    if text.chars().any(char::is_control) {
        let advice = "use a text without line breaks and other control characters";
        return Err(item.wrong(ProblemKind::InvalidValue, advice));
    }
    Ok(text)
}

fn hosts(item: &Item<'_>) -> Result<Vec<(String, String)>, Problem> {
    let table = item.table(r#"use a table such as { ["example.com"] = "127.0.0.1" }"#)?;
    for (_, item) in table.items() {
        let address = item.text()?;
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let is_address = bare.unwrap_or(address).parse::<IpAddr>().is_ok();
        if !is_address && address.parse::<SocketAddr>().is_err() {
            let advice = "use an IP address, with a port or without, such as \"127.0.0.1:8080\"";
            return Err(item.wrong(ProblemKind::InvalidValue, advice));
        }
    }
    item.pairs()
}

fn tls_auth(item: &Item<'_>) -> Option<TlsAuth> {
    let advice = r#"use the names of two PEM files, { cert = "client.pem", key = "client.key" }"#;
    let table = item.check(item.table(advice))?;
    table.refuse_unknown(&["cert", "key"], |_| None);
    let file = |key| table.require(key, advice, |item| item.word().map(PathBuf::from));
    let (cert, key) = (file("cert"), file("key"));
    Some(TlsAuth {
        cert: cert?,
        key: key?,
    })
}

fn proxy<'a>(item: &Item<'a>) -> Result<&'a str, Problem> {
    let url = item.text()?;
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    if rest.is_none_or(str::is_empty) {
        // Not quoted: it may hold a password.
        return Err(item.fault(
            "it is not a URL of a proxy: use one such as \"http://proxy.example.com:3128\"",
        ));
    }
    Ok(url)
}

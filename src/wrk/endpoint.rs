//! The URL of the load, and the bytes of a plain request to it.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;

use crate::http;
use crate::units::shown_url;

/// A parsed URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The given URL.
    pub url: String,
    /// `http` or `https`.
    pub scheme: String,
    /// The host; an IPv6 address without brackets.
    pub host: String,
    /// The port, unless it is the default of the scheme.
    pub port: Option<u16>,
    /// Path and query.
    pub path: String,
}

impl Endpoint {
    /// Parses a URL.
    ///
    /// # Errors
    /// Not a URL of http or https.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = http::parse_url(text).map_err(|error| error.message)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(format!(
                "{:?} must begin with http:// or https://",
                shown_url(text)
            ));
        }
        let host = url.host_str().unwrap_or_default();
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self {
            url: text.to_owned(),
            scheme: url.scheme().to_owned(),
            host: host.trim_matches(['[', ']']).to_owned(),
            port: url.port(),
            path,
        })
    }

    /// Whether TLS is used.
    pub(crate) fn secure(&self) -> bool {
        self.scheme == "https"
    }

    /// The port to connect to.
    pub(crate) fn port_number(&self) -> u16 {
        self.port.unwrap_or(if self.secure() { 443 } else { 80 })
    }

    /// The value of the `Host` header.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// The distinct addresses of the host.
    ///
    /// # Errors
    /// The error of the system's lookup.
    pub(crate) fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        http::system_addresses(&self.host, self.port_number())
    }
}

/// A GET request with these headers; a missing `Host` is added.
pub(crate) fn format_request(target: &Endpoint, headers: &[(String, String)]) -> Vec<u8> {
    let mut text = format!("GET {} HTTP/1.1\r\n", target.path);
    if !headers
        .iter()
        .any(|(name, _)| name.eq_ignore_ascii_case("host"))
    {
        let _ = write!(text, "Host: {}\r\n", target.authority());
    }
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_parsed() {
        let target = Endpoint::parse("http://127.0.0.1:8080/a/b?c=d").unwrap();
        assert_eq!((&*target.host, target.port), ("127.0.0.1", Some(8080)));
        assert_eq!(target.path, "/a/b?c=d");
        assert_eq!(target.authority(), "127.0.0.1:8080");
        let target = Endpoint::parse("https://[::1]").unwrap();
        assert_eq!((&*target.host, target.port_number()), ("::1", 443));
        assert_eq!((&*target.path, &*target.authority()), ("/", "[::1]"));
    }

    #[test]
    fn an_invalid_url_is_rejected() {
        for text in ["", "127.0.0.1:80", "ftp://x/", "http://"] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_given_host_header_is_the_only_one() {
        let target = Endpoint::parse("http://h:81/x").unwrap();
        let bytes = |headers: &[(String, String)]| {
            String::from_utf8(format_request(&target, headers)).unwrap()
        };
        assert_eq!(bytes(&[]), "GET /x HTTP/1.1\r\nHost: h:81\r\n\r\n");
        assert_eq!(
            bytes(&[("host".into(), "o".into()), ("A".into(), "b".into())]),
            "GET /x HTTP/1.1\r\nhost: o\r\nA: b\r\n\r\n"
        );
    }
}

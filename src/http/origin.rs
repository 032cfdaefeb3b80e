//! The origin of a URL, which decides which connections may be reused.

use std::net::IpAddr;
use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use super::error::{Error, ErrorKind};
use crate::units::nearest;

/// Scheme, host and port of a request, or its Unix socket. Requests of one origin can share a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Whether TLS is used.
    pub(crate) secure: bool,
    /// The host in lower case; an IPv6 address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The Unix socket to connect to instead of the host.
    pub(crate) socket: Option<PathBuf>,
}

impl Origin {
    /// The origin of `url`, reached through `socket` if one is given.
    pub(crate) fn of(url: &Url, socket: Option<&PathBuf>) -> Result<Self, Error> {
        let (secure, default_port) = match url.scheme() {
            "http" => (false, 80),
            "https" => (true, 443),
            "http+unix" => return Self::of_unix(url),
            other => {
                let nearest = nearest(other, ["http", "https", "http+unix"]);
                let remedy = nearest.unwrap_or("http or https");
                let text = format!("the scheme {other:?} is not supported: use {remedy}");
                return Err(Error::new(ErrorKind::Url, text));
            }
        };
        let host = without_brackets(url.host_str().unwrap_or_default());
        if host.is_empty() {
            return Err(Error::new(ErrorKind::Url, "the URL has no host"));
        }
        let port = url.port().unwrap_or(default_port);
        Ok(Self {
            secure,
            host: host.to_owned(),
            port,
            socket: socket.cloned(),
        })
    }

    /// `http+unix://%2Frun%2Fapp.sock/path`: the host is the percent-encoded path of the socket.
    fn of_unix(url: &Url) -> Result<Self, Error> {
        let path = percent_decode_str(url.host_str().unwrap_or_default());
        let path = path.decode_utf8().unwrap_or_default();
        if path.is_empty() {
            let text = "the URL names no socket: write http+unix://%2Fpath%2Fto%2Fsocket/path";
            return Err(Error::new(ErrorKind::Url, text));
        }
        Ok(Self {
            secure: false,
            host: "localhost".into(),
            port: 80,
            socket: Some(PathBuf::from(&*path)),
        })
    }

    /// Host and port as in a `Host` header: without the scheme's default port.
    pub(crate) fn authority(&self) -> String {
        if self.port == if self.secure { 443 } else { 80 } {
            self.bracketed_host()
        } else {
            self.host_and_port()
        }
    }

    /// Host and port, always with the port.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.bracketed_host(), self.port)
    }

    fn bracketed_host(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

/// A host without the brackets of an IPv6 address.
pub(crate) fn without_brackets(host: &str) -> &str {
    let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    inner.unwrap_or(host)
}

/// Whether a host without brackets is this machine's `localhost` or a loopback address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Result<Origin, Error> {
        Origin::of(&Url::parse(url).unwrap(), None)
    }

    #[test]
    fn an_authority_omits_the_default_port() {
        for (url, authority, full) in [
            ("http://example.test/x", "example.test", "example.test:80"),
            ("http://example.test:80/", "example.test", "example.test:80"),
            ("https://example.test/", "example.test", "example.test:443"),
            (
                "http://example.test:443/",
                "example.test:443",
                "example.test:443",
            ),
            ("https://[::1]:8443/", "[::1]:8443", "[::1]:8443"),
            ("http://[::1]/", "[::1]", "[::1]:80"),
        ] {
            let origin = origin(url).unwrap();
            assert_eq!(
                (origin.authority(), origin.host_and_port()),
                (authority.into(), full.into())
            );
        }
        assert_eq!(origin("http://[::1]/").unwrap().host, "::1");
    }

    #[test]
    fn a_unix_socket_is_named_by_the_host() {
        let origin = origin("http+unix://%2Frun%2Fa.sock/v1?x=1").unwrap();
        assert_eq!(origin.socket, Some("/run/a.sock".into()));
    }

    #[test]
    fn an_unsupported_url_is_a_url_error() {
        for url in [
            "ftp://example.test/",
            "data:text/plain,x",
            "http+unix:///x",
            "mailto:a@b",
        ] {
            assert_eq!(origin(url).unwrap_err().kind, ErrorKind::Url, "{url}");
        }
    }
}

//! A request as callers write it.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Version};
use percent_encoding::percent_decode_str;
use url::Url;

use super::address::parse_url;
use super::cookies::CookieJar;
use super::error::{Error, ErrorKind};
use super::origin::Origin;
use crate::units::is_secret;

/// An HTTP request. `Host`, `Content-Length` and a missing `User-Agent` are added when it is sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, as it is sent.
    pub method: Method,
    /// The URL: `http`, `https`, or `http+unix` with the percent-encoded path of a socket as the host. User information
    /// becomes basic authorization unless there is an `Authorization` header.
    pub url: Url,
    /// Headers to send. `Content-Length` and `Transfer-Encoding` are ignored; the body determines them.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
    /// The most redirects to follow; 0 returns a redirect as the response. `None`: the value of the settings.
    pub redirects: Option<u32>,
    /// The limit for lookup, connecting and TLS together. `None`: the value of the settings.
    pub connect_timeout: Option<Duration>,
    /// The limit for the whole request, including the body.
    pub timeout: Option<Duration>,
    /// Which cookies are used.
    pub cookies: Cookies,
    /// A Unix socket to connect to instead of the URL's host.
    pub unix_socket: Option<PathBuf>,
}

/// The cookies of a request.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Cookies {
    /// The client's own jar.
    #[default]
    Client,
    /// Another jar.
    Jar(Rc<CookieJar>),
    /// No cookies are sent or stored.
    Off,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            redirects: None,
            connect_timeout: None,
            timeout: None,
            cookies: Cookies::Client,
            unix_socket: None,
        }
    }

    /// A GET of `url`.
    ///
    /// # Errors
    /// As [`parse_url`].
    pub fn get(url: &str) -> Result<Self, Error> {
        Ok(Self::new(Method::GET, parse_url(url)?))
    }

    /// Sets a header, replacing any of that name.
    ///
    /// # Errors
    /// Kind `request` if the name or value is invalid in a header, e.g. contains a line break, or if there are too
    /// many.
    pub fn header(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let (name, value) = parse_header(name, value.as_ref())?;
        self.headers.remove(&name);
        add_header(&mut self.headers, name, value)
    }

    /// The values of headers with secrets, with and without a scheme such as `Bearer`.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = self
            .headers
            .iter()
            .filter(|(name, _)| is_secret(name.as_str()));
        let values = secret.filter_map(|(_, value)| value.to_str().ok());
        values.flat_map(|value| [value, value.rsplit(' ').next().unwrap_or(value)])
    }

    /// Sets basic authorization.
    pub fn basic_auth(&mut self, user: &[u8], password: &[u8]) {
        self.headers
            .insert(header::AUTHORIZATION, basic(user, password));
    }

    /// Sets a bearer token.
    ///
    /// # Errors
    /// Kind `request` if the token is invalid in a header.
    pub fn bearer(&mut self, token: &str) -> Result<(), Error> {
        self.header("authorization", format!("Bearer {token}"))
    }
}

/// Parses a method.
///
/// # Errors
/// Kind `request` if it is not a method.
pub(crate) fn parse_method(text: &str) -> Result<Method, Error> {
    Method::from_bytes(text.as_bytes()).map_err(|_| {
        Error::new(
            ErrorKind::Request,
            format!("{text:?} is not an HTTP method"),
        )
    })
}

/// Parses a header. The value may be any bytes that HTTP allows, ASCII or not.
///
/// # Errors
/// Kind `request`. The message does not contain the value.
pub(crate) fn parse_header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), Error> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::new(ErrorKind::Request, format!("{name:?} is not a header name")))?;
    let value = HeaderValue::from_bytes(value).map_err(|_| {
        let text =
            format!("the value of the header {name:?} holds a line break or control character");
        Error::new(ErrorKind::Request, text)
    })?;
    Ok((parsed, value))
}

/// One hop of a request, as it is sent.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) request: &'a Request,
    pub(crate) origin: &'a Origin,
    pub(crate) user_agent: &'a str,
    /// The jar's `Cookie` header.
    pub(crate) cookie: Option<&'a HeaderValue>,
    /// Whether it goes to a proxy that forwards it.
    pub(crate) proxied: bool,
    pub(crate) proxy_authorization: Option<&'a HeaderValue>,
    /// Ask the server to close the connection after the answer.
    pub(crate) close: bool,
}

/// The most headers of a request. A header map panics at 24,576.
const MAX_HEADERS: usize = 20_000;

/// Connection-specific headers, which HTTP/2 forbids.
const OF_A_CONNECTION: [HeaderName; 4] = [
    header::CONNECTION,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

impl Outgoing<'_> {
    pub(crate) fn method(&self) -> &Method {
        &self.request.method
    }

    pub(crate) fn body(&self) -> &Bytes {
        &self.request.body
    }

    /// Whether the connection closes after the response.
    pub(crate) fn closes(&self) -> bool {
        let close = |value: &HeaderValue| {
            let mut words = value.as_bytes().split(|&byte| byte == b',');
            words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
        };
        let mut given = self.request.headers.get_all(header::CONNECTION).iter();
        self.close || given.any(close)
    }

    /// The head for HTTP/1.1.
    pub(crate) fn write_head(&self, to: &mut Vec<u8>) -> Result<(), Error> {
        let line = [self.method().as_str(), " ", &self.target(self.proxied)?];
        for part in line {
            to.extend_from_slice(part.as_bytes());
        }
        to.extend_from_slice(b" HTTP/1.1\r\n");
        let mut put = |name: &HeaderName, value: &HeaderValue| {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                to.extend_from_slice(part);
            }
            Ok(())
        };
        // `Host` comes first, as RFC 9110 recommends.
        match self.request.headers.get(header::HOST) {
            Some(host) => put(&header::HOST, host)?,
            None => put(&header::HOST, &text_value(&self.origin.authority())?)?,
        }
        self.each_header(&mut put)?;
        if self.close {
            put(&header::CONNECTION, &HeaderValue::from_static("close"))?;
        }
        self.content_length(&mut put)?;
        to.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// The head for HTTP/2.
    pub(crate) fn message(&self) -> Result<http::Request<()>, Error> {
        let mut message = http::Request::new(());
        *message.version_mut() = Version::HTTP_2;
        *message.method_mut() = self.method().clone();
        let target = self.target(true)?;
        *message.uri_mut() = target
            .parse()
            .map_err(|_| Error::new(ErrorKind::Url, "the URL cannot be sent over HTTP/2"))?;
        let headers = message.headers_mut();
        let mut put = |name: &HeaderName, value: &HeaderValue| {
            let trailers = value.as_bytes().eq_ignore_ascii_case(b"trailers");
            if !OF_A_CONNECTION.contains(name) && (*name != header::TE || trailers) {
                add_header(headers, name.clone(), value.clone())?;
            }
            Ok(())
        };
        self.each_header(&mut put)?;
        self.content_length(&mut put)?;
        Ok(message)
    }

    /// All headers but those that differ between the protocols.
    fn each_header(
        &self,
        put: &mut impl FnMut(&HeaderName, &HeaderValue) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Request { url, headers, .. } = self.request;
        if !headers.contains_key(header::USER_AGENT) && !self.user_agent.is_empty() {
            put(&header::USER_AGENT, &text_value(self.user_agent)?)?;
        }
        if !headers.contains_key(header::AUTHORIZATION)
            && let Some(authorization) = basic_of(url)
        {
            put(&header::AUTHORIZATION, &authorization)?;
        }
        for (name, value) in headers {
            // `Host` was written above, and the body determines the framing.
            let skip = *name == header::HOST
                || *name == header::CONTENT_LENGTH
                || *name == header::TRANSFER_ENCODING
                || *name == header::PROXY_AUTHORIZATION && self.proxy_authorization.is_some()
                || *name == header::CONNECTION && self.close;
            if !skip {
                put(name, value)?;
            }
        }
        if let Some(cookie) = self.cookie {
            put(&header::COOKIE, cookie)?;
        }
        if let Some(authorization) = self.proxy_authorization {
            put(&header::PROXY_AUTHORIZATION, authorization)?;
        }
        Ok(())
    }

    fn content_length(
        &self,
        put: &mut impl FnMut(&HeaderName, &HeaderValue) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let length = self.body().len();
        // A method that usually has a body needs the length 0, or some servers answer 411.
        let usual = matches!(*self.method(), Method::POST | Method::PUT | Method::PATCH);
        if length > 0 || usual {
            put(&header::CONTENT_LENGTH, &HeaderValue::from(length))?;
        }
        Ok(())
    }

    /// The request target: path and query, or the whole URL for a proxy and in HTTP/2.
    fn target(&self, absolute: bool) -> Result<String, Error> {
        let url = &self.request.url;
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let slash = if path.starts_with('/') { "" } else { "/" };
        let target = if absolute {
            let scheme = if self.origin.secure { "https" } else { "http" };
            let host = self.request.headers.get(header::HOST);
            let authority = host
                .and_then(|host| host.to_str().ok().map(str::to_owned))
                .unwrap_or_else(|| self.origin.authority());
            format!("{scheme}://{authority}{slash}{path}")
        } else {
            format!("{slash}{path}")
        };
        if target.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(Error::new(
                ErrorKind::Url,
                "the URL cannot be sent over HTTP: it holds a space or control character",
            ));
        }
        Ok(target)
    }
}

/// Adds a header to those of the same name.
///
/// # Errors
/// Kind `request` if there are too many.
pub(crate) fn add_header(
    headers: &mut HeaderMap,
    name: HeaderName,
    value: HeaderValue,
) -> Result<(), Error> {
    if headers.len() >= MAX_HEADERS {
        let text = format!("a request cannot have more than {MAX_HEADERS} headers");
        return Err(Error::new(ErrorKind::Request, text));
    }
    headers.append(name, value);
    Ok(())
}

/// Basic authorization by the user information of a URL, if it has any.
pub(crate) fn basic_of(url: &Url) -> Option<HeaderValue> {
    let has_user = !url.username().is_empty() || url.password().is_some();
    let decoded = |text| percent_decode_str(text).collect::<Vec<u8>>();
    has_user.then(|| {
        let password = url.password().unwrap_or_default();
        basic(&decoded(url.username()), &decoded(password))
    })
}

/// The value of an `Authorization` or `Proxy-Authorization` header by user and password, RFC 7617.
pub(crate) fn basic(user: &[u8], password: &[u8]) -> HeaderValue {
    let text = format!("Basic {}", STANDARD.encode([user, b":", password].concat()));
    let mut value = text_value(&text).unwrap_or(HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

fn text_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|_| Error::new(ErrorKind::Request, "a header holds a control character"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_information_of_a_url_is_decoded() {
        let authorization = |url: &str| basic_of(&Url::parse(url).unwrap());
        let expected = basic("€".as_bytes(), b"a/b%zz");
        assert_eq!(
            authorization("http://%e2%82%AC:a%2Fb%zz@h/"),
            Some(expected)
        );
        assert_eq!(authorization("http://h/"), None);
    }

    #[test]
    fn line_breaks_are_rejected() {
        let mut request = Request::get("http://example.test/").unwrap();
        for (name, value) in [
            ("x", "a\r\nb: c"),
            ("x", "a\nb"),
            ("x", "a\0"),
            ("x\r\ny", "a"),
            ("", "a"),
        ] {
            let error = request.header(name, value).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Request);
        }
        assert_eq!(
            request.bearer("a\r\nx: y").unwrap_err().kind,
            ErrorKind::Request
        );
        assert!(request.headers.is_empty());
        for url in [
            "http://example.test/a\r\nx: y",
            "http://example.test/\n",
            "http://a\t.test/",
        ] {
            assert_eq!(parse_url(url).unwrap_err().kind, ErrorKind::Url);
        }
        assert_eq!(
            parse_method("GET / HTTP/1.1\r\nx: y").unwrap_err().kind,
            ErrorKind::Request
        );
    }

    #[test]
    fn a_header_may_contain_non_ascii_bytes() {
        let mut request = Request::get("http://example.test/").unwrap();
        request.header("last-event-id", "…".as_bytes()).unwrap();
        assert_eq!(request.headers["last-event-id"].as_bytes(), "…".as_bytes());
    }
}

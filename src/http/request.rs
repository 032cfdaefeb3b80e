//! A request as the user of this module writes it.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use http_body_util::Full;
use url::Url;

use super::cookies::CookieJar;
use super::error::{Error, ErrorKind};
use super::origin::{Origin, percent_decode};
use crate::units::shown_url;

/// One request. `Host`, `Content-Length` and, unless given, `User-Agent` are added when it is sent.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method, as it is sent.
    pub method: Method,
    /// Where to: `http`, `https`, or `http+unix` with the percent-encoded path of a socket as its host. User
    /// information becomes basic authorization unless the headers have an `Authorization`.
    pub url: Url,
    /// Headers to send. `Content-Length` and `Transfer-Encoding` are ignored: the body decides.
    pub headers: HeaderMap,
    /// The body; empty for none.
    pub body: Bytes,
    /// Redirects to follow; 0 hands a redirect out as the response. `None`: as the settings say.
    pub redirects: Option<u32>,
    /// Limit for lookup, connection and TLS together. `None`: as the settings say.
    pub connect_timeout: Option<Duration>,
    /// Limit for the whole, the body included.
    pub timeout: Option<Duration>,
    /// Where cookies come from and go to.
    pub cookies: Cookies,
    /// A Unix socket to connect to instead of the URL's host.
    pub unix_socket: Option<PathBuf>,
}

/// The cookies of a request.
#[derive(Debug, Clone, Default)]
pub enum Cookies {
    /// The client's own jar.
    #[default]
    Client,
    /// Another jar.
    Jar(Rc<CookieJar>),
    /// None are sent, none kept.
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

    /// Sets a header, in place of any of that name.
    ///
    /// # Errors
    /// Kind `request` when name or value may not stand in a header: a line break, say.
    pub fn header(&mut self, name: &str, value: impl AsRef<[u8]>) -> Result<(), Error> {
        let (name, value) = parse_header(name, value.as_ref())?;
        self.headers.insert(name, value);
        Ok(())
    }

    /// Authorizes by user and password.
    pub fn basic_auth(&mut self, user: &[u8], password: &[u8]) {
        self.headers
            .insert(header::AUTHORIZATION, basic(user, password));
    }

    /// Authorizes by a token.
    ///
    /// # Errors
    /// Kind `request` when the token may not stand in a header.
    pub fn bearer(&mut self, token: &str) -> Result<(), Error> {
        self.header("authorization", format!("Bearer {token}"))
    }
}

/// Parses the URL of a request.
///
/// # Errors
/// Kind `url`: not a URL, not one that can be requested, or one with control characters, which a parser would drop in silence.
pub fn parse_url(text: &str) -> Result<Url, Error> {
    let refuse = |why: &str| {
        Error::new(
            ErrorKind::Url,
            format!("cannot request the URL {:?}: {why}", shown_url(text)),
        )
    };
    if text.chars().any(char::is_control) {
        return Err(refuse("it holds a control character"));
    }
    let url = match Url::parse(text) {
        Ok(url) if url.has_host() || url.scheme() == "http+unix" => url,
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        // Of `localhost:8080/x`, the host is taken for the scheme.
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(refuse(&without_scheme(text)));
        }
        Err(error) => return Err(refuse(&error.to_string())),
    };
    Origin::of(&url, None).map_err(|error| refuse(&error.message))?;
    Ok(url)
}

/// What to write in place of a URL that does not begin with a scheme and a host.
fn without_scheme(text: &str) -> String {
    let bare = text.trim_start_matches('/');
    let host = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let has_host = if text.starts_with('/') {
        text.starts_with("//")
    } else {
        host == "localhost" || host.contains(['.', ':', '@'])
    };
    if has_host && !bare.is_empty() {
        format!(
            "it has no scheme: write {:?}",
            shown_url(&format!("http://{bare}"))
        )
    } else {
        format!(
            "it has neither scheme nor host: write the whole URL, such as {:?}",
            shown_url(&format!("http://localhost:8080/{bare}"))
        )
    }
}

/// Parses a method.
///
/// # Errors
/// Kind `request` when it is no token.
pub fn parse_method(text: &str) -> Result<Method, Error> {
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
/// Kind `request`. The message never quotes the value.
pub fn parse_header(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), Error> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::new(ErrorKind::Request, format!("{name:?} is not a header name")))?;
    let value = HeaderValue::from_bytes(value).map_err(|_| {
        let text =
            format!("the value of the header {name:?} holds a line break or control character");
        Error::new(ErrorKind::Request, text)
    })?;
    Ok((parsed, value))
}

/// What goes to the HTTP library for one hop of a request.
#[derive(Debug)]
pub(crate) struct Outgoing<'a> {
    pub(crate) request: &'a Request,
    pub(crate) origin: &'a Origin,
    pub(crate) user_agent: &'a str,
    /// The jar's `Cookie` header.
    pub(crate) cookie: Option<HeaderValue>,
    /// The request line holds the whole URL: for a proxy, or for HTTP/2, whose pseudo-headers are made of it.
    pub(crate) absolute: bool,
    pub(crate) http2: bool,
    pub(crate) proxy_authorization: Option<&'a HeaderValue>,
    /// Ask the server to close the connection after the answer.
    pub(crate) close: bool,
}

impl Outgoing<'_> {
    pub(crate) fn build(&self) -> Result<http::Request<Full<Bytes>>, Error> {
        let Request {
            method,
            url,
            headers,
            body,
            ..
        } = self.request;
        let mut message = http::Request::new(Full::new(body.clone()));
        *message.method_mut() = method.clone();
        let host = headers.get(header::HOST);
        *message.uri_mut() = self.uri(url, host)?;

        let target = message.headers_mut();
        // `Host` comes first, as RFC 9110 asks.
        if !self.http2 {
            let host = match host {
                Some(host) => host.clone(),
                None => text_value(&self.origin.authority())?,
            };
            target.insert(header::HOST, host);
        }
        if !headers.contains_key(header::USER_AGENT) && !self.user_agent.is_empty() {
            target.insert(header::USER_AGENT, text_value(self.user_agent)?);
        }
        if !headers.contains_key(header::AUTHORIZATION)
            && (!url.username().is_empty() || url.password().is_some())
        {
            let user = percent_decode(url.username());
            let password = percent_decode(url.password().unwrap_or_default());
            target.insert(header::AUTHORIZATION, basic(&user, &password));
        }
        // Not `Host`, which stands above, and not the framing, which is that of the body.
        let skip = [
            header::HOST,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
        ];
        for (name, value) in headers.iter().filter(|(name, _)| !skip.contains(name)) {
            target.append(name, value.clone());
        }
        if let Some(cookie) = &self.cookie {
            target.append(header::COOKIE, cookie.clone());
        }
        if let Some(authorization) = self.proxy_authorization {
            target.insert(header::PROXY_AUTHORIZATION, authorization.clone());
        }
        if self.close && !self.http2 {
            target.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        // A method that usually has a body says so when it has none, or some servers answer 411.
        if body.is_empty() && matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
            target.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        Ok(message)
    }

    fn uri(&self, url: &Url, host: Option<&HeaderValue>) -> Result<Uri, Error> {
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        let text = if self.absolute {
            let scheme = if self.origin.secure { "https" } else { "http" };
            let authority = host
                .and_then(|host| host.to_str().ok().map(str::to_owned))
                .unwrap_or_else(|| self.origin.authority());
            format!("{scheme}://{authority}{path}")
        } else {
            path
        };
        text.parse()
            .map_err(|_| Error::new(ErrorKind::Url, "the URL cannot be sent over HTTP"))
    }
}

/// The value of an `Authorization` or `Proxy-Authorization` by user and password, RFC 7617.
pub(crate) fn basic(user: &[u8], password: &[u8]) -> HeaderValue {
    let text = format!("Basic {}", base64(&[user, b":", password].concat()));
    let mut value = text_value(&text).unwrap_or(HeaderValue::from_static("Basic"));
    value.set_sensitive(true);
    value
}

fn text_value(text: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text)
        .map_err(|_| Error::new(ErrorKind::Request, "a header holds a control character"))
}

/// RFC 4648, the standard alphabet with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit <= group.len() {
                char::from(ALPHABET[index as usize])
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_agrees_with_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn line_breaks_go_nowhere() {
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
    fn a_refused_url_never_shows_user_information() {
        let error = parse_url("ftp://user:secret@example.test/").unwrap_err();
        assert!(!error.message.contains("secret"), "{}", error.message);
        let error = parse_url("nonsense").unwrap_err();
        assert!(error.message.contains("nonsense"), "{}", error.message);
    }

    #[test]
    fn a_url_without_a_scheme_says_what_to_write() {
        for (text, remedy) in [
            (
                "localhost:8080/x",
                "it has no scheme: write \"http://localhost:8080/x\"",
            ),
            ("localhost", "it has no scheme: write \"http://localhost\""),
            (
                "127.0.0.1:80",
                "it has no scheme: write \"http://127.0.0.1:80\"",
            ),
            (
                "example.com/a?b=c",
                "it has no scheme: write \"http://example.com/a?b=c\"",
            ),
            ("ann:pw@h/x", "it has no scheme: write \"http://***@h/x\""),
            ("//h/x", "it has no scheme: write \"http://h/x\""),
            ("/v1/x", "such as \"http://localhost:8080/v1/x\""),
            ("", "such as \"http://localhost:8080/\""),
        ] {
            let error = parse_url(text).unwrap_err();
            assert!(error.message.ends_with(remedy), "{}", error.message);
        }
        let error = parse_url("htps://h/").unwrap_err();
        assert!(
            error
                .message
                .ends_with("the scheme \"htps\" is not supported: use https"),
            "{}",
            error.message
        );
    }

    #[test]
    fn non_ascii_bytes_may_stand_in_a_header() {
        let mut request = Request::get("http://example.test/").unwrap();
        request.header("last-event-id", "…".as_bytes()).unwrap();
        assert_eq!(request.headers["last-event-id"].as_bytes(), "…".as_bytes());
    }
}

//! Where a redirect leads, and what of the request may go there.

use http::header::{self, HeaderName};
use http::{Method, StatusCode};
use url::Url;

use super::error::{Error, ErrorKind};
use super::origin::Origin;
use super::request::Request;
use super::response::Head;

/// Headers that are meant for one origin and must not be shown to another.
const SECRET: [HeaderName; 4] = [
    header::AUTHORIZATION,
    header::COOKIE,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("x-api-key"),
];

/// Whether a status asks to go elsewhere.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Turns `request` into the one that `head` redirects to, as the Fetch standard does.
pub(crate) fn follow(request: &mut Request, head: &Head) -> Result<(), Error> {
    let next = target(&request.url, head)?;
    let socket = request.unix_socket.as_ref();
    let origin = Origin::of(&next, socket).map_err(|error| {
        Error::new(
            ErrorKind::Redirect,
            format!("redirected to where nobody can go: {}", error.message),
        )
    })?;
    if origin != Origin::of(&request.url, socket)? {
        for name in SECRET {
            request.headers.remove(name);
        }
        // The name of the old host is not that of the new one.
        request.headers.remove(header::HOST);
    }
    let to_get = match head.status.as_u16() {
        301 | 302 => request.method == Method::POST,
        303 => request.method != Method::GET && request.method != Method::HEAD,
        _ => false,
    };
    if to_get {
        request.method = Method::GET;
        request.body.clear();
        for name in [
            header::CONTENT_TYPE,
            header::CONTENT_ENCODING,
            header::CONTENT_LANGUAGE,
            header::CONTENT_LOCATION,
        ] {
            request.headers.remove(name);
        }
    }
    request.url = next;
    Ok(())
}

fn target(from: &Url, head: &Head) -> Result<Url, Error> {
    let refuse = |why: &str| {
        let text = format!("{} {} {why}", head.status.as_u16(), head.reason());
        Error::new(ErrorKind::Redirect, text)
    };
    let location = head
        .headers
        .get(header::LOCATION)
        .map_or(&[][..], |value| value.as_bytes());
    let location =
        std::str::from_utf8(location).map_err(|_| refuse("with a Location that is no text"))?;
    if location.is_empty() {
        return Err(refuse("without a Location"));
    }
    let mut next = from
        .join(location)
        .map_err(|error| refuse(&format!("with a Location that is no URL: {error}")))?;
    if next.fragment().is_none() {
        next.set_fragment(from.fragment());
    }
    // User information in the old URL belongs to the old origin; a redirect that brings its own may use it.
    Ok(next)
}

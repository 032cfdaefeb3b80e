//! Resolves redirects, and selects the headers that may follow them.

use http::header::{self, HeaderName};
use http::{Method, StatusCode};
use url::Url;

use super::error::{Error, ErrorKind};
use super::origin::Origin;
use super::request::Request;
use super::response::Head;

/// Headers without secrets, which are also sent to another origin. Any other header may be a credential.
const HARMLESS: [HeaderName; 17] = [
    header::ACCEPT,
    header::ACCEPT_CHARSET,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CACHE_CONTROL,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_TYPE,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::PRAGMA,
    header::RANGE,
    header::TE,
    header::UPGRADE_INSECURE_REQUESTS,
    header::USER_AGENT,
    HeaderName::from_static("last-event-id"),
];

/// Whether a status is a redirect.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Changes `request` to the one that `head` redirects to, by the Fetch standard.
pub(crate) fn follow(request: &mut Request, head: &Head) -> Result<(), Error> {
    let next = target(&request.url, head)?;
    let socket = request.unix_socket.as_ref();
    let origin = Origin::of(&next, socket).map_err(|error| {
        Error::new(
            ErrorKind::Redirect,
            format!("the redirect leads to an unusable URL: {}", error.message),
        )
    })?;
    if origin != Origin::of(&request.url, socket)? {
        // This also removes `Host`, which names the old host.
        let names: Vec<HeaderName> = request.headers.keys().cloned().collect();
        for name in names.iter().filter(|name| !HARMLESS.contains(name)) {
            request.headers.remove(name);
        }
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
        std::str::from_utf8(location).map_err(|_| refuse("with a Location that is not text"))?;
    if location.is_empty() {
        return Err(refuse("without a Location"));
    }
    let mut next = from
        .join(location)
        .map_err(|error| refuse(&format!("with a Location that is not a URL: {error}")))?;
    if next.fragment().is_none() {
        next.set_fragment(from.fragment());
    }
    // User information of the old URL is not reused; that of the new URL is.
    Ok(next)
}

//! Plain HTTP: statuses, redirects, delays, bodies, cookies, credentials.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use tokio::time::sleep;

use super::failure::ErrorResponse;
use super::params::parse_time;
use super::request::{TargetRequest, json as json_response};
use super::stream::ResponseEnd;

/// The largest body of `/bytes/{n}`.
const MAX_BYTES: u64 = 1 << 40;

/// The size of a write of `/bytes/{n}`, in bytes.
const PIECE: usize = 64 << 10;

/// Handles `/status/{code}`: returns this status, with the parameters `body`, `type` and `retry_after`.
pub(super) async fn status(
    Path(code): Path<String>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    let mut params = request.params();
    // A 1xx status is not a final response, and hyper does not send one.
    let status = code
        .parse()
        .ok()
        .filter(|code| (200..=999).contains(code))
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| {
            ErrorResponse::parameter("code", format!("must be from 200 to 999, got {code:?}"))
        })?;
    let body = params.text("body").unwrap_or_else(|| format!("{status}\n"));
    let mut headers = HeaderMap::new();
    let kind = params
        .text("type")
        .unwrap_or_else(|| "text/plain".to_owned());
    headers.insert(header::CONTENT_TYPE, value("type", &kind)?);
    if let Some(after) = params.text("retry_after") {
        headers.insert(header::RETRY_AFTER, value("retry_after", &after)?);
    }
    params.finish()?;
    let has_no_body = matches!(status.as_u16(), 204 | 304);
    Ok(if has_no_body {
        (status, headers).into_response()
    } else {
        (status, headers, body).into_response()
    })
}

/// Handles `/redirect?to=`: redirects once. Without `to`, the response has no `Location`; an empty `to` is an empty
/// `Location`.
pub(super) async fn redirect(request: TargetRequest) -> Result<Response, ErrorResponse> {
    let mut params = request.params();
    let status = redirect_status(&mut params)?;
    let to = params.text("to");
    params.finish()?;
    redirect_to(status, to.as_deref())
}

/// Handles `/redirect/{n}`: redirects n times, then to `to`.
pub(super) async fn redirects(
    Path(n): Path<String>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    let mut params = request.params();
    let status = redirect_status(&mut params)?;
    let to = params.text("to");
    params.finish()?;
    let n: u32 = n
        .parse()
        .map_err(|_| ErrorResponse::parameter("n", format!("must be a whole number, got {n:?}")))?;
    let query = request
        .uri
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    match (n, to) {
        (0, _) => Ok("redirected\n".into_response()),
        (1, Some(to)) => redirect_to(status, Some(&to)),
        (n, _) => redirect_to(status, Some(&format!("/redirect/{}{query}", n - 1))),
    }
}

fn redirect_status(params: &mut super::params::Params) -> Result<StatusCode, ErrorResponse> {
    let code = params.number("status", 302, 300..=399)?;
    u16::try_from(code)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| ErrorResponse::parameter("status", "is not a status"))
}

fn redirect_to(status: StatusCode, to: Option<&str>) -> Result<Response, ErrorResponse> {
    let mut headers = HeaderMap::new();
    if let Some(to) = to {
        headers.insert(header::LOCATION, value("to", to)?);
    }
    Ok((status, headers).into_response())
}

/// Handles `/delay/{time}`: responds after this time.
pub(super) async fn delay(
    Path(time): Path<String>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    request.params().finish()?;
    let time = parse_time(&time).map_err(|problem| ErrorResponse::parameter("time", problem))?;
    sleep(time).await;
    Ok(format!("after {time:?}\n").into_response())
}

/// Handles `/bytes/{n}`: returns n bytes with a content length.
pub(super) async fn bytes(
    Path(n): Path<String>,
    request: TargetRequest,
) -> Result<Response, ErrorResponse> {
    request.params().finish()?;
    let n: u64 = n.parse().ok().filter(|n| *n <= MAX_BYTES).ok_or_else(|| {
        ErrorResponse::parameter("n", format!("must be from 0 to {MAX_BYTES}, got {n:?}"))
    })?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, n.to_string()),
    ];
    let body = request.stream(|sender| async move {
        let piece = Bytes::from(vec![b'x'; PIECE]);
        let mut left = n;
        while left > 0 {
            let size = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            sender.send(piece.slice(..size)).await;
            left -= size as u64;
        }
        ResponseEnd::Complete
    });
    Ok((headers, body).into_response())
}

/// Handles `/cookies`: returns the cookies of the request as JSON.
pub(super) async fn cookies(request: TargetRequest) -> Response {
    let cookies: Map<String, Value> = request
        .headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let body = json!({ "cookies": cookies });
    json_response(format_args!("{body}\n")).into_response()
}

/// Handles `/cookies/set?k=v`: sets the pairs of the query as cookies of the whole site, and redirects to `/cookies`.
pub(super) async fn set_cookies(request: TargetRequest) -> Result<Response, ErrorResponse> {
    let mut headers = HeaderMap::new();
    headers.insert(header::LOCATION, HeaderValue::from_static("/cookies"));
    for (name, text) in
        url::form_urlencoded::parse(request.uri.query().unwrap_or_default().as_bytes())
    {
        // The name of a cookie is a token, like that of a header; a value ends at a semicolon.
        if HeaderName::from_bytes(name.as_bytes()).is_err()
            || text.contains([';', ',', ' ', '"', '\\'])
        {
            return Err(ErrorResponse::parameter(
                &name,
                "is not a name or value of a cookie",
            ));
        }
        headers.append(
            header::SET_COOKIE,
            value(&name, &format!("{name}={text}; Path=/"))?,
        );
    }
    Ok((StatusCode::FOUND, headers).into_response())
}

/// Handles `/basic-auth/{user}/{pass}`: returns 200 for these credentials, otherwise 401.
pub(super) async fn basic_auth(
    Path((user, pass)): Path<(String, String)>,
    request: TargetRequest,
) -> Response {
    let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{pass}")));
    if request.header("authorization") == Some(&expected) {
        let body = json!({ "authenticated": true, "user": user });
        return json_response(format_args!("{body}\n")).into_response();
    }
    (
        StatusCode::UNAUTHORIZED,
        [(header::WWW_AUTHENTICATE, r#"Basic realm="ssel""#)],
    )
        .into_response()
}

/// Handles `/content-type?type=&body=`: returns 200 with this content type.
pub(super) async fn content_type(request: TargetRequest) -> Result<Response, ErrorResponse> {
    let mut params = request.params();
    let kind = params
        .text("type")
        .unwrap_or_else(|| "text/html".to_owned());
    let body = params
        .text("body")
        .unwrap_or_else(|| "<!doctype html><p>no stream here\n".to_owned());
    params.finish()?;
    let mut headers = HeaderMap::new();
    if !kind.is_empty() {
        headers.insert(header::CONTENT_TYPE, value("type", &kind)?);
    }
    let mut response = (headers, body).into_response();
    if kind.is_empty() {
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    Ok(response)
}

/// Converts a text to a header value.
fn value(parameter: &str, text: &str) -> Result<HeaderValue, ErrorResponse> {
    HeaderValue::from_bytes(text.as_bytes())
        .map_err(|_| ErrorResponse::parameter(parameter, "is not valid in a header"))
}

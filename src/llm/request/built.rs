//! A complete request, and its URL.

use std::fmt;

use crate::llm::api::{Api, GENERATE, server_root};

/// A complete request, to be sent with POST.
#[derive(Clone, PartialEq, Eq)]
pub struct BuiltRequest {
    /// The path below the server's root, with a query if the API needs one.
    pub path: String,
    /// The headers: content type, accepted type, and key.
    pub headers: Vec<(&'static str, String)>,
    /// The body in JSON.
    pub body: Vec<u8>,
}

impl BuiltRequest {
    /// The URL of the request. `base` is the root of a server, the root with `/v1` as for `OpenAI` clients, or the whole URL of
    /// an endpoint. A query of `base` is kept.
    pub fn url(&self, base: &str) -> String {
        let (base, query) = match base.split_once('?') {
            Some((base, query)) => (base, Some(query)),
            None => (base, None),
        };
        let (path, own_query) = match self.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (&*self.path, None),
        };
        let root = server_root(base, &[GENERATE]);
        let is_endpoint = Api::of_path(root) == Api::of_path(path);
        let version = path
            .split('/')
            .nth(1)
            .filter(|first| first.starts_with('v'));
        let root = version
            .and_then(|version| root.strip_suffix(version)?.strip_suffix('/'))
            .filter(|_| !is_endpoint)
            .unwrap_or(root);
        let mut url = root.to_owned();
        if !is_endpoint {
            url += path;
        }
        let own_query = own_query.filter(|own| query.is_none_or(|query| !query.contains(own)));
        for (mark, query) in ["?", "&"]
            .into_iter()
            .zip([own_query, query].into_iter().flatten())
        {
            url += mark;
            url += query;
        }
        url
    }
}

/// Omits the values of headers and the body, which may contain a key or private text.
impl fmt::Debug for BuiltRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("BuiltRequest")
            .field("path", &self.path)
            .field("headers", &names)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// The headers of a request, with the key in the header that the API defines.
pub(super) fn headers(api: Api, key: Option<&str>) -> Vec<(&'static str, String)> {
    let accept = if api.is_ndjson() {
        "application/x-ndjson"
    } else {
        "text/event-stream"
    };
    let mut headers = vec![
        ("content-type", "application/json".to_owned()),
        ("accept", accept.to_owned()),
    ];
    headers.extend(api.access_headers(key));
    headers
}

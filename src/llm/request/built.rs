//! A request in its final form.

use std::fmt;

use crate::llm::api::{Api, GENERATE, server_root};

/// A request that is ready to be sent with POST.
#[derive(Clone, PartialEq, Eq)]
pub struct BuiltRequest {
    /// The path below the server's root, with a query if the API needs one.
    pub path: String,
    /// Headers: the content type, what is accepted, and the key.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON.
    pub body: Vec<u8>,
}

impl BuiltRequest {
    /// The URL of the request. `base` may be a server's root, a root with the `/v1` that clients of `OpenAI` are used to, or
    /// the whole URL of an endpoint already. A query of `base` is kept.
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

/// Shows no key and no text.
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

/// The headers of a request, with the key in the one where the API wants it.
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

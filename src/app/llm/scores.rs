//! Requests for scores, and the APIs for them.

/// Requests for scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scores {
    /// The API.
    pub api: ScoreApi,
    /// The number of texts or documents in a request.
    pub batch: u64,
}

/// The APIs for scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScoreApi {
    /// Vectors of texts.
    Embeddings,
    /// Documents sorted by their relevance to a query.
    Rerank,
}

impl ScoreApi {
    pub(super) const ALL: [Self; 2] = [Self::Embeddings, Self::Rerank];

    /// The paths at which servers offer it, the usual one first and longer ones before their ends.
    pub(super) const fn paths(self) -> [&'static str; 3] {
        match self {
            Self::Embeddings => ["/v1/embeddings", "/v2/embeddings", "/embeddings"],
            Self::Rerank => ["/v1/rerank", "/v2/rerank", "/rerank"],
        }
    }

    /// Whether a path is one of these.
    pub(super) fn is_at(self, path: &str) -> bool {
        self.paths().iter().any(|end| path.ends_with(end))
    }

    /// The API at the path of a URL.
    pub(crate) fn of_path(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        Self::ALL.into_iter().find(|api| api.is_at(path))
    }
}

//! What the benches and integration tests of this package use beyond its public API. It can change with every version.

pub use crate::chat::{Fragment, Listener, ModelRequest, exchange};
pub use crate::http::parse_url;
pub use crate::join::{Address, Follower, Hello, Leader};
pub use crate::llm::ChatRequest;
pub use crate::metrics::{Counter, Rate, SeriesRole, SinkId, Totals, Trend};
pub use crate::options::KEYS;
pub use crate::output::keep_samples;
pub use crate::report::{JsonLines, compact_date};

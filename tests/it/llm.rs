//! Conversations with language models as scripts see them: APIs, pieces, failures, prompts, metrics.

mod apis;
pub(crate) mod canned;

mod failures;
mod metrics;
mod misuse;
mod on_token;
mod port;
mod prompts;
mod truth;

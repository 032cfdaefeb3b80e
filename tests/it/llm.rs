//! Conversations with language models as scripts see them: dialects, pieces, failures, prompts, metrics.

pub(crate) mod canned;
mod dialects;
mod failures;
mod metrics;
mod misuse;
mod on_token;
mod port;
mod prompts;
mod truth;

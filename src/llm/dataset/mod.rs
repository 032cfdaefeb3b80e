//! Datasets of prompts: `ShareGPT` files, JSON lines, or generated.
//!
//! Readers take a [`BufRead`](std::io::BufRead) and hold what they hand out, never the file. Lengths are estimates without a
//! tokenizer, see [`estimate_tokens`]; what counts in a result is the server's own number wherever it gives one.

mod error;
mod estimate;
mod jsonl;
mod lengths;
mod pick;
mod random;
mod sample;
mod select;
mod sharegpt;
mod words;

pub(crate) use error::Location;
pub(crate) use jsonl::{Fields, read_jsonl};
pub(crate) use lengths::Lengths;
pub(crate) use random::{Prefixes, RandomPrompts};
pub(crate) use sample::{PromptSample, Question};
pub(crate) use select::{Selection, select};
pub(crate) use sharegpt::ShareGpt;
pub(crate) use words::Words;
pub(in crate::llm) use words::{push_words, words_of};

//! Datasets of prompts: `ShareGPT` files, JSON lines, or generated.
//!
//! Readers take a [`BufRead`](std::io::BufRead) and hold only what they return, never the whole file. Lengths are
//! estimates, see [`estimate_tokens`]; a result uses the server's own number wherever the server reports one.

mod error;
mod estimate;
mod jsonl;
mod lengths;
mod lines;
mod pick;
mod random;
mod sample;
mod sharegpt;
mod words;

pub(crate) use error::DatasetError;
pub(crate) use jsonl::read_jsonl;
pub(crate) use lengths::Lengths;
pub(in crate::llm) use lines::LineReader;
pub(crate) use pick::{Selection, select};
pub(crate) use random::{Prefixes, RandomPrompts};
pub(crate) use sample::{PromptSample, Question};
pub(crate) use sharegpt::ShareGpt;
pub(crate) use words::Words;
pub(in crate::llm) use words::{push_words, words_of};

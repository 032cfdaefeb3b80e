//! Prompts for a run: from a `ShareGPT` file, from lines of JSON, or made up.
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
mod seeded;
mod select;
mod sharegpt;
mod words;

pub use error::{DatasetError, Place};
pub use estimate::estimate_tokens;
pub use jsonl::{Fields, read_jsonl};
pub use lengths::Lengths;
pub use random::{Prefixes, RandomPrompts};
pub use sample::{Question, Sample};
pub use select::{Selection, select};
pub use sharegpt::ShareGpt;
pub use words::Words;
pub(in crate::llm) use words::{push_words, words_of};

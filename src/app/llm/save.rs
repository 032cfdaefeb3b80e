//! Results in a file, in the JSON schema of `vllm bench serve`: one line for each run, as its `--append-result` writes them.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::super::files::check_one;
use super::bench::{Bench, Dataset, Load};
use super::measure::Measured;
use crate::error::Error;
use crate::llm::Dialect;
use crate::llm::vllm_json::{Setup, to_json};
use crate::output::{Destinations, Terminal, save};
use crate::report::compact_date;
use crate::scrape::Findings;

/// The file, and what is in it so far.
pub struct Save {
    path: PathBuf,
    is_detailed: bool,
    lines: String,
    has_failed: bool,
}

impl Save {
    /// Looks whether the file can be written, before anything is measured. What is in it stays until there is a result.
    ///
    /// # Errors
    /// Why it cannot be.
    pub fn new(path: PathBuf, is_detailed: bool, dataset: &Dataset) -> Result<Self, Error> {
        let mut files = Destinations::default();
        if let Dataset::ShareGpt(prompts) | Dataset::Jsonl(prompts) = dataset {
            files.read(prompts, "the dataset");
        }
        if let Dataset::Trace(trace) = dataset {
            files.read(&trace.path, "the trace");
        }
        check_one(&mut files, &path, "the result")?;
        Ok(Self {
            path,
            is_detailed,
            lines: String::new(),
            has_failed: false,
        })
    }

    /// Adds a result, and writes the file anew with all of them. What goes wrong is told, and keeps nothing from being
    /// measured and shown.
    pub fn add(&mut self, bench: &Bench, measured: &Measured, terminal: &Terminal) {
        let mut json = to_json(&setup(bench, measured), &measured.result, self.is_detailed);
        if let (Some(server), Some(file)) = (&measured.server, json.as_object_mut()) {
            file.extend(speculation(server));
        }
        self.lines += &json.to_string();
        self.lines.push('\n');
        let saved = save(&self.path, self.lines.as_bytes(), terminal);
        self.has_failed = saved.is_err();
        if let Err(what) = saved {
            terminal.error(&what);
        }
    }

    /// Whether the file lacks results.
    pub fn has_failed(&self) -> bool {
        self.has_failed
    }
}

/// What vLLM's own benchmark says of speculative decoding, from the same counters of the server.
fn speculation(server: &Findings) -> Vec<(String, Value)> {
    let Some(((drafts, drafted), accepted)) = server
        .drafts
        .zip(server.draft_tokens)
        .zip(server.accepted_tokens)
        .filter(|((_, drafted), _)| *drafted > 0.0)
    else {
        return Vec::new();
    };
    let percent = server.acceptance_rate().map(|rate| 100.0 * rate);
    let fields = [
        ("spec_decode_acceptance_rate", json!(percent)),
        (
            "spec_decode_acceptance_length",
            json!(server.acceptance_length),
        ),
        ("spec_decode_num_drafts", json!(drafts as u64)),
        ("spec_decode_draft_tokens", json!(drafted as u64)),
        ("spec_decode_accepted_tokens", json!(accepted as u64)),
        (
            "spec_decode_per_position_acceptance_rates",
            json!(server.accepted_by_position),
        ),
    ];
    fields
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn setup(bench: &Bench, measured: &Measured) -> Setup {
    let (request_rate, burstiness, max_concurrency) = match bench.load {
        Load::Concurrency(n) => (None, 1.0, n),
        Load::Rate {
            rate,
            burstiness,
            max_concurrency,
        } => (Some(rate), burstiness, max_concurrency),
        Load::Trace { max_concurrency } => (None, 1.0, max_concurrency),
    };
    let made = measured.result.completed + measured.result.failed;
    let dataset = match bench.dataset {
        Dataset::ShareGpt(_) => "sharegpt",
        Dataset::Jsonl(_) => "jsonl",
        Dataset::Random { .. } => "random",
        Dataset::Trace(ref trace) => trace.format.name(),
    };
    Setup {
        date: date(),
        backend: match bench.endpoint.dialect {
            Dialect::ChatCompletions => "openai-chat".to_owned(),
            Dialect::Completions => "openai".to_owned(),
            other => other.to_string(),
        },
        label: None,
        model_id: bench.model.clone(),
        tokenizer_id: None,
        num_prompts: bench.amount.requests.unwrap_or(made),
        request_rate,
        offered_rate: measured.offered,
        hardware: bench.hardware,
        burstiness,
        max_concurrency: Some(max_concurrency),
        metadata: vec![
            (
                "tool".to_owned(),
                concat!("ssel ", env!("CARGO_PKG_VERSION")).to_owned(),
            ),
            ("dataset".to_owned(), dataset.to_owned()),
        ],
    }
}

/// Now, as vLLM writes it.
fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    compact_date(since.map_or(0, |since| since.as_secs()))
}

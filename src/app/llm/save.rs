//! Writes results to files, in the JSON schema of `vllm bench serve` and of `AIPerf`'s `profile_export.jsonl`. The file of
//! vLLM has a line for each run, as with `--append-result`; that of `AIPerf` has a line for each request.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::super::files::check_one;
use super::bench::{Bench, Dataset};
use super::measure::Measured;
use crate::error::Error;
use crate::llm::Api;
use crate::llm::aiperf_jsonl::{ProfilePhase, lines};
use crate::llm::vllm_json::{VllmSetup, to_json};
use crate::output::{Destinations, Terminal, save};
use crate::report::compact_date;
use crate::scrape::Findings;

/// The requested result files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SavePaths {
    /// In the schema of `vllm bench serve`.
    pub vllm: Option<PathBuf>,
    /// In that of `AIPerf`'s `profile_export.jsonl`.
    pub aiperf: Option<PathBuf>,
}

/// The result files and their content so far.
pub(crate) struct Save {
    vllm: Option<Lines>,
    aiperf: Option<Lines>,
    is_detailed: bool,
    /// The number of results and requests so far.
    results: u64,
    requests: u64,
}

/// A file of lines.
struct Lines {
    path: PathBuf,
    text: String,
    has_failed: bool,
}

impl Save {
    /// Checks before the measurement that the files can be written. They keep their content until there is a result.
    ///
    /// # Errors
    /// Why a file cannot be written.
    pub(crate) fn new(
        paths: SavePaths,
        is_detailed: bool,
        dataset: &Dataset,
    ) -> Result<Self, Error> {
        let mut files = Destinations::default();
        if let Dataset::ShareGpt(prompts) | Dataset::Jsonl(prompts) = dataset {
            files.read(prompts, "the dataset");
        }
        if let Dataset::Trace(trace) = dataset {
            files.read(&trace.path, "the trace");
        }
        let mut open = |path: Option<PathBuf>, what| {
            let Some(path) = path else { return Ok(None) };
            check_one(&mut files, &path, what)?;
            Ok::<_, Error>(Some(Lines {
                path,
                text: String::new(),
                has_failed: false,
            }))
        };
        Ok(Self {
            vllm: open(paths.vllm, "the result")?,
            aiperf: open(paths.aiperf, "the requests")?,
            is_detailed,
            results: 0,
            requests: 0,
        })
    }

    /// Adds a result and rewrites the files. Failures are reported and do not stop the benchmark.
    pub(crate) fn add(&mut self, bench: &Bench, measured: &Measured, terminal: &Terminal) {
        if let Some(file) = &mut self.vllm {
            let mut json = to_json(&setup(bench, measured), &measured.result, self.is_detailed);
            if let (Some(server), Some(fields)) = (&measured.server, json.as_object_mut()) {
                fields.extend(speculation(server));
            }
            file.add(&(json.to_string() + "\n"), terminal);
        }
        if let Some(file) = &mut self.aiperf {
            let phase = ProfilePhase {
                index: self.results,
                name: &bench.load.to_string(),
                started: measured.started,
            };
            let requests = &measured.result.requests;
            file.add(&lines(&phase, requests, self.requests), terminal);
            self.requests += requests.len() as u64;
        }
        self.results += 1;
    }

    /// Whether a file lacks results.
    pub(crate) fn has_failed(&self) -> bool {
        let files = self.vllm.iter().chain(&self.aiperf);
        files.into_iter().any(|file| file.has_failed)
    }
}

impl Lines {
    fn add(&mut self, lines: &str, terminal: &Terminal) {
        self.text += lines;
        let saved = save(&self.path, self.text.as_bytes(), terminal);
        self.has_failed = saved.is_err();
        if let Err(what) = saved {
            terminal.error(&what);
        }
    }
}

/// The fields of vLLM's own benchmark for speculative decoding, from the same counters of the server.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counters of whole tokens"
)]
fn speculation(server: &Findings) -> Map<String, Value> {
    let Some(((drafts, drafted), accepted)) = server
        .drafts
        .zip(server.draft_tokens)
        .zip(server.accepted_tokens)
        .filter(|((_, drafted), _)| *drafted > 0.0)
    else {
        return Map::new();
    };
    let percent = server.acceptance_rate().map(|rate| 100.0 * rate);
    let fields = json!({
        "spec_decode_acceptance_rate": percent,
        "spec_decode_acceptance_length": server.acceptance_length,
        "spec_decode_num_drafts": drafts as u64,
        "spec_decode_draft_tokens": drafted as u64,
        "spec_decode_accepted_tokens": accepted as u64,
        "spec_decode_per_position_acceptance_rates": server.accepted_by_position,
    });
    fields.as_object().cloned().unwrap_or_default()
}

fn setup(bench: &Bench, measured: &Measured) -> VllmSetup {
    let made = measured.result.completed + measured.result.failed;
    let dataset = match bench.dataset {
        Dataset::ShareGpt(_) => "sharegpt",
        Dataset::Jsonl(_) => "jsonl",
        Dataset::Random { .. } => "random",
        Dataset::Trace(ref trace) => trace.format.name(),
    };
    VllmSetup {
        date: date(),
        backend: match bench.endpoint.api {
            Api::ChatCompletions => "openai-chat".to_owned(),
            Api::Completions => "openai".to_owned(),
            other => other.to_string(),
        },
        model_id: bench.model.clone(),
        num_prompts: bench.amount.requests.unwrap_or(made),
        request_rate: bench.load.rate(),
        offered_rate: measured.offered,
        hardware: bench.hardware,
        burstiness: bench.load.burstiness(),
        max_concurrency: bench.load.concurrency(),
        dataset,
    }
}

/// The current date in the format of vLLM.
fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    compact_date(since.map_or(0, |since| since.as_secs()))
}

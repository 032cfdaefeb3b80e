//! A benchmark inside another program.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::io;
use std::time::Duration;

use serde_json::Map;

use super::access::Access;
use super::bench::{Bench, Dataset, Load, LoadLimits};
use super::endpoint::ApiEndpoint;
use super::measure::BenchRunner;
use super::models::only_model;
use super::options::check;
use super::warmup::Warmup;
use crate::app::embedded::silent_terminal;
use crate::app::{Job, Stopper, Verdict};
use crate::error::Error;
use crate::llm::dataset::Lengths;
use crate::llm::{Api, BenchResult};
use crate::options::Source;

/// Builds and performs a benchmark of a server of language models with random prompts, like the command `ssel llm`.
///
/// # Examples
///
/// ```
/// use ssel::LlmBench;
///
/// let ended = LlmBench::new("target")
///     .concurrency(4)
///     .requests(20)
///     .output_tokens(16)
///     .run()?;
/// assert_eq!((ended.result.completed, ended.result.failed), (20, 0));
/// assert_eq!(ended.result.output_tokens, 20 * 16);
/// # Ok::<(), ssel::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens before `run`"]
pub struct LlmBench {
    url: String,
    api: Option<Api>,
    model: Option<String>,
    load: Load,
    amount: LoadLimits,
    prompt_tokens: u64,
    output_tokens: u64,
    access: Access,
    seed: Option<u64>,
    stopper: Stopper,
}

/// The result of a benchmark whose load started.
#[derive(Debug)]
#[non_exhaustive]
pub struct LlmEnded {
    /// The figures, including those of requests that the end of the run interrupted.
    pub result: BenchResult,
    /// The verdict on the run.
    pub verdict: Verdict,
}

impl LlmBench {
    /// A benchmark of the server at `url`, which is its root, its `/v1` or an endpoint; `target` is the built-in server. By
    /// default, the benchmark sends 8 concurrent requests with 128 prompt and 128 output tokens each for 20 seconds.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            api: None,
            model: None,
            load: Load::Concurrency(Load::CONCURRENCY),
            amount: LoadLimits::default(),
            prompt_tokens: Bench::LENGTH,
            output_tokens: Bench::LENGTH,
            access: Access::default(),
            seed: None,
            stopper: Stopper::new(),
        }
    }

    /// Sets the API of the server. The default is inferred from the URL path, else chat.
    pub fn api(mut self, api: Api) -> Self {
        self.api = Some(api);
        self
    }

    /// Sets the model. By default, the server is asked for it, and must have exactly one.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Sets the API key, which is sent as a bearer token.
    pub fn key(mut self, key: &str) -> Self {
        let header = format!("Bearer {key}");
        self.access
            .headers
            .push(("Authorization".to_owned(), header));
        self
    }

    /// Keeps this number of requests in flight: each response is followed by the next request.
    pub fn concurrency(mut self, requests: u64) -> Self {
        self.load = Load::Concurrency(requests);
        self
    }

    /// Sends requests at this average rate per second, at random times (a Poisson process), independently of the responses.
    pub fn rate(mut self, per_second: f64) -> Self {
        self.load = Load::Rate {
            rate: per_second,
            burstiness: 1.0,
            max_concurrency: Load::MAX_CONCURRENCY,
        };
        self
    }

    /// Ends the load after this number of requests.
    pub fn requests(mut self, requests: u64) -> Self {
        self.amount.requests = Some(requests);
        self
    }

    /// Ends the load after this time; no request starts later.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.amount.duration = Some(duration);
        self
    }

    /// Sets the length of prompts in tokens, of about one word each.
    pub fn prompt_tokens(mut self, tokens: u64) -> Self {
        self.prompt_tokens = tokens;
        self
    }

    /// Sets the number of output tokens that each request asks for.
    pub fn output_tokens(mut self, tokens: u64) -> Self {
        self.output_tokens = tokens;
        self
    }

    /// Sets the seed of prompts and request times, which makes them repeatable. By default, each run has new prompts, which the
    /// server cannot have cached.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Returns a handle that ends the benchmark early, from any thread. The result then covers the run up to that point.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Performs the benchmark and blocks until it has ended.
    ///
    /// # Errors
    /// Fails if the load cannot start: an invalid URL, a server that cannot be reached or has several models, a failed warm-up
    /// request. Failed requests of the load are part of the result.
    pub fn run(self) -> Result<LlmEnded, Error> {
        let terminal = silent_terminal(Box::new(io::sink()), Box::new(io::sink()));
        let stopper = self.stopper.clone();
        let bench = self.bench()?;
        let runner = BenchRunner {
            terminal: &terminal,
            stopper: &stopper,
            graceful_stop: None,
            percentiles: vec![50.0, 90.0, 95.0, 99.0],
            job: RefCell::new(Job::script(Source::text("", ""))),
            is_series: false,
            runs: Cell::new(0),
        };
        let measured = runner.measure(&bench);
        terminal.finish();
        let measured = measured?;
        Ok(LlmEnded {
            result: measured.result,
            verdict: measured.verdict,
        })
    }

    fn bench(self) -> Result<Bench, Error> {
        let endpoint = ApiEndpoint::new(&self.url, self.api, None).map_err(Error::Usage)?;
        let model = match self.model {
            Some(model) => model,
            None => only_model(&endpoint, &self.access, Bench::LOOKUP, &self.stopper)?,
        };
        let mut amount = self.amount;
        if amount.requests.is_none() && amount.duration.is_none() {
            amount.duration = Some(Bench::DURATION);
        }
        let bench = Bench {
            endpoint,
            others: Vec::new(),
            session_header: None,
            cancel: None,
            model,
            load: self.load,
            amount,
            dataset: Dataset::Random {
                input_len: Lengths::fixed(self.prompt_tokens),
                prefixes: None,
            },
            output_len: Some(Lengths::fixed(self.output_tokens)),
            conversation: None,
            scores: None,
            images: Vec::new(),
            wording: None,
            seed: self
                .seed
                .unwrap_or_else(|| RandomState::new().hash_one(()) >> 40),
            is_seed_given: self.seed.is_some(),
            warmup: Warmup::Requests(1),
            access: self.access,
            extra: Map::new(),
            goodput: None,
            hardware: None,
            probe_rate: None,
            max_errors: None,
            thresholds: Vec::new(),
            timeout: Bench::TIMEOUT,
            graceful_stop: Bench::GRACEFUL_STOP,
            ignore_eos: false,
            keep_requests: false,
            keep_text: false,
        };
        check(&bench)?;
        Ok(bench)
    }
}

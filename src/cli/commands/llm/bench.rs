//! The benchmark that the flags of `ssel llm` describe.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::connection::same_api;
use super::load::BenchMode;
use super::{AnyApi, Llm, usage};
use crate::app::llm::{ApiEndpoint, Bench, Dataset, Load, SavePaths, ScoreApi, Warmup, check};
use crate::error::Error;

impl Llm {
    /// The benchmark. Its model is empty if the server has to be asked for it.
    ///
    /// # Errors
    /// The first flag that conflicts with another one or with the API.
    pub(super) fn bench(&self, mode: &BenchMode, paths: &SavePaths) -> Result<Bench, Error> {
        let (load, prompts, result) = (&self.load, &self.prompts, &self.result);
        let amount = load.amount(mode);
        let dataset = match load.trace(amount)? {
            Some(trace) => Dataset::Trace(trace),
            None => prompts.dataset()?,
        };
        let (api, scores) = match self.api {
            Some(AnyApi::Text(api)) => (Some(api), None),
            Some(AnyApi::Scores(scores)) => (None, Some(scores)),
            None => (
                None,
                self.urls.first().and_then(|url| ScoreApi::of_path(url)),
            ),
        };
        let endpoints = self
            .urls
            .iter()
            .map(|url| ApiEndpoint::new(url, api, scores));
        let endpoints: Result<_, _> = endpoints.collect();
        let (endpoint, others) = same_api(endpoints.map_err(Error::Usage)?)?;
        let api = endpoint.api;
        let timeout = self.connection.timeout;
        let bench = Bench {
            scores: prompts.scores(scores, &dataset, !result.goodput.is_empty())?,
            ignore_eos: prompts.ignore_eos(&dataset, api)?,
            conversation: prompts.conversation(&dataset, api)?,
            cancel: load.cancel(),
            session_header: self.connection.session_header.clone(),
            endpoint,
            model: self.model.clone().unwrap_or_default(),
            load: match dataset {
                Dataset::Trace(_) => Load::Trace {
                    max_concurrency: load.max_concurrency(),
                },
                _ => load.load(mode)?,
            },
            amount,
            output_len: prompts.output_len(&dataset),
            dataset,
            images: prompts.images(api)?,
            wording: None,
            seed: prompts.seed.unwrap_or_else(|| own_seed(mode)),
            is_seed_given: prompts.seed.is_some(),
            // One for each server.
            warmup: load
                .warmup
                .unwrap_or(Warmup::Requests(1 + others.len() as u64)),
            others,
            access: self
                .connection
                .access(result.emit_script && self.model.is_some())?,
            extra: prompts.extra_body.clone(),
            goodput: result.goodput()?,
            hardware: result.hardware(),
            probe_rate: load.probe_rate()?,
            max_errors: load.max_errors,
            thresholds: result.thresholds.clone(),
            timeout: timeout.unwrap_or(Bench::TIMEOUT),
            graceful_stop: load
                .graceful_stop
                .or(timeout)
                .unwrap_or(Bench::GRACEFUL_STOP),
            keep_requests: paths.aiperf.is_some(),
            keep_text: result.save_detailed,
        };
        if bench.probe_rate.is_some() && (bench.scores.is_some() || bench.conversation.is_some()) {
            let what = "the probe sends the prompts of the load, which have to be single questions";
            return Err(usage("--probe-rate", what));
        }
        check(&bench)?;
        Ok(bench)
    }
}

/// A new seed, so that no server has the prompts in its cache. The seed of a printed script is 0.
fn own_seed(mode: &BenchMode) -> u64 {
    match mode {
        BenchMode::Emit => 0,
        // Short enough to be typed.
        _ => RandomState::new().hash_one(()) >> 40,
    }
}

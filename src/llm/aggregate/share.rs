//! The aggregate of one process, as data for another one of the same run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Aggregate;
use super::server::{Server, ServerShare};
use super::turns::{TurnShare, Turns};
use crate::llm::course::{Course, Row};
use crate::llm::outcome::kind;
use crate::llm::pool::{Pool, PoolData};
use crate::llm::throughput::Throughput;
use crate::llm::tokens::TokenSource;

/// An [`Aggregate`] without its settings, which all processes of a run have, and without single requests.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Share {
    counts: Counts,
    failures: BTreeMap<String, u64>,
    sources: BTreeMap<String, u64>,
    pools: [PoolData; 9],
    requests: Vec<Row>,
    per_second: Vec<f64>,
    servers: Vec<(String, ServerShare)>,
    turns: Vec<TurnShare>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Counts {
    completed: u64,
    cancelled: u64,
    cancelled_chunks: u64,
    empty: u64,
    bunched: u64,
    good: u64,
    input_tokens: u64,
    estimated_input_tokens: u64,
    cached_tokens: u64,
    cache_reports: u64,
    output_tokens: u64,
    items: Option<u64>,
}

impl Aggregate {
    /// What it has summed up. Of what is measured only the percentiles lose by it: they are those of a histogram.
    pub fn share(&self) -> Share {
        // All fields by name, so that none is forgotten.
        let Self {
            settings: _,
            completed,
            cancelled,
            cancelled_chunks,
            empty,
            bunched,
            good,
            failures,
            sources,
            input_tokens,
            estimated_input_tokens,
            cached_tokens,
            cache_reports,
            output_tokens,
            items,
            ttft,
            ttfo,
            tpot,
            itl,
            e2e,
            queued,
            lateness,
            ttft_with_queue,
            e2e_with_queue,
            throughput,
            course,
            servers,
            turns,
            requests: _,
        } = self;
        let pools = [
            ttft,
            ttfo,
            tpot,
            itl,
            e2e,
            queued,
            lateness,
            ttft_with_queue,
            e2e_with_queue,
        ];
        let failures = failures.iter();
        let sources = sources.iter();
        let servers = servers.iter();
        Share {
            counts: Counts {
                completed: *completed,
                cancelled: *cancelled,
                cancelled_chunks: *cancelled_chunks,
                empty: *empty,
                bunched: *bunched,
                good: *good,
                input_tokens: *input_tokens,
                estimated_input_tokens: *estimated_input_tokens,
                cached_tokens: *cached_tokens,
                cache_reports: *cache_reports,
                output_tokens: *output_tokens,
                items: *items,
            },
            failures: failures.map(|(kind, n)| ((*kind).to_owned(), *n)).collect(),
            sources: sources
                .map(|(source, n)| (source.to_string(), *n))
                .collect(),
            pools: pools.map(Pool::data),
            requests: course.rows(),
            per_second: throughput.per_second().to_vec(),
            servers: servers
                .map(|(name, server)| (name.to_string(), server.share()))
                .collect(),
            turns: turns.share(),
        }
    }

    /// Adds what another process of the same run has summed up. False for what makes no sense.
    pub fn add_share(&mut self, share: &Share) -> bool {
        let mut failures = BTreeMap::new();
        for (kind, n) in &share.failures {
            *failures.entry(known(kind)).or_default() += n;
        }
        let sources = TokenSource::ALL.into_iter();
        let sources =
            sources.filter_map(|source| Some((source, *share.sources.get(source.as_str())?)));
        let pools: Option<Vec<Pool>> = share.pools.iter().map(Pool::restored).collect();
        let Some(Ok(pools)) = pools.map(<[Pool; 9]>::try_from) else {
            return false;
        };
        let [
            ttft,
            ttfo,
            tpot,
            itl,
            e2e,
            queued,
            lateness,
            ttft_with_queue,
            e2e_with_queue,
        ] = pools;
        let servers = share.servers.iter();
        let servers = servers.map(|(name, share)| Some((name.as_str().into(), Server::of(share)?)));
        let Some(servers) = servers.collect() else {
            return false;
        };
        let Some(turns) = Turns::of(&share.turns) else {
            return false;
        };
        let counts = share.counts;
        self.merge(Self {
            settings: self.settings.clone(),
            completed: counts.completed,
            cancelled: counts.cancelled,
            cancelled_chunks: counts.cancelled_chunks,
            empty: counts.empty,
            bunched: counts.bunched,
            good: counts.good,
            failures,
            sources: sources.collect(),
            input_tokens: counts.input_tokens,
            estimated_input_tokens: counts.estimated_input_tokens,
            cached_tokens: counts.cached_tokens,
            cache_reports: counts.cache_reports,
            output_tokens: counts.output_tokens,
            items: counts.items,
            ttft,
            ttfo,
            tpot,
            itl,
            e2e,
            queued,
            lateness,
            ttft_with_queue,
            e2e_with_queue,
            throughput: Throughput::of(&share.per_second),
            course: Course::of(&share.requests),
            servers,
            turns,
            requests: Vec::new(),
        });
        true
    }
}

/// The word for a kind of failure; those of the transport, which are many, are one here.
fn known(word: &str) -> &'static str {
    let known = [
        kind::STATUS,
        kind::ERROR_EVENT,
        kind::TRUNCATED,
        kind::STALL,
        kind::MALFORMED,
        kind::TOO_LARGE,
        kind::CANCELLED,
    ];
    known
        .into_iter()
        .find(|kind| *kind == word)
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Settings;
    use super::super::tests::{at, reply};
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        let settings = Settings::default();
        let of = |numbers: std::ops::Range<u32>| {
            let mut aggregate = Aggregate::new(settings.clone());
            for n in numbers {
                let first = 20 + n;
                let chunks = [first, first + 30, first + 90 + n];
                aggregate.add(&at(n * 17), &reply(&chunks, 3 + u64::from(n), first + 300));
            }
            aggregate
        };
        let seconds = Duration::from_secs(10);
        let whole = of(0..40).finish(seconds);
        let mut own = of(0..15);
        for other in [of(15..30), of(30..40)] {
            let bytes = serde_json::to_vec(&other.share()).unwrap();
            assert!(own.add_share(&serde_json::from_slice(&bytes).unwrap()));
        }
        let all = own.finish(seconds);
        assert_eq!(
            (all.completed, all.output_tokens),
            (whole.completed, whole.output_tokens)
        );
        assert_eq!(all.token_sources, whole.token_sources);
        assert_eq!(all.max_concurrent_requests, whole.max_concurrent_requests);
        assert!(
            (all.max_output_tokens_per_second - whole.max_output_tokens_per_second).abs() < 1e-6
        );
        for (all, whole) in [
            (&all.ttft, &whole.ttft),
            (&all.itl, &whole.itl),
            (&all.e2e, &whole.e2e),
        ] {
            assert_eq!(
                (all.count, all.min, all.max),
                (whole.count, whole.min, whole.max)
            );
            assert!((all.mean - whole.mean).abs() <= 1e-9 * whole.mean);
            assert!((all.std - whole.std).abs() <= 1e-6 * whole.max);
            for ((_, a), (_, b)) in all.percentiles.iter().zip(&whole.percentiles) {
                assert!((a - b).abs() <= b / 1000.0, "{a} is not nearly {b}");
            }
        }
    }
}

//! The flags of `ssel llm` for the load: when requests are sent, and when they stop.

use std::path::PathBuf;
use std::time::Duration;

use super::super::super::flags::{Parsed, number, time, whole, wrong};
use super::{MOST, usage};
use crate::app::llm::{
    Bench, Cancel, Goal, Load, LoadLevel, LoadLimits, MaxErrors, Sweep, TraceFile, Warmup,
};
use crate::error::Error;
use crate::llm::trace::{ReplayLimits, TraceFormat};
use crate::units::parse_duration;

/// The duration of a probe of a search.
const PROBE: Duration = Duration::from_secs(10);

#[derive(Debug, clap::Args)]
pub(super) struct LoadFlags {
    /// Number of concurrent requests [default: 8]
    #[arg(short, long, value_name = "N", value_parser = whole::<u64>(1..=MOST))]
    concurrency: Option<u64>,

    /// Requests per second, however long replies take, with the gaps of independent users (Poisson)
    #[arg(short, long, value_name = "R", conflicts_with = "concurrency", value_parser = rate())]
    rate: Option<f64>,

    /// Shape of the gaps at a rate: 1 is Poisson, below 1 requests come in bursts, above 1 more evenly [default: 1]
    #[arg(long, value_name = "SHAPE", value_parser = number(f64::MIN..=f64::MAX, "use a number; 1 is a Poisson process"))]
    burstiness: Option<f64>,

    /// Maximum number of concurrent requests at a rate; requests beyond it are dropped and counted [default: 1000]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=MOST))]
    max_concurrency: Option<u64>,

    /// Share of requests to cancel by closing their streams, e.g. 5%; they are counted separately
    #[arg(long, value_name = "SHARE", value_parser = share)]
    cancel: Option<f64>,

    /// Time from the request to its cancellation
    #[arg(long, value_name = "TIME", requires = "cancel", default_value = "1s", value_parser = time)]
    cancel_after: Duration,

    /// Number of requests
    #[arg(short, long, value_name = "N", value_parser = whole::<u64>(1..=MOST * 1000))]
    num_prompts: Option<u64>,

    /// Time during which requests start; with --num-prompts, whichever comes first [default: 20s]
    #[arg(short, long, value_name = "TIME", value_parser = time)]
    duration: Option<Duration>,

    /// Probe requests per second in addition to the load, of one token each; their TTFT is shown separately
    #[arg(long, value_name = "R", conflicts_with_all = ["trace", "find_max_rate"], value_parser = rate())]
    probe_rate: Option<f64>,

    /// End the run when more requests than this have failed: a number, or a share such as 5%
    #[arg(long, value_name = "N|P%", conflicts_with_all = ["find_max_rate", "emit_script"], value_parser = max_errors)]
    pub(super) max_errors: Option<MaxErrors>,

    /// Unmeasured requests before the load: a number, or a time such as 5s. One that fails ends the run [default: 1 for each
    /// server]
    #[arg(long, value_name = "N|TIME", value_parser = warmup)]
    pub(super) warmup: Option<Warmup>,

    /// Run several loads and print the curve: concurrency=1,2,4,8 or rate=1..64 (doubling)
    #[arg(long, value_name = "WHAT=LEVELS", conflicts_with_all = ["concurrency", "rate", "find_max_rate", "emit_script"])]
    sweep: Option<Sweep>,

    /// Search for the highest rate that keeps a goal such as 'p99(ttft)<500ms'; it starts at --rate, or else at 1
    #[arg(long, value_name = "GOAL", conflicts_with_all = ["concurrency", "emit_script"])]
    find_max_rate: Option<Goal>,

    /// Replay the requests of a trace at its times; formats: mooncake, bailian, azure, burstgpt
    #[arg(long, value_name = "FORMAT=FILE", conflicts_with_all = ["concurrency", "rate", "sweep", "find_max_rate", "dataset", "input_len", "output_len", "burstiness"], value_parser = trace)]
    trace: Option<(TraceFormat, PathBuf)>,

    /// Speed of the replay: 2 halves all gaps
    #[arg(long, value_name = "N", requires = "trace", default_value = "1", value_parser = number(1e-3..=1e3, "use a number from 0.001 to 1000; 2 is twice as fast"))]
    trace_speed: f64,

    /// Tokens per block of hash_ids [default: 512 for mooncake, 16 for bailian]
    #[arg(long, value_name = "N", requires = "trace", value_parser = whole::<u64>(1..=MOST))]
    trace_block_size: Option<u64>,

    /// Time that requests in flight get when the duration is over or a signal stops the run [default: 30s; 500ms after a
    /// signal]
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub(super) graceful_stop: Option<Duration>,
}

/// What to do with a benchmark.
pub(super) enum BenchMode {
    /// Print its script.
    Emit,
    /// Run it.
    Once,
    /// Run it at each of these levels.
    Sweep(Sweep),
    /// Search for the highest rate that keeps this goal, starting at the rate.
    FindMaxRate(Goal, f64),
}

impl LoadFlags {
    pub(super) fn mode(&self, is_emitted: bool) -> BenchMode {
        match (&self.sweep, &self.find_max_rate) {
            (Some(sweep), _) => BenchMode::Sweep(sweep.clone()),
            (None, Some(goal)) => BenchMode::FindMaxRate(goal.clone(), self.rate.unwrap_or(1.0)),
            (None, None) if is_emitted => BenchMode::Emit,
            (None, None) => BenchMode::Once,
        }
    }

    pub(super) fn load(&self, mode: &BenchMode) -> Result<Load, Error> {
        let rate = match mode {
            BenchMode::FindMaxRate(_, start) => Some(*start),
            BenchMode::Sweep(Sweep(steps)) => steps.first().and_then(|step| match step {
                LoadLevel::Rate(rate) => Some(*rate),
                LoadLevel::Concurrency(_) => None,
            }),
            BenchMode::Emit | BenchMode::Once => self.rate,
        };
        let Some(rate) = rate else {
            for (flag, is_given) in [
                ("--burstiness", self.burstiness.is_some()),
                ("--max-concurrency", self.max_concurrency.is_some()),
            ] {
                if is_given {
                    return Err(usage(
                        flag,
                        "it belongs to a load at a rate: give --rate as well",
                    ));
                }
            }
            return Ok(Load::Concurrency(
                self.concurrency.unwrap_or(Load::CONCURRENCY),
            ));
        };
        Ok(Load::Rate {
            rate,
            burstiness: self.burstiness.unwrap_or(1.0),
            max_concurrency: self.max_concurrency(),
        })
    }

    pub(super) fn max_concurrency(&self) -> u64 {
        self.max_concurrency.unwrap_or(Load::MAX_CONCURRENCY)
    }

    pub(super) fn amount(&self, mode: &BenchMode) -> LoadLimits {
        let default = match mode {
            // A limit for probes with any number of requests.
            BenchMode::FindMaxRate(..) => Some(PROBE),
            // A trace has its own end.
            _ => (self.num_prompts.is_none() && self.trace.is_none()).then_some(Bench::DURATION),
        };
        LoadLimits {
            requests: self.num_prompts,
            duration: self.duration.or(default),
        }
    }

    /// The trace to replay, if there is one.
    pub(super) fn trace(&self, amount: LoadLimits) -> Result<Option<TraceFile>, Error> {
        let Some((format, path)) = &self.trace else {
            return Ok(None);
        };
        let limits = ReplayLimits {
            speed: self.trace_speed,
            requests: amount.requests.and_then(|n| usize::try_from(n).ok()),
            duration: amount.duration,
            block_size: self.trace_block_size,
            block_size_option: "--trace-block-size",
            ..ReplayLimits::default()
        };
        TraceFile::open(*format, path, limits).map(Some)
    }

    pub(super) fn cancel(&self) -> Option<Cancel> {
        let after = self.cancel_after;
        self.cancel.map(|share| Cancel { share, after })
    }

    /// The rate of probe requests, which requires a known end of the load.
    pub(super) fn probe_rate(&self) -> Result<Option<f64>, Error> {
        if self.probe_rate.is_some() && self.num_prompts.is_some() && self.duration.is_none() {
            let what =
                "the end of a load with a number of requests is not known: give --duration as well";
            return Err(usage("--probe-rate", what));
        }
        Ok(self.probe_rate)
    }
}

fn rate() -> impl Fn(&str) -> Parsed<f64> + Clone {
    number(1e-3..=1e6, "use requests per second, from 0.001 to 1000000")
}

/// `5%` or `0.05`.
fn share(text: &str) -> Parsed<f64> {
    const REMEDY: &str = "use a share such as 5% or 0.05";
    match text.strip_suffix('%') {
        Some(percent) => number(0.0..=100.0, REMEDY)(percent).map(|percent| percent / 100.0),
        None => number(0.0..=1.0, REMEDY)(text),
    }
    .map_err(|_| wrong(text, REMEDY))
}

fn max_errors(text: &str) -> Parsed<MaxErrors> {
    let limit = match text.strip_suffix('%') {
        Some(_) => share(text).ok().map(MaxErrors::Share),
        None => text.parse().ok().map(MaxErrors::Count),
    };
    limit.ok_or_else(|| wrong(text, "use a number of requests, or a share such as 5%"))
}

/// A number of requests, or a time with its unit.
fn warmup(text: &str) -> Parsed<Warmup> {
    let requests = whole(0..=MOST)(text).map(Warmup::Requests);
    let warmup = requests.or_else(|_| time(text).map(Warmup::Time));
    warmup.map_err(|_| {
        wrong(
            text,
            "use a number of requests up to 1000000, or a time such as 10s",
        )
    })
}

/// `FORMAT=FILE`.
fn trace(text: &str) -> Parsed<(TraceFormat, PathBuf)> {
    let named = text.split_once('=').filter(|(_, path)| !path.is_empty());
    let trace = named.and_then(|(name, path)| Some((TraceFormat::of_name(name)?, path.into())));
    let remedy = "use one of mooncake=FILE, bailian=FILE, azure=FILE, burstgpt=FILE";
    trace.ok_or_else(|| wrong(text, remedy))
}

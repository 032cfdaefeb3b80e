//! Describes a benchmark before it starts.

use std::fmt::{self, Write};

use super::bench::{Bench, Cancel, Dataset, Load, LoadLevel, LoadLimits};
use super::endpoint::ApiEndpoint;
use super::goal::Goal;
use super::scores::{ScoreApi, Scores};
use super::search::Search;
use super::sweep::Sweep;
use crate::llm::dataset::{Lengths, Prefixes};
use crate::units::{counted, format_duration, shown_url};

/// The lines of a benchmark: the model and its server, `load`, the prompts and the seed.
pub(crate) fn describe(bench: &Bench, is_only_model: bool, load: &str) -> String {
    let server = server(bench);
    let model = match (bench.model.as_str(), is_only_model) {
        ("", _) => String::new(),
        (model, true) => format!("{model} (the only one) at "),
        (model, false) => format!("{model} at "),
    };
    let prompts = match &bench.dataset {
        Dataset::Trace(trace) => trace.describe(),
        _ => prompts(bench),
    };
    let seed = seed(bench);
    format!(
        "  model    {model}{server}\n  load     {load}\n  prompts  {prompts}\n  seed     {seed}\n"
    )
}

/// The prompts, and what is requested for each.
fn prompts(bench: &Bench) -> String {
    let source = match &bench.dataset {
        Dataset::Random {
            input_len,
            prefixes,
        } => random(bench, input_len, *prefixes),
        Dataset::ShareGpt(path) | Dataset::Jsonl(path) => path.display().to_string(),
        Dataset::Trace(trace) => trace.describe(),
    };
    let turns = bench.conversation.as_ref().map_or_else(String::new, |it| {
        format!("; conversations of {} turns", it.turns)
    });
    let requested = match (bench.scores, &bench.output_len) {
        (Some(Scores { api, batch }), _) => match api {
            ScoreApi::Embeddings => {
                let texts = counted(batch, "text");
                format!("{texts} in each request, for their vectors")
            }
            ScoreApi::Rerank => {
                let documents = counted(batch, "document");
                format!("{documents} in each request, to be ranked")
            }
        },
        (None, Some(lengths)) => match lengths.same() {
            Some(tokens) => format!("{} requested each", counted(tokens, "token")),
            None => format!("{lengths} tokens requested"),
        },
        (None, None) => "as many tokens requested as it says".to_owned(),
    };
    format!("{source}{turns}; {requested}")
}

/// Random prompts.
fn random(bench: &Bench, input_len: &Lengths, prefixes: Option<Prefixes>) -> String {
    let unit = if bench.wording.is_some() {
        "token"
    } else {
        "word"
    };
    let own = match input_len.same() {
        Some(tokens) => counted(tokens, unit),
        None => format!("{input_len} {unit}s"),
    };
    match prefixes {
        None => format!("random, {own}"),
        Some(Prefixes { tokens, groups }) => format!(
            "random, {own} after {} of {} each",
            match groups {
                1 => "1 shared prefix".to_owned(),
                groups => format!("{groups} shared prefixes"),
            },
            counted(tokens, unit)
        ),
    }
}

/// The seed, with its effect on the cache of the server.
fn seed(bench: &Bench) -> String {
    let seed = bench.seed;
    if bench.is_seed_given {
        return format!("{seed}: every run with it sends the same prompts");
    }
    match bench.salt() {
        Some(salt) => format!("{seed}, new in this run: each prompt begins with [{salt}]"),
        None => format!("{seed}, new in this run: --seed {seed} repeats its prompts"),
    }
}

/// The servers, without secrets.
pub(super) fn server(bench: &Bench) -> String {
    let shown = |endpoint: &ApiEndpoint| {
        let url = shown_url(&endpoint.url);
        if endpoint.is_target {
            format!("the built-in target: {url}")
        } else {
            url
        }
    };
    let servers: Vec<String> = bench.endpoints().map(shown).collect();
    servers.join(", ")
}

/// The load of one run.
pub(crate) fn describe_load(bench: &Bench) -> String {
    let noun = match bench.conversation {
        Some(_) => "conversation",
        None => "request",
    };
    let mut text = match &bench.dataset {
        Dataset::Trace(trace) if (trace.limits.speed - 1.0).abs() < f64::EPSILON => {
            "as in the trace".to_owned()
        }
        Dataset::Trace(trace) => format!("{} times as fast as in the trace", trace.limits.speed),
        _ => format!("{}, {}", bench.load.of(noun), bench.amount.of(noun)),
    };
    if let Some(Cancel { share, after }) = bench.cancel {
        let (percent, after) = (share * 100.0, format_duration(after));
        let _ = write!(text, "; {percent}% of them are cancelled after {after}");
    }
    text
}

/// The load of a sweep.
pub(crate) fn describe_sweep(bench: &Bench, sweep: &Sweep) -> String {
    let levels: Vec<String> = sweep.0.iter().map(LoadLevel::to_string).collect();
    let what = match bench.load {
        Load::Concurrency(_) => "concurrent requests",
        Load::Rate { .. } | Load::Trace { .. } => "requests per second",
    };
    format!(
        "{} {what}; each {}",
        levels.join(", "),
        bench.amount.of("request")
    )
}

/// The load of a search.
pub(crate) fn describe_search(bench: &Bench, goal: &Goal, start: f64) -> String {
    let time = bench.amount.duration.unwrap_or_default();
    let most = Search::MOST_PROBES;
    let requests = bench.amount.requests;
    let requests = requests.map_or(String::new(), |n| format!(" or {}", counted(n, "request")));
    format!(
        "from {} up to the highest rate that keeps {goal}; at most {most} probes, each {}{requests}: up to {} and the last answers",
        bench.load.at(LoadLevel::Rate(start)),
        format_duration(time),
        format_duration(time * most),
    )
}

impl LoadLimits {
    /// The limits of a load that consists of requests or conversations, as `noun` says.
    fn of(self, noun: &str) -> String {
        match (self.requests, self.duration.map(format_duration)) {
            (Some(n), None) => counted(n, noun),
            (Some(n), Some(time)) => format!("{} or {time}", counted(n, noun)),
            (None, time) => format!("for {}", time.unwrap_or_default()),
        }
    }
}

impl fmt::Display for LoadLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Concurrency(n) => n.fmt(f),
            Self::Rate(rate) => rate.fmt(f),
        }
    }
}

impl Load {
    /// The load, which consists of requests or conversations, as `noun` says.
    fn of(self, noun: &str) -> String {
        match self {
            Self::Concurrency(n) => counted(n, &format!("concurrent {noun}")),
            Self::Rate { rate, .. } if (rate - 1.0).abs() < f64::EPSILON => {
                format!("1 {noun} per second")
            }
            Self::Rate { rate, .. } => format!("{rate} {noun}s per second"),
            Self::Trace { .. } => "as in the trace".to_owned(),
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.of("request"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::script::tests::bench;
    use super::*;

    #[test]
    fn a_search_describes_its_start_and_its_probes() {
        let goal = "p99(ttft)<500ms".parse().unwrap();
        let mut bench = bench();
        bench.amount = LoadLimits {
            requests: None,
            duration: Some(Duration::from_secs(10)),
        };
        assert_eq!(
            describe_search(&bench, &goal, 1.0),
            "from 1 request per second up to the highest rate that keeps p99(ttft)<500ms; at most 30 probes, each 10s: up to 5m0s and the last answers"
        );
        bench.amount.requests = Some(7);
        assert_eq!(
            describe_search(&bench, &goal, 2.5),
            "from 2.5 requests per second up to the highest rate that keeps p99(ttft)<500ms; at most 30 probes, each 10s or 7 requests: up to 5m0s and the last answers"
        );
    }
}

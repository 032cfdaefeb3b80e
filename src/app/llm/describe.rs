//! Describes a benchmark in words, before it starts.

use std::fmt::{self, Write};

use super::bench::{Bench, Cancel, Dataset, Load, LoadLevel, LoadLimits, ScoreApi, Scores};
use super::endpoint::ApiEndpoint;
use super::goal::Goal;
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
    let length = match &bench.output_len {
        Some(lengths) => match lengths.same() {
            Some(tokens) => format!("{} requested each", counted(tokens, "token")),
            None => format!("{lengths} tokens requested"),
        },
        None => "as many tokens requested as it says".to_owned(),
    };
    let prompts = match &bench.dataset {
        Dataset::Random {
            input_len,
            prefixes,
        } => random(bench, input_len, *prefixes),
        Dataset::ShareGpt(path) | Dataset::Jsonl(path) => path.display().to_string(),
        Dataset::Trace(trace) => {
            let trace = trace.describe();
            return format!(
                "  model    {model}{server}\n  load     {load}\n  prompts  {trace}\n  seed     {}\n",
                seed(bench)
            );
        }
    };
    let length = match bench.scores {
        Some(Scores {
            api: ScoreApi::Embeddings,
            batch,
        }) => {
            format!(
                "{} in each request, for their vectors",
                counted(batch, "text")
            )
        }
        Some(Scores {
            api: ScoreApi::Rerank,
            batch,
        }) => {
            format!(
                "{} in each request, to be ranked",
                counted(batch, "document")
            )
        }
        None => length,
    };
    let prompts = match &bench.conversation {
        Some(conversation) => format!("{prompts}; conversations of {} turns", conversation.turns),
        None => prompts,
    };
    let seed = seed(bench);
    format!(
        "  model    {model}{server}\n  load     {load}\n  prompts  {prompts}; {length}\n  seed     {seed}\n"
    )
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
            counted(groups, "shared prefix").replace("prefixs", "prefixes"),
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
    let mut text = match &bench.dataset {
        Dataset::Trace(trace) if (trace.speed - 1.0).abs() < f64::EPSILON => {
            "as in the trace".to_owned()
        }
        Dataset::Trace(trace) => format!("{} times as fast as in the trace", trace.speed),
        _ => format!("{}, {}", bench.load, bench.amount),
    };
    if let Some(Cancel { share, after }) = bench.cancel {
        let (percent, after) = (share * 100.0, format_duration(after));
        let _ = write!(text, "; {percent}% of them are cancelled after {after}");
    }
    match bench.conversation {
        Some(_) => text.replace("request", "conversation"),
        None => text,
    }
}

/// The load of a sweep.
pub(crate) fn describe_sweep(bench: &Bench, sweep: &Sweep) -> String {
    let levels: Vec<String> = sweep.0.iter().map(LoadLevel::to_string).collect();
    let what = match bench.load {
        Load::Concurrency(_) => "concurrent requests",
        Load::Rate { .. } | Load::Trace { .. } => "requests per second",
    };
    format!("{} {what}; each {}", levels.join(", "), bench.amount)
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

impl fmt::Display for LoadLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.requests, self.duration.map(format_duration)) {
            (Some(n), None) => f.write_str(&counted(n, "request")),
            (Some(n), Some(time)) => write!(f, "{} or {time}", counted(n, "request")),
            (None, time) => write!(f, "for {}", time.unwrap_or_default()),
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

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Concurrency(1) => f.write_str("1 concurrent request"),
            Self::Concurrency(n) => write!(f, "{n} concurrent requests"),
            Self::Rate { rate, .. } if (rate - 1.0).abs() < f64::EPSILON => {
                f.write_str("1 request per second")
            }
            Self::Rate { rate, .. } => write!(f, "{rate} requests per second"),
            Self::Trace { .. } => f.write_str("as in the trace"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::script::tests::bench;
    use super::*;

    #[test]
    fn a_search_says_where_it_begins_and_what_each_probe_is() {
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

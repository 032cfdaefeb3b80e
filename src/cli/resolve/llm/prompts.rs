//! What is asked: the flags of datasets and traces.

use super::super::super::args::Llm;
use super::super::mistake;
use super::{LENGTH, MOST, number, usage, whole};
use crate::app::llm::{Amount, Conversation, Dataset, ScoreApi, Scores, TraceFile};
use crate::error::Error;
use crate::llm::Api;
use crate::llm::dataset::{Lengths, Prefixes};
use crate::llm::trace::TraceFormat;
use crate::units::parse_duration;

/// The trace to replay, if there is one.
pub(super) fn trace(args: &Llm, amount: Amount) -> Result<Option<TraceFile>, Error> {
    let Some(text) = args.trace.as_deref() else {
        return Ok(None);
    };
    let named = text.split_once('=').filter(|(_, path)| !path.is_empty());
    let found = named.and_then(|(name, path)| Some((TraceFormat::of_name(name)?, path)));
    let (format, path) = found.ok_or_else(|| {
        let remedy = "use one of mooncake=FILE, bailian=FILE, azure=FILE, burstgpt=FILE";
        mistake("--trace", text, remedy)
    })?;
    let speed = match args.trace_speed.as_deref() {
        None => 1.0,
        Some(text) => number(text, 1e-3..=1e3).ok_or_else(|| {
            mistake(
                "--trace-speed",
                text,
                "use a number from 0.001 to 1000; 2 is twice as fast",
            )
        })?,
    };
    let block_size = args.trace_block_size.as_deref();
    let block_size = whole("--trace-block-size", block_size, 1..=MOST)?;
    TraceFile::open(format, path.as_ref(), block_size, speed, amount).map(Some)
}

pub(super) fn dataset(args: &Llm) -> Result<Dataset, Error> {
    let text = args.dataset.as_deref().unwrap_or("random");
    let input_len = lengths("--input-len", args.input_len.as_deref())?;
    let prefix_len = whole("--prefix-len", args.prefix_len.as_deref(), 1..=MOST)?;
    let groups = whole("--prefixes", args.prefixes.as_deref(), 1..=MOST)?;
    let is_prefix = text == "prefix";
    for (flag, given) in [("--prefix-len", prefix_len), ("--prefixes", groups)] {
        if given.is_some() && !is_prefix {
            return Err(usage(flag, "it belongs to --dataset prefix"));
        }
    }
    let dataset = match text.split_once('=') {
        None if is_prefix || text == "random" => {
            let prefixes = Prefixes {
                tokens: prefix_len.unwrap_or(PREFIX.tokens),
                groups: groups.unwrap_or(PREFIX.groups),
            };
            return Ok(Dataset::Random {
                input_len: input_len.unwrap_or_else(|| Lengths::fixed(LENGTH)),
                prefixes: is_prefix.then_some(prefixes),
            });
        }
        Some(("sharegpt", path)) if !path.is_empty() => Dataset::ShareGpt(path.into()),
        Some(("jsonl", path)) if !path.is_empty() => Dataset::Jsonl(path.into()),
        _ => {
            let remedy = "use random, prefix, sharegpt=FILE or jsonl=FILE";
            return Err(mistake("--dataset", text, remedy));
        }
    };
    if input_len.is_some() {
        let what = "it is the length of random prompts, and --dataset names a file";
        return Err(usage("--input-len", what));
    }
    Ok(dataset)
}

/// Prefixes unless more is said.
const PREFIX: Prefixes = Prefixes {
    tokens: 256,
    groups: 10,
};

/// A length, or the spread of one.
pub(super) fn lengths(flag: &'static str, text: Option<&str>) -> Result<Option<Lengths>, Error> {
    let read = |path: &str| {
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))
    };
    let parse = |text| Lengths::parse(text, read).map_err(|what| usage(flag, what));
    text.map(parse).transpose()
}

/// Whether requests are conversations, and of which kind.
pub(super) fn conversation(
    args: &Llm,
    dataset: &Dataset,
    api: Api,
) -> Result<Option<Conversation>, Error> {
    let Some(turns) = args.turns.as_deref() else {
        return Ok(None);
    };
    if !api.takes_messages() {
        let what = format!("the API {api} takes a prompt and no messages: use chat");
        return Err(usage("--turns", what));
    }
    let counts = Lengths::parse(turns, |_| {
        Err("use a number, or a range such as 2..5".to_owned())
    });
    let is_fine = match dataset {
        Dataset::ShareGpt(_) => turns == "all" || counts.is_ok_and(|turns| turns.same().is_some()),
        Dataset::Random { .. } => counts.is_ok_and(|turns| turns.mean() <= MOST_TURNS),
        Dataset::Jsonl(_) | Dataset::Trace(_) => {
            let what = "it goes with the datasets random, prefix and sharegpt=FILE";
            return Err(usage("--turns", what));
        }
    };
    if !is_fine {
        let remedy = "use a number such as 3, a range such as 2..5, or for sharegpt=FILE all";
        return Err(mistake("--turns", turns, remedy));
    }
    let think_time = args.think_time.as_deref().unwrap_or("0s");
    let (least, most) = think_time
        .split_once("..")
        .unwrap_or((think_time, think_time));
    let time = |text| parse_duration(text).map_err(|error| usage("--think-time", error));
    let (least, most) = (time(least)?, time(most)?);
    if most < least {
        return Err(mistake(
            "--think-time",
            think_time,
            "use the shorter time first, as in 1s..3s",
        ));
    }
    Ok(Some(Conversation {
        turns: turns.to_owned(),
        think_time: (least, most),
    }))
}

const MOST_TURNS: f64 = 1000.0;

/// The images of every request.
pub(super) fn images(args: &Llm, takes_messages: bool) -> Result<Vec<String>, Error> {
    if !args.images.is_empty() && !takes_messages {
        let what = "the API takes a prompt and no images: use chat";
        return Err(usage("--image", what));
    }
    Ok(args.images.clone())
}

/// Texts of a request for scores.
const BATCH: u64 = 8;

/// Whether scores are asked for, and at which path.
pub(super) fn scores(args: &Llm, dataset: &Dataset) -> Result<Option<(Scores, String)>, Error> {
    let first = args.urls.first().map_or("", String::as_str);
    let path = first.split(['?', '#']).next().unwrap_or_default();
    let path = path.trim_end_matches('/');
    let ends = |end: &str| path.ends_with(end);
    let api = match args.api.as_deref() {
        None if ends("/embeddings") => Some(ScoreApi::Embeddings),
        None if ends("/rerank") => Some(ScoreApi::Rerank),
        Some("embeddings") => Some(ScoreApi::Embeddings),
        Some("rerank") => Some(ScoreApi::Rerank),
        _ => None,
    };
    let batch = whole("--batch", args.batch.as_deref(), 1..=MOST)?;
    let Some(api) = api else {
        return match batch {
            None => Ok(None),
            Some(_) => Err(usage(
                "--batch",
                "it goes with --api embeddings or --api rerank",
            )),
        };
    };
    if matches!(dataset, Dataset::Trace(_)) {
        return Err(usage("--trace", "it is a trace of words: leave --api out"));
    }
    for (flag, is_given) in [
        ("--turns", args.turns.is_some()),
        ("--image", !args.images.is_empty()),
        ("--output-len", args.output_len.is_some()),
        ("--ignore-eos", args.ignore_eos),
        ("--exact-len", args.exact_len || args.tokenizer.is_some()),
        ("--goodput", !args.goodput.is_empty()),
    ] {
        if is_given {
            return Err(usage(
                flag,
                "it is about words, and scores are asked for: leave it out",
            ));
        }
    }
    let paths = match api {
        ScoreApi::Embeddings => ["/v1/embeddings", "/embeddings", "/embeddings"],
        ScoreApi::Rerank => ["/v1/rerank", "/v2/rerank", "/rerank"],
    };
    let given = paths.into_iter().find(|given| ends(given));
    let scores = Scores {
        api,
        batch: batch.unwrap_or(BATCH),
    };
    Ok(Some((scores, given.unwrap_or(paths[0]).to_owned())))
}

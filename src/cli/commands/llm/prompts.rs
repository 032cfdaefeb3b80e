//! The flags of `ssel llm` for prompts, conversations and scores.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

use super::super::super::flags::{Parsed, whole, wrong};
use super::{MOST, usage};
use crate::app::llm::{Bench, Conversation, Dataset, ScoreApi, Scores};
use crate::error::Error;
use crate::llm::Api;
use crate::llm::dataset::{Lengths, Prefixes};
use crate::units::parse_duration;

/// The maximum number of questions of a conversation.
const MOST_TURNS: f64 = 1000.0;

#[derive(Debug, clap::Args)]
pub(super) struct PromptFlags {
    /// Source of prompts: random, prefix, sharegpt=FILE or jsonl=FILE
    #[arg(long, value_name = "WHAT", default_value = "random", value_parser = source)]
    dataset: PromptSource,

    /// Length of a random prompt: 512, 512±20%, 100..900, normal(MEAN,SD), lognormal(MEAN,P99), histogram=FILE
    /// [default: 128]
    #[arg(long, value_name = "LENGTH", value_parser = lengths)]
    input_len: Option<Lengths>,

    /// Number of tokens to request, in the same forms [default: that of the dataset, 128 for random]
    #[arg(long, value_name = "LENGTH", value_parser = lengths)]
    output_len: Option<Lengths>,

    /// Length of the prefixes of --dataset prefix [default: 256]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=MOST))]
    prefix_len: Option<u64>,

    /// Number of prefixes of --dataset prefix [default: 10]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=MOST))]
    prefixes: Option<u64>,

    /// Measure token counts on the server, so that random prompts have exactly --input-len tokens
    #[arg(long)]
    exact_len: bool,

    /// The same, measured with the tokenizer.json of the model
    #[arg(long, value_name = "FILE")]
    pub(super) tokenizer: Option<PathBuf>,

    /// Texts or documents per request for embeddings or rerank [default: 8]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=MOST))]
    batch: Option<u64>,

    /// Hold conversations of N questions, e.g. 3 or 2..5; for a ShareGPT file the maximum, or all
    #[arg(long, value_name = "N", conflicts_with = "trace")]
    turns: Option<String>,

    /// Pause of the user before the next question, e.g. 2s or 1s..3s
    #[arg(long, value_name = "TIME", requires = "turns", default_value = "0s", value_parser = think_time)]
    think_time: (Duration, Duration),

    /// Image to add to every request, a file or a URL; repeatable
    #[arg(long = "image", value_name = "FILE|URL")]
    images: Vec<String>,

    /// Generate replies of exactly the requested length (vLLM, llama.cpp)
    #[arg(long)]
    ignore_eos: bool,

    /// Seed of the prompts and of the request times [default: new in each run, so that no server has the prompts in its cache]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..=u64::MAX))]
    pub(super) seed: Option<u64>,

    /// Fields to add to the request body, e.g. '{"temperature": 0}'
    #[arg(long, value_name = "JSON", default_value = "{}", hide_default_value = true, value_parser = object)]
    pub(super) extra_body: Map<String, Value>,
}

/// The source of prompts.
#[derive(Debug, Clone)]
enum PromptSource {
    Random,
    Prefix,
    ShareGpt(PathBuf),
    Jsonl(PathBuf),
}

impl PromptFlags {
    pub(super) fn dataset(&self) -> Result<Dataset, Error> {
        let is_prefix = matches!(self.dataset, PromptSource::Prefix);
        for (flag, given) in [
            ("--prefix-len", self.prefix_len),
            ("--prefixes", self.prefixes),
        ] {
            if given.is_some() && !is_prefix {
                return Err(usage(flag, "it belongs to --dataset prefix"));
            }
        }
        let dataset = match &self.dataset {
            PromptSource::Random | PromptSource::Prefix => {
                let prefixes = Prefixes {
                    tokens: self.prefix_len.unwrap_or(256),
                    groups: self.prefixes.unwrap_or(10),
                };
                let input_len = self.input_len.clone();
                return Ok(Dataset::Random {
                    input_len: input_len.unwrap_or_else(|| Lengths::fixed(Bench::LENGTH)),
                    prefixes: is_prefix.then_some(prefixes),
                });
            }
            PromptSource::ShareGpt(path) => Dataset::ShareGpt(path.clone()),
            PromptSource::Jsonl(path) => Dataset::Jsonl(path.clone()),
        };
        if self.input_len.is_some() {
            let what = "it is the length of random prompts, and --dataset names a file";
            return Err(usage("--input-len", what));
        }
        Ok(dataset)
    }

    /// The number of tokens to request; `None` for that of the dataset.
    pub(super) fn output_len(&self, dataset: &Dataset) -> Option<Lengths> {
        let is_random = matches!(dataset, Dataset::Random { .. });
        let output_len = self.output_len.clone();
        output_len.or_else(|| is_random.then(|| Lengths::fixed(Bench::LENGTH)))
    }

    /// Whether to count tokens before the load.
    pub(super) fn counts_tokens(&self) -> bool {
        self.exact_len || self.tokenizer.is_some()
    }

    /// The conversations, if requests are conversations.
    pub(super) fn conversation(
        &self,
        dataset: &Dataset,
        api: Api,
    ) -> Result<Option<Conversation>, Error> {
        let Some(turns) = &self.turns else {
            return Ok(None);
        };
        if !api.takes_messages() {
            let what = format!("the API {api} takes a prompt and no messages: use chat");
            return Err(usage("--turns", what));
        }
        let counts = Lengths::parse(turns, |_| Err(String::new()));
        let is_valid = match dataset {
            Dataset::ShareGpt(_) => {
                turns == "all" || counts.is_ok_and(|turns| turns.same().is_some())
            }
            Dataset::Random { .. } => counts.is_ok_and(|turns| turns.mean() <= MOST_TURNS),
            Dataset::Jsonl(_) | Dataset::Trace(_) => {
                let what = "it goes with the datasets random, prefix and sharegpt=FILE";
                return Err(usage("--turns", what));
            }
        };
        if !is_valid {
            let turns = wrong(
                turns,
                "use a number such as 3, a range such as 2..5, or for sharegpt=FILE all",
            );
            return Err(Error::Usage(format!("--turns {turns}")));
        }
        Ok(Some(Conversation {
            turns: turns.clone(),
            think_time: self.think_time,
        }))
    }

    /// The images of every request.
    pub(super) fn images(&self, api: Api) -> Result<Vec<String>, Error> {
        if !self.images.is_empty() && !api.takes_messages() {
            let what = "the API takes a prompt and no images: use chat";
            return Err(usage("--image", what));
        }
        Ok(self.images.clone())
    }

    /// Whether replies must have the requested length, as those of a trace do.
    pub(super) fn ignore_eos(&self, dataset: &Dataset, api: Api) -> Result<bool, Error> {
        if self.ignore_eos && !api.knows_ignore_eos() {
            let what = format!(
                "the API {api} has no field for it: remove the flag, or use --extra-body with the field of the server"
            );
            return Err(usage("--ignore-eos", what));
        }
        let is_trace = matches!(dataset, Dataset::Trace(_));
        Ok(self.ignore_eos || is_trace && api.knows_ignore_eos())
    }

    /// The request for scores, if `api` is one for scores.
    pub(super) fn scores(
        &self,
        api: Option<ScoreApi>,
        dataset: &Dataset,
        has_goodput: bool,
    ) -> Result<Option<Scores>, Error> {
        let Some(api) = api else {
            return match self.batch {
                None => Ok(None),
                Some(_) => Err(usage(
                    "--batch",
                    "it goes with --api embeddings or --api rerank",
                )),
            };
        };
        for (flag, is_given) in [
            ("--trace", matches!(dataset, Dataset::Trace(_))),
            ("--turns", self.turns.is_some()),
            ("--image", !self.images.is_empty()),
            ("--output-len", self.output_len.is_some()),
            ("--ignore-eos", self.ignore_eos),
            ("--exact-len", self.counts_tokens()),
            ("--goodput", has_goodput),
        ] {
            if is_given {
                return Err(usage(
                    flag,
                    "it applies to generated text, and the API returns scores: remove it",
                ));
            }
        }
        let batch = self.batch.unwrap_or(8);
        Ok(Some(Scores { api, batch }))
    }
}

fn source(text: &str) -> Parsed<PromptSource> {
    match text.split_once('=') {
        None if text == "random" => Ok(PromptSource::Random),
        None if text == "prefix" => Ok(PromptSource::Prefix),
        Some(("sharegpt", path)) if !path.is_empty() => Ok(PromptSource::ShareGpt(path.into())),
        Some(("jsonl", path)) if !path.is_empty() => Ok(PromptSource::Jsonl(path.into())),
        _ => Err(wrong(
            text,
            "use random, prefix, sharegpt=FILE or jsonl=FILE",
        )),
    }
}

/// A length, or a distribution of lengths.
fn lengths(text: &str) -> Parsed<Lengths> {
    let read = |path: &str| {
        std::fs::read_to_string(path).map_err(|error| format!("cannot read {path}: {error}"))
    };
    Lengths::parse(text, read)
}

/// A time, or a range of times.
fn think_time(text: &str) -> Parsed<(Duration, Duration)> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let time = |text| parse_duration(text).map_err(|error| error.to_string());
    let (least, most) = (time(least)?, time(most)?);
    if most < least {
        return Err(wrong(text, "use the shorter time first, as in 1s..3s"));
    }
    Ok((least, most))
}

fn object(text: &str) -> Parsed<Map<String, Value>> {
    serde_json::from_str(text).map_err(|error| {
        wrong(
            text,
            &format!(
                "it is not a JSON object ({error}); write one such as '{{\"temperature\": 0}}'"
            ),
        )
    })
}

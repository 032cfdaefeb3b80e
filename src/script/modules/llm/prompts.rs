//! `llm.prompts`: prompts that all VUs share, read once per process.

use std::io::{BufReader, Read};
use std::path::PathBuf;

use mlua::Value;

use super::super::data;
use crate::llm::Input;
use crate::llm::dataset::{
    DatasetError, Fields, RandomPrompts, Sample, Selection, ShareGpt, read_jsonl, select,
};
use crate::script::args;
use crate::script::context::Context;
use crate::script::convert::Plain;
use crate::script::files;
use crate::script::request::Params;
use crate::script::shared_data::SharedArray;

const FUNCTION: &str = "llm.prompts";

const FIELDS: &[&str] = &[
    "sharegpt",
    "jsonl",
    "random",
    "count",
    "seed",
    "salt",
    "output_len",
    "max_prompt_tokens",
    "max_total_tokens",
];

/// How many prompts there are unless the script says.
const COUNT: u64 = 1000;

/// Where prompts are from.
#[derive(Debug)]
enum Source {
    ShareGpt(PathBuf, ShareGpt),
    Jsonl(PathBuf, Option<usize>, Selection, Option<u64>),
    Random(RandomPrompts, usize),
}

/// The shared array of prompts.
///
/// # Errors
/// Misuse, a file that cannot be read, or one without usable prompts.
pub(super) fn load(context: &Context, params: &Value) -> mlua::Result<SharedArray> {
    let params = Params::of(FUNCTION, "argument 1", params, FIELDS)?;
    let source = source(context, &params)?;
    let salt = params.text("salt")?;
    let key = format!("{FUNCTION}:{source:?}:{salt:?}");
    data::keep(context, FUNCTION, source.name(), &key, || {
        let mut samples = source.read()?;
        if let Some(salt) = &salt {
            samples.iter_mut().for_each(|sample| sample.salt(salt));
        }
        samples.into_iter().map(plain).collect()
    })
}

fn source(context: &Context, params: &Params<'_>) -> mlua::Result<Source> {
    let path = |field: &str| -> mlua::Result<Option<PathBuf>> {
        let path = params.text(field)?;
        let path = path.map(|path| context.process.folder.join(path));
        if let Some(path) = &path {
            context.process.note_file(path);
        }
        Ok(path)
    };
    let wanted = params.count("count")?.map(size);
    let count = wanted.unwrap_or(size(COUNT));
    let output_len = params.count("output_len")?;
    let seed = params.whole("seed")?;
    let selection = seed.map_or(Selection::First, Selection::Random);
    let (max_prompt, max_total) = (
        params.count("max_prompt_tokens")?,
        params.count("max_total_tokens")?,
    );
    let only_sharegpt = || match (max_prompt, max_total) {
        (None, None) => Ok(()),
        _ => Err(args::misuse(
            FUNCTION,
            "max_prompt_tokens and max_total_tokens belong to sharegpt",
        )),
    };
    match (path("sharegpt")?, path("jsonl")?, params.get("random")?) {
        (Some(path), None, Value::Nil) => {
            let mut rules = ShareGpt::new(count, selection);
            rules.output_tokens = output_len;
            rules.max_prompt_tokens = max_prompt.unwrap_or(rules.max_prompt_tokens);
            rules.max_total_tokens = max_total.unwrap_or(rules.max_total_tokens);
            Ok(Source::ShareGpt(path, rules))
        }
        (None, Some(path), Value::Nil) => {
            only_sharegpt()?;
            Ok(Source::Jsonl(path, wanted, selection, output_len))
        }
        (None, None, random) if !random.is_nil() => {
            only_sharegpt()?;
            let random = Params::of(FUNCTION, "random", &random, &["input_len", "range"])?;
            let words = random.count("input_len")?.ok_or_else(|| {
                args::misuse(
                    FUNCTION,
                    "random: input_len is missing, the words of a prompt",
                )
            })?;
            let range = random.number("range")?.unwrap_or(0.0);
            if !(0.0..=1.0).contains(&range) {
                let what = format_args!("random.range: expected a number from 0 to 1, got {range}");
                return Err(args::misuse(FUNCTION, what));
            }
            let prompts = RandomPrompts::new(words, range, output_len, seed.unwrap_or(0));
            Ok(Source::Random(prompts, count))
        }
        _ => Err(args::misuse(
            FUNCTION,
            "expected one of sharegpt = FILE, jsonl = FILE and random = { input_len = N }",
        )),
    }
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl Source {
    /// What messages call the array.
    fn name(&self) -> &'static str {
        match self {
            Self::ShareGpt(..) => "llm.prompts{ sharegpt }",
            Self::Jsonl(..) => "llm.prompts{ jsonl }",
            Self::Random(..) => "llm.prompts{ random }",
        }
    }

    fn read(&self) -> Result<Vec<Sample>, String> {
        let (path, read): (_, Result<Vec<Sample>, DatasetError>) = match self {
            Self::Random(prompts, count) => return Ok(prompts.clone().take(*count).collect()),
            Self::ShareGpt(path, rules) => (path, rules.read(open(path)?)),
            Self::Jsonl(path, count, selection, output_len) => {
                let samples = read_jsonl(open(path)?, Fields::default()).map(|sample| {
                    sample.map(|sample| Sample {
                        output_tokens: output_len.or(sample.output_tokens),
                        ..sample
                    })
                });
                (path, select(samples, *count, *selection))
            }
        };
        read.map_err(|error| format!("{}: {error}", path.display()))
    }
}

fn open(path: &std::path::Path) -> Result<BufReader<impl Read>, String> {
    let file =
        files::open(path).map_err(|error| format!("cannot read {}: {error}", path.display()));
    Ok(BufReader::with_capacity(1 << 16, file?))
}

/// A sample as scripts see it: what `llm.chat` takes.
pub(super) fn plain(sample: Sample) -> Result<Plain, String> {
    let text = |text: &str| Plain::Bytes(text.as_bytes().into());
    let number = |number: u64| Plain::Number(number as f64);
    let input = match sample.input {
        Input::Prompt(prompt) => (text("prompt"), text(&prompt)),
        Input::Messages(messages) => {
            let messages = serde_json::from_value(messages.into()).map_err(|e| e.to_string())?;
            (text("messages"), messages)
        }
    };
    let mut fields = vec![input, (text("prompt_tokens"), number(sample.prompt_tokens))];
    if let Some(tokens) = sample.output_tokens {
        fields.push((text("max_tokens"), number(tokens)));
    }
    Ok(Plain::Map(fields.into()))
}

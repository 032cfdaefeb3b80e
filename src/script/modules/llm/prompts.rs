//! `llm.prompts`: prompts that all VUs share, read once per process.

use std::io::{BufReader, Read};
use std::path::PathBuf;
use std::sync::Arc;

use mlua::Value;

use super::super::data;
use crate::llm::Input;
use crate::llm::dataset::{
    Lengths, Prefixes, PromptSample, Question, RandomPrompts, Selection, ShareGpt, Words,
    read_jsonl, select,
};
use crate::script::args;
use crate::script::context::Context;
use crate::script::convert::Plain;
use crate::script::files;
use crate::script::request::CallParams;
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
    "turns",
    "max_prompt_tokens",
    "max_total_tokens",
];

const RANDOM: &[&str] = &[
    "input_len",
    "range",
    "prefix_len",
    "prefixes",
    "tokens_per_word",
    "added_tokens",
    "avoid",
];

/// The default maximum number of tokens of a whole conversation.
const CONVERSATION: u64 = 8192;

/// The default number of prompts.
const COUNT: usize = 1000;

/// The source of prompts, and the lengths of their replies.
#[derive(Debug)]
struct Source {
    kind: SourceKind,
    output_len: Option<Lengths>,
    seed: u64,
}

#[derive(Debug)]
enum SourceKind {
    ShareGpt(PathBuf, ShareGpt),
    Jsonl(PathBuf, Option<usize>, Selection),
    Random(Box<RandomPrompts>, usize),
}

/// The shared array of prompts.
///
/// # Errors
/// Misuse, a file that cannot be read, or one without usable prompts.
pub(super) fn load(context: &Context, params: &Value) -> mlua::Result<SharedArray> {
    let params = CallParams::of(FUNCTION, "argument 1", params, FIELDS)?;
    let source = source(context, &params)?;
    let salt = params.text("salt")?;
    let key = format!("{FUNCTION}:{source:?}:{salt:?}");
    data::keep(context, FUNCTION, source.name(), &key, || {
        let mut samples = source.read()?;
        if let Some(salt) = &salt {
            for sample in &mut samples {
                sample.salt(salt);
            }
        }
        Ok(samples.into_iter().map(plain).collect())
    })
}

fn source(context: &Context, params: &CallParams<'_>) -> mlua::Result<Source> {
    let path = |field: &str| -> mlua::Result<Option<PathBuf>> {
        let path = params.text(field)?;
        let path = path.map(|path| context.process.folder.join(path));
        if let Some(path) = &path {
            context.process.note_file(path);
        }
        Ok(path)
    };
    let wanted = params.size("count")?;
    let count = wanted.unwrap_or(COUNT);
    let output_len = length(context, "output_len", &params.get("output_len")?)?;
    let turns = params.get("turns")?;
    let seed = params.whole("seed")?;
    let selection = seed.map_or(Selection::First, Selection::Random);
    let (max_prompt, max_total) = (
        params.count("max_prompt_tokens")?,
        params.count("max_total_tokens")?,
    );
    let only_sharegpt = || match (max_prompt, max_total) {
        (None, None) => Ok(()),
        _ => Err(params.misuse("max_prompt_tokens and max_total_tokens belong to sharegpt")),
    };
    let kind = match (path("sharegpt")?, path("jsonl")?, params.get("random")?) {
        (Some(path), None, Value::Nil) => {
            let mut rules = ShareGpt::new(count, selection);
            rules.questions = questions(params)?;
            if rules.questions.is_some() {
                rules.max_total_tokens = CONVERSATION;
            }
            // Lengths from a distribution are drawn afterwards; the selection does not depend on them.
            rules.output_tokens = output_len
                .as_ref()
                .map(|lengths| lengths.same().unwrap_or(1));
            rules.max_prompt_tokens = max_prompt.unwrap_or(rules.max_prompt_tokens);
            rules.max_total_tokens = max_total.unwrap_or(rules.max_total_tokens);
            SourceKind::ShareGpt(path, rules)
        }
        (None, Some(path), Value::Nil) => {
            only_sharegpt()?;
            if !turns.is_nil() {
                let what = "turns belongs to random and sharegpt; messages of a line are a whole conversation";
                return Err(params.misuse(what));
            }
            SourceKind::Jsonl(path, wanted, selection)
        }
        (None, None, random) if !random.is_nil() => {
            only_sharegpt()?;
            let mut prompts =
                random_prompts(context, &random, output_len.clone(), seed.unwrap_or(0))?;
            if let Some(turns) = length(context, "turns", &turns)? {
                prompts.turns = turns;
            }
            SourceKind::Random(Box::new(prompts), count)
        }
        _ => {
            let what =
                "expected one of sharegpt = FILE, jsonl = FILE and random = { input_len = N }";
            return Err(params.misuse(what));
        }
    };
    Ok(Source {
        kind,
        output_len,
        seed: seed.unwrap_or(0),
    })
}

/// The table `random`.
fn random_prompts(
    context: &Context,
    random: &Value,
    output_len: Option<Lengths>,
    seed: u64,
) -> mlua::Result<RandomPrompts> {
    let random = CallParams::of(FUNCTION, "random", random, RANDOM)?;
    let missing = "random: input_len is missing, the length of a prompt";
    let mut input = length(context, "random.input_len", &random.get("input_len")?)?
        .ok_or_else(|| random.misuse(missing))?;
    if let Some(range) = random.number("range")? {
        if !(0.0..=1.0).contains(&range) {
            let what = format_args!("random.range: expected a number from 0 to 1, got {range}");
            return Err(random.misuse(what));
        }
        let Some(tokens) = input.same() else {
            let what = "random.range: input_len already has a range";
            return Err(random.misuse(what));
        };
        input = Lengths::around(tokens, range);
    }
    let mut prompts = RandomPrompts::new(input, output_len, seed);
    if let Some(tokens) = random.count("prefix_len")? {
        let groups = random.count("prefixes")?.unwrap_or(1);
        prompts.prefixes = Some(Prefixes { tokens, groups });
    }
    let avoid = match random.get("avoid")? {
        Value::Nil => Vec::new(),
        Value::Table(words) => words
            .sequence_values::<String>()
            .collect::<mlua::Result<_>>()?,
        other => return Err(random.wrong_type("random.avoid", "a list of words", &other)),
    };
    let tokens_per_word = random.number("tokens_per_word")?.unwrap_or(1.0);
    let added = random.whole("added_tokens")?.unwrap_or(0);
    let words = Words::new(&avoid, tokens_per_word, added).ok_or_else(|| {
        let what =
            "random: tokens_per_word is a number from 0.1 to 10, and avoid leaves 32 words or more";
        random.misuse(what)
    })?;
    prompts.words = Arc::new(words);
    Ok(prompts)
}

/// A number of tokens, or the text of a distribution.
fn length(context: &Context, field: &str, value: &Value) -> mlua::Result<Option<Lengths>> {
    let text = match value {
        Value::Nil => return Ok(None),
        Value::Integer(_) | Value::Number(_) => args::count(FUNCTION, field, value)?.to_string(),
        other => args::text(FUNCTION, field, other)?,
    };
    let read = |path: &str| {
        let path = context.process.folder.join(path);
        context.process.note_file(&path);
        std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let lengths = Lengths::parse(&text, read);
    lengths
        .map(Some)
        .map_err(|what| args::misuse(FUNCTION, format_args!("{field}: {what}")))
}

/// The maximum number of questions of a conversation; `None` for the first question only.
fn questions(params: &CallParams<'_>) -> mlua::Result<Option<usize>> {
    match params.get("turns")? {
        Value::Nil => Ok(None),
        Value::String(text) if text == "all" => Ok(Some(usize::MAX)),
        Value::Integer(_) | Value::Number(_) => params.size("turns"),
        other => Err(params.wrong_type("turns", "a whole number from 1 or \"all\"", &other)),
    }
}

/// Draws the lengths of replies, prompt by prompt.
fn with_output(samples: &mut [PromptSample], output: Option<&Lengths>, seed: u64) {
    let Some(output) = output else { return };
    let mut drawn = output.drawn(seed);
    for sample in samples {
        sample.output_tokens = drawn.next();
        for (number, turn) in sample.turns.iter_mut().enumerate() {
            turn.output_tokens = if number == 0 {
                sample.output_tokens
            } else {
                drawn.next()
            };
        }
    }
}

impl Source {
    /// The name of the array in messages.
    fn name(&self) -> &'static str {
        match self.kind {
            SourceKind::ShareGpt(..) => "llm.prompts{ sharegpt }",
            SourceKind::Jsonl(..) => "llm.prompts{ jsonl }",
            SourceKind::Random(..) => "llm.prompts{ random }",
        }
    }

    fn read(&self) -> Result<Vec<PromptSample>, String> {
        let (path, samples) = match &self.kind {
            SourceKind::Random(prompts, count) => {
                return Ok(RandomPrompts::clone(prompts).take(*count).collect());
            }
            SourceKind::ShareGpt(path, rules) => (path, rules.read(open(path)?)),
            SourceKind::Jsonl(path, count, selection) => {
                let samples = read_jsonl(open(path)?);
                (path, select(samples, *count, *selection))
            }
        };
        let mut samples = samples.map_err(|error| format!("{}: {error}", path.display()))?;
        with_output(&mut samples, self.output_len.as_ref(), self.seed);
        Ok(samples)
    }
}

fn open(path: &std::path::Path) -> Result<BufReader<impl Read>, String> {
    let file =
        files::open(path).map_err(|error| format!("cannot read {}: {error}", path.display()));
    Ok(BufReader::with_capacity(1 << 16, file?))
}

/// A sample as a value for scripts: parameters of `llm.chat`.
pub(super) fn plain(sample: PromptSample) -> Plain {
    let input = match sample.input {
        Input::Prompt(prompt) => (text("prompt"), text(&prompt)),
        Input::Messages(messages) => (text("messages"), serde_json::Value::from(messages).into()),
    };
    let mut fields = with_lengths(input, sample.prompt_tokens, sample.output_tokens);
    if !sample.turns.is_empty() {
        let turn = |turn: &Question| {
            let prompt = (text("prompt"), text(&turn.prompt));
            let fields = with_lengths(prompt, turn.prompt_tokens, turn.output_tokens);
            Plain::Map(fields.into())
        };
        let turns = sample.turns.iter().map(turn).collect();
        fields.push((text("turns"), Plain::Array(turns)));
    }
    Plain::Map(fields.into())
}

/// The fields of a prompt.
fn with_lengths(input: (Plain, Plain), prompt: u64, output: Option<u64>) -> Vec<(Plain, Plain)> {
    let number = |number: u64| Plain::Number(number as f64);
    let prompt = (text("prompt_tokens"), number(prompt));
    let output = output.map(|tokens| (text("max_tokens"), number(tokens)));
    [input, prompt].into_iter().chain(output).collect()
}

fn text(text: &str) -> Plain {
    Plain::Bytes(text.as_bytes().into())
}

//! Generates the source of prompts.

use std::fmt::Write;

use super::super::bench::{Bench, Dataset};
use super::super::lua;
use super::super::trace::TraceFile;
use crate::llm::dataset::{Lengths, Prefixes};
use crate::units::format_duration;

/// Writes the seed, and the prompts that depend on it.
pub(super) fn prompts(out: &mut String, bench: &Bench, seed: u64) {
    let _ = writeln!(
        out,
        "-- The same seed gives the same prompts; a new one avoids the cache of the server.\n\
         local seed = tonumber({}) or {seed}",
        lua::field("env", Bench::SEED),
    );
    let mut fields = vec![match &bench.dataset {
        Dataset::ShareGpt(path) => {
            format!("sharegpt = {}", lua::text(&path.display().to_string()))
        }
        Dataset::Jsonl(path) => format!("jsonl = {}", lua::text(&path.display().to_string())),
        Dataset::Random {
            input_len,
            prefixes,
        } => random(bench, input_len, *prefixes),
        Dataset::Trace(file) => {
            trace(out, file);
            if bench.warmup.is_none() {
                out.push('\n');
                return;
            }
            format!("random = {{ input_len = {} }}", TraceFile::WARMUP.0)
        }
    }];
    fields.push(format!("count = {}", bench.prompts()));
    fields.push("seed = seed".to_owned());
    if matches!(bench.dataset, Dataset::ShareGpt(_) | Dataset::Jsonl(_)) {
        let salt = lua::field("env", Bench::SALT);
        fields.push(format!("salt = {salt}"));
    }
    let output_len = match bench.dataset {
        Dataset::Trace(_) => Some(TraceFile::WARMUP.1.to_string()),
        _ => bench.output_len.as_ref().map(length),
    };
    if let Some(tokens) = output_len {
        fields.push(format!("output_len = {tokens}"));
    }
    if let Some(conversation) = &bench.conversation {
        let turns = &conversation.turns;
        fields.push(match turns.parse::<u64>() {
            Ok(turns) => format!("turns = {turns}"),
            Err(_) => format!("turns = {}", lua::text(turns)),
        });
    }
    let _ = writeln!(
        out,
        "local prompts = llm.prompts {{ {} }}\nlocal warmup = {}\n",
        fields.join(", "),
        bench.warmup_prompts()
    );
}

/// A length: a number, or the text of a distribution.
fn length(lengths: &Lengths) -> String {
    match lengths.same() {
        Some(tokens) => tokens.to_string(),
        None => lua::text(&lengths.to_string()),
    }
}

fn random(bench: &Bench, input_len: &Lengths, prefixes: Option<Prefixes>) -> String {
    let mut fields = vec![format!("input_len = {}", length(input_len))];
    if let Some(Prefixes { tokens, groups }) = prefixes {
        fields.push(format!("prefix_len = {tokens}, prefixes = {groups}"));
    }
    if let Some(wording) = &bench.wording {
        if wording.added_tokens > 0 {
            fields.push(format!("added_tokens = {}", wording.added_tokens));
        }
        let ratio = wording.tokens_per_word;
        fields.extend(ratio.map(|ratio| format!("tokens_per_word = {ratio}")));
        if !wording.avoid.is_empty() {
            let words: Vec<String> = wording.avoid.iter().map(|word| lua::text(word)).collect();
            fields.push(format!("avoid = {{ {} }}", words.join(", ")));
        }
    }
    format!("random = {{ {} }}", fields.join(", "))
}

fn trace(out: &mut String, file: &TraceFile) {
    let path = lua::text(&file.path.display().to_string());
    let mut fields = vec![
        format!("{} = {path}", file.format),
        "seed = seed".to_owned(),
    ];
    let limits = &file.limits;
    if (limits.speed - 1.0).abs() > f64::EPSILON {
        fields.push(format!("speed = {}", limits.speed));
    }
    fields.extend(limits.block_size.map(|n| format!("block_size = {n}")));
    fields.extend(limits.requests.map(|n| format!("count = {n}")));
    let duration = limits.duration.map(format_duration);
    fields.extend(duration.map(|time| format!("duration = \"{time}\"")));
    let _ = writeln!(out, "local trace = llm.trace {{ {} }}", fields.join(", "));
}

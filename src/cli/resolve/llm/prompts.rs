//! What is asked: the flags of datasets and traces.

use super::super::super::args::Llm;
use super::super::mistake;
use super::{LENGTH, MOST, number, usage, whole};
use crate::app::llm::{Amount, Dataset, TraceFile};
use crate::error::Error;
use crate::llm::trace::TraceFormat;

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
    let input_len = whole("--input-len", args.input_len.as_deref(), 1..=MOST)?;
    let dataset = match text.split_once('=') {
        None if text == "random" => {
            let input_len = input_len.unwrap_or(LENGTH);
            return Ok(Dataset::Random { input_len });
        }
        Some(("sharegpt", path)) if !path.is_empty() => Dataset::ShareGpt(path.into()),
        Some(("jsonl", path)) if !path.is_empty() => Dataset::Jsonl(path.into()),
        _ => {
            let remedy = "use random, sharegpt=FILE or jsonl=FILE";
            return Err(mistake("--dataset", text, remedy));
        }
    };
    if input_len.is_some() {
        let what = "it is the length of random prompts, and --dataset names a file";
        return Err(usage("--input-len", what));
    }
    Ok(dataset)
}

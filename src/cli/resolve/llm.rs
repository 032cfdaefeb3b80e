//! What was typed after `ssel llm`.

mod access;
mod load;
mod measuring;
mod prompts;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value};

pub(in crate::cli) use self::access::SPARE;
use self::access::{endpoints, headers, key, session_header, spare_key};
use self::load::{amount, load, max_concurrency};
use self::measuring::{hardware, max_errors, probe_rate, warmup};
use self::prompts::{conversation, dataset, images, lengths, scores, trace};
use super::super::args::Llm;
use super::{mistake, workers};
use crate::app::llm::{
    Access, Bench, Cancel, Dataset, Goal, Load, SavePaths, Sweep, Warmup, check,
};
use crate::error::Error;
use crate::llm::Goodput;
use crate::llm::dataset::Lengths;
use crate::units::parse_duration;

/// All that `ssel llm` needs to know.
pub(in crate::cli) struct Wanted {
    /// What is measured. Its model is empty if it is to be asked for.
    pub(in crate::cli) bench: Bench,
    /// What is done with it.
    pub(in crate::cli) mode: Mode,
    /// A key that is used if the server asks for one.
    pub(in crate::cli) spare_key: Option<String>,
    pub(in crate::cli) percentiles: Vec<f64>,
    /// The files of the result in the schemas of other tools.
    pub(in crate::cli) save: Option<SavePaths>,
    /// Outputs for samples, as they were typed.
    pub(in crate::cli) outputs: Vec<String>,
    /// The limit on asking the server for its models.
    pub(in crate::cli) lookup_timeout: Duration,
    pub(in crate::cli) workers: Option<NonZeroUsize>,
    /// How long requests may go on after a signal, if that is said.
    pub(in crate::cli) graceful_stop: Option<Duration>,
}

/// What is done with a bench.
pub(in crate::cli) enum Mode {
    /// Its script is printed.
    Emit,
    /// It is run.
    Once,
    /// It is run at each of these levels.
    Sweep(Sweep),
    /// The highest rate is searched that keeps this goal, from the rate of the bench on.
    FindMaxRate(Goal, f64),
}

/// How long a run lasts by default, and how long a probe of a search.
const DURATION: Duration = Duration::from_secs(20);
const PROBE: Duration = Duration::from_secs(10);
/// How long requests may go on after that, unless `--timeout` says.
const GRACEFUL_STOP: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_mins(5);
/// A list of models is short, and there immediately.
const LOOKUP: Duration = Duration::from_secs(30);
const CANCEL_AFTER: Duration = Duration::from_secs(1);
/// Words of a random prompt, and tokens of its reply.
const LENGTH: u64 = 128;
const APIS: &str =
    "use chat, completions, anthropic, responses, ollama, gemini, llama, embeddings or rerank";
/// The most of anything that is counted.
const MOST: u64 = 1_000_000;

/// Checks what was typed.
///
/// # Errors
/// The first thing that is wrong, with its flag and a remedy.
#[expect(clippy::too_many_lines, reason = "one field after the other")]
pub(in crate::cli) fn llm(args: &Llm) -> Result<Wanted, Error> {
    let mode = mode(args)?;
    let amount = amount(args, &mode)?;
    let dataset = match trace(args, amount)? {
        Some(trace) => Dataset::Trace(trace),
        None => dataset(args)?,
    };
    let load = match dataset {
        Dataset::Trace(_) => Load::Trace {
            max_concurrency: max_concurrency(args)?,
        },
        _ => load(args, &mode)?,
    };
    let api = match args.api.as_deref() {
        None | Some("embeddings" | "rerank") => None,
        Some(name) => Some(name.parse().map_err(|_| mistake("--api", name, APIS))?),
    };
    let (mut endpoint, mut others) = endpoints(&args.urls, api)?;
    let scores = scores(args, &dataset)?;
    if let Some((_, path)) = &scores {
        endpoint = endpoint.scoring(path);
        others = others
            .into_iter()
            .map(|other| other.scoring(path))
            .collect();
    }
    if args.ignore_eos && !endpoint.api.knows_ignore_eos() {
        return Err(usage(
            "--ignore-eos",
            format!(
                "the API {} has no field for it: remove the flag, or use --extra-body with the field of the server",
                endpoint.api
            ),
        ));
    }
    let timeout = time("--timeout", args.timeout.as_deref())?;
    let graceful_stop = args
        .graceful_stop
        .as_deref()
        .map(parse_duration)
        .transpose();
    let graceful_stop = graceful_stop.map_err(|error| usage("--graceful-stop", error))?;
    let seed = whole("--seed", args.seed.as_deref(), 0..=u64::MAX)?;
    let output_len = lengths("--output-len", args.output_len.as_deref())?;
    let conversation = conversation(args, &dataset, endpoint.api)?;
    let is_random = matches!(dataset, Dataset::Random { .. });
    let knows_images = endpoint.api.takes_messages();
    let is_trace = matches!(dataset, Dataset::Trace(_));
    let knows_ignore_eos = endpoint.api.knows_ignore_eos();
    let (paths, outputs) = outputs(args, &mode)?;
    let bench = Bench {
        cancel: cancel(args)?,
        session_header: session_header(args.session_header.as_deref())?,
        endpoint,
        model: args.model.clone().unwrap_or_default(),
        load,
        amount,
        dataset,
        output_len: output_len.or_else(|| is_random.then(|| Lengths::fixed(LENGTH))),
        conversation,
        scores: scores.map(|(scores, _)| scores),
        images: images(args, knows_images)?,
        wording: None,
        seed: seed.unwrap_or_else(|| own_seed(&mode)),
        is_seed_given: seed.is_some(),
        // One for each server.
        warmup: warmup(args.warmup.as_deref())?
            .unwrap_or(Warmup::Requests(1 + others.len() as u64)),
        others,
        access: Access {
            bearer_env: args.bearer_env.clone(),
            key: key(args)?,
            headers: headers(&args.headers)?,
            insecure: args.insecure_skip_tls_verify,
        },
        extra: extra(args.extra_body.as_deref())?,
        goodput: goodput(&args.goodput)?,
        hardware: hardware(args)?,
        probe_rate: probe_rate(args)?,
        max_errors: max_errors(args.max_errors.as_deref())?,
        thresholds: thresholds(&args.thresholds)?,
        timeout: timeout.unwrap_or(TIMEOUT),
        graceful_stop: graceful_stop.or(timeout).unwrap_or(GRACEFUL_STOP),
        // The replies of a trace are as long as they were.
        ignore_eos: args.ignore_eos || is_trace && knows_ignore_eos,
        keep_requests: paths.aiperf.is_some(),
        keep_text: args.save_detailed,
    };
    if bench.probe_rate.is_some() && (bench.scores.is_some() || bench.conversation.is_some()) {
        let what = "a bystander asks what the load asks, and that has to be single questions";
        return Err(usage("--probe-rate", what));
    }
    check(&bench)?;
    Ok(Wanted {
        spare_key: spare_key(&bench),
        percentiles: percentiles(args.percentiles.as_deref(), &mode)?,
        save: (paths != SavePaths::default()).then_some(paths),
        outputs,
        lookup_timeout: timeout.unwrap_or(LOOKUP),
        workers: workers(args.workers.as_deref())?,
        graceful_stop,
        bench,
        mode,
    })
}

fn cancel(args: &Llm) -> Result<Option<Cancel>, Error> {
    let Some(text) = args.cancel.as_deref() else {
        return Ok(None);
    };
    let share = match text.strip_suffix('%') {
        Some(percent) => number(percent, 0.0..=100.0).map(|percent| percent / 100.0),
        None => number(text, 0.0..=1.0),
    };
    let share = share.ok_or_else(|| mistake("--cancel", text, "use a share such as 5% or 0.05"))?;
    let after = time("--cancel-after", args.cancel_after.as_deref())?;
    Ok(Some(Cancel {
        share,
        after: after.unwrap_or(CANCEL_AFTER),
    }))
}

/// A seed that no other run has, so that no server has its prompts in its cache. A script that is printed has the first one.
fn own_seed(mode: &Mode) -> u64 {
    match mode {
        Mode::Emit => 0,
        // Short enough to be typed.
        _ => RandomState::new().hash_one(()) >> 40,
    }
}

fn thresholds(texts: &[String]) -> Result<Vec<Goal>, Error> {
    let goal = |text: &String| {
        text.parse()
            .map_err(|error: String| usage("--threshold", error))
    };
    texts.iter().map(goal).collect()
}

/// The files of the result as other tools write theirs, and the outputs for samples.
fn outputs(args: &Llm, mode: &Mode) -> Result<(SavePaths, Vec<String>), Error> {
    let mut paths = SavePaths::default();
    let mut others = Vec::new();
    for text in &args.outputs {
        let (place, file, remedy) = match text.split_once('=') {
            Some(("vllm", file)) => (&mut paths.vllm, file, "use vllm=FILE"),
            Some(("aiperf", file)) => (&mut paths.aiperf, file, "use aiperf=FILE"),
            _ if crate::push::is_pushed(text) => continue,
            _ => {
                others.push(text.clone());
                continue;
            }
        };
        if file.is_empty() {
            return Err(mistake("--out", text, remedy));
        }
        if place.replace(PathBuf::from(file)).is_some() {
            let name = text.trim_end_matches(file);
            let what = format!("the result can be written to one {name}FILE only");
            return Err(usage("--out", what));
        }
    }
    if args.save_detailed && paths.vllm.is_none() {
        return Err(usage("--save-detailed", "it goes with -o vllm=FILE"));
    }
    if matches!(mode, Mode::Sweep(_) | Mode::FindMaxRate(..)) && !others.is_empty() {
        return Err(usage(
            "--out",
            "samples of one run only can be written; --save gives each run a file of its own",
        ));
    }
    Ok((paths, others))
}

fn mode(args: &Llm) -> Result<Mode, Error> {
    if let Some(text) = &args.sweep {
        let sweep = text
            .parse()
            .map_err(|error: String| usage("--sweep", error))?;
        return Ok(Mode::Sweep(sweep));
    }
    if let Some(text) = &args.find_max_rate {
        let goal = text
            .parse()
            .map_err(|error: String| usage("--find-max-rate", error))?;
        let start = rate("--rate", args.rate.as_deref())?.unwrap_or(1.0);
        return Ok(Mode::FindMaxRate(goal, start));
    }
    Ok(if args.emit_script {
        Mode::Emit
    } else {
        Mode::Once
    })
}

fn extra(text: Option<&str>) -> Result<Map<String, Value>, Error> {
    let object = serde_json::from_str(text.unwrap_or("{}"));
    object.map_err(|error| usage("--extra-body", format_args!("no JSON object: {error}")))
}

fn goodput(words: &[String]) -> Result<Option<Goodput>, Error> {
    if words.is_empty() {
        return Ok(None);
    }
    let goodput = words.join(" ").parse();
    goodput.map(Some).map_err(|error| usage("--goodput", error))
}

fn percentiles(text: Option<&str>, mode: &Mode) -> Result<Vec<f64>, Error> {
    let text = text.unwrap_or("90,99");
    let parse = |word: &str| number(word.trim().trim_start_matches('p'), 0.0..=100.0);
    let percentiles: Option<Vec<f64>> = text.split(',').map(parse).collect();
    let mut percentiles = percentiles.ok_or_else(|| {
        mistake(
            "--percentiles",
            text,
            "use numbers from 0 to 100, such as 90,99",
        )
    })?;
    if let Mode::FindMaxRate(goal, _) = mode {
        percentiles.extend(goal.percentiles());
    }
    percentiles.sort_by(f64::total_cmp);
    percentiles.dedup();
    Ok(percentiles)
}

fn rate(flag: &'static str, text: Option<&str>) -> Result<Option<f64>, Error> {
    let parse = |text| {
        number(text, 1e-3..=1e6)
            .ok_or_else(|| mistake(flag, text, "use requests per second, from 0.001 to 1000000"))
    };
    text.map(parse).transpose()
}

fn number(text: &str, range: RangeInclusive<f64>) -> Option<f64> {
    text.parse().ok().filter(|number| range.contains(number))
}

fn whole(
    flag: &'static str,
    text: Option<&str>,
    range: RangeInclusive<u64>,
) -> Result<Option<u64>, Error> {
    let Some(text) = text else { return Ok(None) };
    if let Some(number) = text.parse().ok().filter(|number| range.contains(number)) {
        return Ok(Some(number));
    }
    let (least, most) = range.into_inner();
    Err(Error::Usage(format!(
        "{flag} cannot be {text:?}: use a whole number from {least} to {most}"
    )))
}

fn time(flag: &'static str, text: Option<&str>) -> Result<Option<Duration>, Error> {
    let parse = |text| parse_duration(text).map_err(|error| usage(flag, error));
    match text.map(parse).transpose()? {
        Some(time) if time.is_zero() => Err(usage(flag, "it cannot be nothing: use 1s or more")),
        time => Ok(time),
    }
}

fn usage(flag: &str, what: impl std::fmt::Display) -> Error {
    Error::Usage(format!("{flag}: {what}"))
}

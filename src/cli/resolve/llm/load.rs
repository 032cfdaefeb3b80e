//! How requests come, and when the load is over.

use super::super::super::args::Llm;
use super::super::mistake;
use super::{DURATION, MOST, Mode, PROBE, number, rate, time, usage, whole};
use crate::app::llm::{Amount, Load, Step, Sweep};
use crate::error::Error;

pub(super) fn load(args: &Llm, mode: &Mode) -> Result<Load, Error> {
    let concurrency = whole("--concurrency", args.concurrency.as_deref(), 1..=MOST)?;
    let rate = match mode {
        Mode::FindMaxRate(_, start) => Some(*start),
        Mode::Sweep(Sweep(steps)) => steps.first().and_then(|step| match step {
            Step::Rate(rate) => Some(*rate),
            Step::Concurrency(_) => None,
        }),
        Mode::Emit | Mode::Once => rate("--rate", args.rate.as_deref())?,
    };
    let Some(rate) = rate else {
        for (flag, text) in [
            ("--burstiness", &args.burstiness),
            ("--max-concurrency", &args.max_concurrency),
        ] {
            if text.is_some() {
                return Err(usage(
                    flag,
                    "it belongs to a load at a rate: give --rate as well",
                ));
            }
        }
        return Ok(Load::Concurrency(concurrency.unwrap_or(Load::CONCURRENCY)));
    };
    let max_concurrency = max_concurrency(args)?;
    let burstiness = match args.burstiness.as_deref() {
        None => 1.0,
        Some(text) => number(text, f64::MIN..=f64::MAX)
            .ok_or_else(|| mistake("--burstiness", text, "use a number; 1 is a Poisson process"))?,
    };
    Ok(Load::Rate {
        rate,
        burstiness,
        max_concurrency,
    })
}

pub(super) fn max_concurrency(args: &Llm) -> Result<u64, Error> {
    let given = args.max_concurrency.as_deref();
    let given = whole("--max-concurrency", given, 1..=MOST)?;
    Ok(given.unwrap_or(Load::MAX_CONCURRENCY))
}

pub(super) fn amount(args: &Llm, mode: &Mode) -> Result<Amount, Error> {
    let requests = whole(
        "--num-prompts",
        args.num_prompts.as_deref(),
        1..=MOST * 1000,
    )?;
    let duration = time("--duration", args.duration.as_deref())?;
    let default = match mode {
        // A probe never takes longer, however many requests it is to have.
        Mode::FindMaxRate(..) => Some(PROBE),
        // A trace has an end of its own.
        _ => (requests.is_none() && args.trace.is_none()).then_some(DURATION),
    };
    Ok(Amount {
        requests,
        duration: duration.or(default),
    })
}

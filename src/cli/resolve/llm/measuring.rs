//! Flags of `ssel llm` about what is measured beside the load, when it is given up, and what it costs.

use super::super::super::args::Llm;
use super::super::mistake;
use super::{MOST, number, rate, usage, whole};
use crate::app::llm::{MaxErrors, Warmup};
use crate::error::Error;
use crate::llm::Hardware;
use crate::units::parse_duration;

/// The rate of a bystander. It needs to know when the load is over.
pub(super) fn probe_rate(args: &Llm) -> Result<Option<f64>, Error> {
    let probe = rate("--probe-rate", args.probe_rate.as_deref())?;
    if probe.is_some() && args.num_prompts.is_some() && args.duration.is_none() {
        let what = "a load of so many requests has no end that is known: give --duration as well";
        return Err(usage("--probe-rate", what));
    }
    Ok(probe)
}

pub(super) fn max_errors(text: Option<&str>) -> Result<Option<MaxErrors>, Error> {
    let Some(text) = text else { return Ok(None) };
    let limit = match text.strip_suffix('%') {
        Some(percent) => {
            number(percent, 0.0..=100.0).map(|percent| MaxErrors::Share(percent / 100.0))
        }
        None => text.parse().ok().map(MaxErrors::Count),
    };
    let remedy = "use a number of requests, or a share such as 5%";
    limit
        .map(Some)
        .ok_or_else(|| mistake("--max-errors", text, remedy))
}

/// A number of requests, or a time with its unit.
pub(super) fn warmup(text: Option<&str>) -> Result<Option<Warmup>, Error> {
    let Some(text) = text else { return Ok(None) };
    let number = text
        .parse()
        .ok()
        .filter(|number| (0..=MOST).contains(number));
    let time = || {
        let time = parse_duration(text).ok().filter(|time| !time.is_zero());
        time.map(Warmup::Time)
    };
    number
        .map(Warmup::Requests)
        .or_else(time)
        .map(Some)
        .ok_or_else(|| {
            let remedy = "use a number of requests up to 1000000, or a time such as 10s";
            mistake("--warmup", text, remedy)
        })
}

/// What the server runs on.
pub(super) fn hardware(args: &Llm) -> Result<Option<Hardware>, Error> {
    let amount = |flag, text: Option<&str>| {
        let parse = |text| {
            number(text, 0.0..=1e9).ok_or_else(|| mistake(flag, text, "use a number, such as 2.5"))
        };
        text.map(parse).transpose()
    };
    let Some(gpus) = whole("--gpus", args.gpus.as_deref(), 1..=MOST)? else {
        return Ok(None);
    };
    Ok(Some(Hardware {
        gpus,
        price: amount("--price", args.price.as_deref())?,
        power: amount("--power", args.power.as_deref())?,
    }))
}

//! Reads the keys of the two arrival-rate executors.

use std::time::Duration;

use super::field::{Field, OptionTable};
use super::problem::{OptionProblem, ProblemKind};
use super::scenario::{MAX_VUS, MIN_DURATION};
use super::values::MAX_WHOLE;
use super::{Executor, Scenario, StartOptions, VuPool, executors, stages};
use crate::load::{Burstiness, RampStage, Spacing, StartRate};
use crate::units::MAX_DURATION;

/// Reads `constant-arrival-rate`.
pub(super) fn constant(table: &OptionTable<'_>, arrival: Spacing) -> Option<Executor> {
    let rate = table.require(
        "rate",
        "set the number of iterations that start per time_unit",
        rate,
    );
    // With a number of iterations, the duration is an optional limit.
    let duration = match (table.get("duration"), table.get("iterations")) {
        (None, Some(_)) => None,
        _ => Some(executors::duration(table)),
    };
    let (time_unit, starts) = common(table, arrival)?;
    let rate = rate?;
    Some(Executor::ConstantArrivalRate {
        rate,
        time_unit,
        duration: duration.unwrap_or_else(|| Some(ample(rate, time_unit, &starts)))?,
        starts,
    })
}

/// Reads `ramping-arrival-rate`.
pub(super) fn ramping(table: &OptionTable<'_>, arrival: Spacing) -> Option<Executor> {
    let start_rate = table.read("start_rate", Field::rate).unwrap_or_default();
    let stages = table.require_field("stages", executors::STAGES);
    let stages = stages.and_then(|field| rate_stages(&field, start_rate));
    let (time_unit, starts) = common(table, arrival)?;
    Some(Executor::RampingArrivalRate {
        start_rate,
        time_unit,
        stages: stages?,
        starts,
    })
}

/// How starts are spaced, without their burstiness.
pub(super) fn arrival(field: &Field<'_>) -> Result<Spacing, OptionProblem> {
    field.one_of(&Spacing::ALL.map(|arrival| (arrival.name(), arrival)))
}

/// The keys of both: the time unit of the rate, and the options of starts.
fn common(table: &OptionTable<'_>, arrival: Spacing) -> Option<(Duration, StartOptions)> {
    let time_unit = table.read("time_unit", |field| {
        field.duration_from(Duration::from_millis(1))
    });
    let vus = vus(table);
    let iterations = table.read("iterations", |field| field.whole(1..=MAX_WHOLE));
    let arrival = spread(table, arrival);
    let starts = StartOptions {
        vus: vus?,
        arrival: arrival?,
        iterations,
    };
    Some((time_unit.unwrap_or(Duration::from_secs(1)), starts))
}

/// A limit that random starts do not reach, plus the time that other executors allow for iterations.
fn ample(rate: StartRate, time_unit: Duration, options: &StartOptions) -> Duration {
    let gap = time_unit.as_secs_f64() / rate.get();
    let starts = options.arrival.ample(options.iterations.unwrap_or(1)) * gap;
    Duration::try_from_secs_f64(starts)
        .unwrap_or(MAX_DURATION)
        .saturating_add(Scenario::MAX_DURATION)
        .clamp(MIN_DURATION, MAX_DURATION)
}

/// Reads the VUs of planned starts.
pub(super) fn vus(table: &OptionTable<'_>) -> Option<VuPool> {
    let number = |field: &Field<'_>| field.whole(0..=MAX_VUS);
    let hint = "set the number of VUs to create before the start";
    let pre_allocated_vus = table.require("pre_allocated_vus", hint, number);
    let max_vus = table.read("max_vus", |field| {
        let at_first = pre_allocated_vus.unwrap_or(0);
        let max_vus = number(field)?;
        if max_vus < at_first {
            let advice = format!("use at least {at_first}, as many as `pre_allocated_vus`");
            return Err(field.wrong(ProblemKind::OutOfRange, advice));
        }
        if max_vus == 0 {
            return Err(field.wrong(ProblemKind::OutOfRange, "use 1 or more"));
        }
        Ok(max_vus)
    });
    let pre_allocated_vus = pre_allocated_vus?;
    if pre_allocated_vus == 0 && table.get("max_vus").is_none() {
        table.read("pre_allocated_vus", |field| -> Result<(), _> {
            Err(field.wrong(
                ProblemKind::OutOfRange,
                "use 1 or more, or set `max_vus` too",
            ))
        });
    }
    Some(VuPool {
        pre_allocated_vus,
        max_vus: max_vus.unwrap_or(pre_allocated_vus),
    })
}

/// How starts are spaced, with their burstiness; `default` unless the scenario sets it.
fn spread(table: &OptionTable<'_>, default: Spacing) -> Option<Spacing> {
    let arrival = match table.get("arrival") {
        Some(field) => field.check(arrival(&field))?,
        None => default,
    };
    let Some(field) = table.get("burstiness") else {
        return Some(arrival);
    };
    let shape = field.check(burstiness(&field))?;
    if arrival == Spacing::Uniform {
        let text = "it applies to random starts, but `arrival` is \"uniform\": \
                    set `arrival` to \"poisson\", or remove `burstiness`";
        field.complain(field.fault(text));
        return None;
    }
    Some(Spacing::Random(shape))
}

fn burstiness(field: &Field<'_>) -> Result<Burstiness, OptionProblem> {
    let (min, max) = (Burstiness::MIN.get(), Burstiness::MAX.get());
    let advice = format!("use a number from {min} to {max}; 1 is a Poisson process");
    field.number(&advice, Burstiness::new)
}

fn rate(field: &Field<'_>) -> Result<StartRate, OptionProblem> {
    let rate = field.rate()?;
    if rate.is_zero() {
        return Err(field.wrong(ProblemKind::OutOfRange, "use a number above 0"));
    }
    Ok(rate)
}

fn rate_stages(field: &Field<'_>, start_rate: StartRate) -> Option<Vec<RampStage<StartRate>>> {
    let stages = stages::read(field, |target: &Field<'_>| target.rate())?;
    if start_rate.is_zero() && stages.iter().all(|stage| stage.target.is_zero()) {
        field.complain(field.fault("the rate is always 0: give a stage a target above 0"));
    }
    Some(stages)
}

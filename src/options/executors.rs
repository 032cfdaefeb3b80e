//! Reads the keys of an executor.

use std::time::Duration;

use super::field::{Field, OptionTable};
use super::problem::{OptionProblem, ProblemKind};
use super::scenario::{MAX_VUS, MIN_DURATION};
use super::values::MAX_WHOLE;
use super::{Executor, IterationBudget, Scenario, arrival_rates, replay, stages};
use crate::load::{RampStage, Spacing};

/// An executor in options.
pub(super) struct ExecutorKind {
    pub(super) name: &'static str,
    /// Its keys, separated by blanks.
    keys: &'static str,
    /// Reads it, and records all problems; the argument is the default of `arrival`.
    pub(super) read: fn(&OptionTable<'_>, Spacing) -> Option<Executor>,
}

impl ExecutorKind {
    /// Its keys besides those of every scenario.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.split(' ')
    }
}

/// All executors.
pub(super) const KINDS: &[ExecutorKind] = &[
    ExecutorKind {
        name: "constant-vus",
        keys: "vus duration",
        read: |table, _| constant_vus(table),
    },
    ExecutorKind {
        name: "ramping-vus",
        keys: "start_vus stages graceful_ramp_down",
        read: |table, _| ramping_vus(table),
    },
    ExecutorKind {
        name: "shared-iterations",
        keys: "vus iterations max_duration",
        read: |table, _| Some(shared_iterations(table, "max_duration")),
    },
    ExecutorKind {
        name: "per-vu-iterations",
        keys: "vus iterations max_duration",
        read: |table, _| Some(per_vu_iterations(table)),
    },
    ExecutorKind {
        name: "constant-arrival-rate",
        keys: "rate time_unit duration pre_allocated_vus max_vus arrival burstiness iterations",
        read: arrival_rates::constant,
    },
    ExecutorKind {
        name: "ramping-arrival-rate",
        keys: "start_rate time_unit stages pre_allocated_vus max_vus arrival burstiness iterations",
        read: arrival_rates::ramping,
    },
    ExecutorKind {
        name: "replay",
        keys: "data speed duration iterations pre_allocated_vus max_vus",
        read: |table, _| replay::read(table),
    },
];

/// The names of all executors.
pub(super) fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// Reads `constant-vus`.
pub(super) fn constant_vus(table: &OptionTable<'_>) -> Option<Executor> {
    let (vus, duration) = (table.read("vus", vus), duration(table));
    Some(Executor::ConstantVus {
        vus: vus.unwrap_or(1),
        duration: duration?,
    })
}

fn ramping_vus(table: &OptionTable<'_>) -> Option<Executor> {
    let start_vus = table
        .read("start_vus", |field| field.whole(0..=MAX_VUS))
        .unwrap_or(1);
    let graceful_ramp_down = table.read("graceful_ramp_down", Field::duration);
    let stages = vu_stages(&table.require_field("stages", STAGES)?, start_vus)?;
    Some(Executor::RampingVus {
        start_vus,
        stages,
        graceful_ramp_down: graceful_ramp_down.unwrap_or(Scenario::GRACEFUL_STOP),
    })
}

/// Reads `shared-iterations`, with the time limit in the key `max_duration`. Each VU must get an iteration.
pub(super) fn shared_iterations(table: &OptionTable<'_>, max_duration: &str) -> Executor {
    let budget = budget(table, max_duration);
    enough_for_all(table, budget.iterations, budget.vus);
    Executor::SharedIterations(budget)
}

fn per_vu_iterations(table: &OptionTable<'_>) -> Executor {
    let budget = budget(table, "max_duration");
    let total = budget.iterations.checked_mul(budget.vus);
    if total.is_none_or(|total| total > MAX_WHOLE)
        && let Some(field) = table.get("iterations")
    {
        let vus = budget.vus;
        let advice = format!("times `vus`, which is {vus}, it may be at most {MAX_WHOLE}");
        field.complain(field.wrong(ProblemKind::OutOfRange, advice));
    }
    Executor::PerVuIterations(budget)
}

pub(super) const STAGES: &str = r#"give it stages such as { { duration = "30s", target = 10 } }"#;

fn budget(table: &OptionTable<'_>, max_duration: &str) -> IterationBudget {
    let iterations = table.read("iterations", |field| field.whole(1..=MAX_WHOLE));
    let max_duration = table.read(max_duration, |field| field.duration_from(MIN_DURATION));
    IterationBudget {
        vus: table.read("vus", vus).unwrap_or(1),
        iterations: iterations.unwrap_or(1),
        max_duration: max_duration.unwrap_or(Scenario::MAX_DURATION),
    }
}

pub(super) fn vus(field: &Field<'_>) -> Result<u64, OptionProblem> {
    field.whole(1..=MAX_VUS)
}

/// Stages that begin at `start_vus`.
pub(super) fn vu_stages(field: &Field<'_>, start_vus: u64) -> Option<Vec<RampStage<u64>>> {
    let stages = stages::read(field, |target| target.whole(0..=MAX_VUS))?;
    if start_vus == 0 && stages.iter().all(|stage| stage.target == 0) {
        field.complain(field.fault("the number of VUs is always 0: give a stage a target above 0"));
    }
    Some(stages)
}

/// Records a problem if there are fewer iterations to share than VUs.
fn enough_for_all(table: &OptionTable<'_>, iterations: u64, vus: u64) {
    let Some(vus_field) = table.get("vus").filter(|_| iterations < vus) else {
        return;
    };
    let problem = match table.get("iterations") {
        Some(field) => {
            let advice = format!(
                "`{}` is {vus} ({}), so share at least {vus} iterations, or have fewer VUs",
                vus_field.name, vus_field.origin
            );
            field.wrong(ProblemKind::OutOfRange, advice)
        }
        None => vus_field.wrong(
            ProblemKind::OutOfRange,
            "set `iterations` to as many or more",
        ),
    };
    table.complain(problem);
}

pub(super) fn duration(table: &OptionTable<'_>) -> Option<Duration> {
    let hint = "set the duration, as in \"30s\"";
    table.require("duration", hint, |field| field.duration_from(MIN_DURATION))
}

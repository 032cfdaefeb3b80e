//! Reads the keys of an executor.

use std::time::Duration;

use super::item::{Item, Table};
use super::problem::{Problem, ProblemKind};
use super::scenario::{MAX_VUS, MIN_DURATION};
use super::values::MAX_WHOLE;
use super::{Executor, Scenario, arrival_rates, replay, stages};
use crate::load::{Arrival, Stage};

/// Reads the executor called `name`. What is wrong is told all at once.
pub(super) fn read(name: &str, table: &Table<'_>, arrival: Arrival) -> Option<Executor> {
    match name {
        "constant-vus" => {
            let (vus, duration) = (table.read("vus", vus), duration(table));
            Some(Executor::ConstantVus {
                vus: vus.unwrap_or(1),
                duration: duration?,
            })
        }
        "ramping-vus" => {
            let start_vus = table
                .read("start_vus", |item| item.whole(0..=MAX_VUS))
                .unwrap_or(1);
            let graceful_ramp_down = table.read("graceful_ramp_down", Item::duration);
            let stages = vu_stages(&table.require_item("stages", STAGES)?, start_vus)?;
            let graceful_ramp_down = graceful_ramp_down.unwrap_or(Scenario::GRACEFUL_STOP);
            Some(Executor::RampingVus {
                start_vus,
                stages,
                graceful_ramp_down,
            })
        }
        "shared-iterations" => {
            let Budget {
                vus,
                iterations,
                max_duration,
            } = Budget::read(table, "max_duration");
            enough_for_all(table, iterations, vus);
            Some(Executor::SharedIterations {
                vus,
                iterations,
                max_duration,
            })
        }
        "per-vu-iterations" => {
            let Budget {
                vus,
                iterations,
                max_duration,
            } = Budget::read(table, "max_duration");
            if iterations
                .checked_mul(vus)
                .is_none_or(|total| total > MAX_WHOLE)
                && let Some(item) = table.get("iterations")
            {
                let advice = format!("times `vus`, which is {vus}, it may be at most {MAX_WHOLE}");
                item.complain(item.wrong(ProblemKind::OutOfRange, advice));
            }
            Some(Executor::PerVuIterations {
                vus,
                iterations,
                max_duration,
            })
        }
        "constant-arrival-rate" => arrival_rates::constant(table, arrival),
        "replay" => replay::read(table),
        _ => arrival_rates::ramping(table, arrival),
    }
}

pub(super) const STAGES: &str = r#"give it stages such as { { duration = "30s", target = 10 } }"#;

/// What both executors with a fixed number of iterations have.
pub(super) struct Budget {
    pub(super) vus: u64,
    pub(super) iterations: u64,
    pub(super) max_duration: Duration,
}

impl Budget {
    pub(super) fn read(table: &Table<'_>, max_duration: &str) -> Self {
        let iterations = table.read("iterations", |item| item.whole(1..=MAX_WHOLE));
        let max_duration = table.read(max_duration, |item| item.duration_from(MIN_DURATION));
        Self {
            vus: table.read("vus", vus).unwrap_or(1),
            iterations: iterations.unwrap_or(1),
            max_duration: max_duration.unwrap_or(Scenario::MAX_DURATION),
        }
    }
}

pub(super) fn vus(item: &Item<'_>) -> Result<u64, Problem> {
    item.whole(1..=MAX_VUS)
}

/// Stages of VUs that follow `start_vus`.
pub(super) fn vu_stages(item: &Item<'_>, start_vus: u64) -> Option<Vec<Stage<u64>>> {
    let stages = stages::read(item, |target| target.whole(0..=MAX_VUS))?;
    if start_vus == 0 && stages.iter().all(|stage| stage.target == 0) {
        item.complain(item.fault("there are 0 VUs all along: give a stage a target above 0"));
    }
    Some(stages)
}

/// Complains if there are fewer iterations to share than VUs.
pub(super) fn enough_for_all(table: &Table<'_>, iterations: u64, vus: u64) {
    let Some(vus_item) = table.get("vus").filter(|_| iterations < vus) else {
        return;
    };
    let problem = match table.get("iterations") {
        Some(item) => {
            let advice = format!(
                "`{}` is {vus} ({}), so share at least {vus} iterations, or have fewer VUs",
                vus_item.name, vus_item.origin
            );
            item.wrong(ProblemKind::OutOfRange, advice)
        }
        None => vus_item.wrong(
            ProblemKind::OutOfRange,
            "set `iterations` to as many or more",
        ),
    };
    table.complain(problem);
}

pub(super) fn duration(table: &Table<'_>) -> Option<Duration> {
    let hint = "say for how long, as in \"30s\"";
    table.require("duration", hint, |item| item.duration_from(MIN_DURATION))
}

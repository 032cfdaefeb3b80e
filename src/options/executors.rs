//! Reads the keys of an executor.

use std::time::Duration;

use super::field::{Field, Table};
use super::problem::{Problem, ProblemKind};
use super::scenario::{MAX_VUS, MIN_DURATION};
use super::values::MAX_WHOLE;
use super::{Executor, Scenario, arrival_rates, replay, stages};
use crate::load::{Arrival, Stage};

/// An executor in options: its name, its keys, and how they are read.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) keys: &'static [&'static str],
    pub(super) read: Read,
}

type Read = fn(&Table<'_>, Arrival) -> Option<Executor>;

const fn kind(name: &'static str, keys: &'static [&'static str], read: Read) -> Kind {
    Kind { name, keys, read }
}

/// All executors. Reading one records all its problems.
pub(super) const KINDS: &[Kind] = &[
    kind("constant-vus", &["vus", "duration"], constant_vus),
    kind(
        "ramping-vus",
        &["start_vus", "stages", "graceful_ramp_down"],
        ramping_vus,
    ),
    kind(
        "shared-iterations",
        &["vus", "iterations", "max_duration"],
        shared_iterations,
    ),
    kind(
        "per-vu-iterations",
        &["vus", "iterations", "max_duration"],
        per_vu_iterations,
    ),
    kind(
        "constant-arrival-rate",
        &[
            "rate",
            "time_unit",
            "duration",
            "pre_allocated_vus",
            "max_vus",
            "arrival",
            "burstiness",
            "iterations",
        ],
        arrival_rates::constant,
    ),
    kind(
        "ramping-arrival-rate",
        &[
            "start_rate",
            "time_unit",
            "stages",
            "pre_allocated_vus",
            "max_vus",
            "arrival",
            "burstiness",
            "iterations",
        ],
        arrival_rates::ramping,
    ),
    kind(
        "replay",
        &[
            "data",
            "speed",
            "duration",
            "iterations",
            "pre_allocated_vus",
            "max_vus",
        ],
        |table, _| replay::read(table),
    ),
];

/// The names of all executors.
pub(super) fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

fn constant_vus(table: &Table<'_>, _: Arrival) -> Option<Executor> {
    let (vus, duration) = (table.read("vus", vus), duration(table));
    Some(Executor::ConstantVus {
        vus: vus.unwrap_or(1),
        duration: duration?,
    })
}

fn ramping_vus(table: &Table<'_>, _: Arrival) -> Option<Executor> {
    let start_vus = table
        .read("start_vus", |field| field.whole(0..=MAX_VUS))
        .unwrap_or(1);
    let graceful_ramp_down = table.read("graceful_ramp_down", Field::duration);
    let stages = vu_stages(&table.require_field("stages", STAGES)?, start_vus)?;
    let graceful_ramp_down = graceful_ramp_down.unwrap_or(Scenario::GRACEFUL_STOP);
    Some(Executor::RampingVus {
        start_vus,
        stages,
        graceful_ramp_down,
    })
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all executors are read by functions of one type"
)]
fn shared_iterations(table: &Table<'_>, _: Arrival) -> Option<Executor> {
    Some(Budget::read(table, "max_duration").shared(table))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "all executors are read by functions of one type"
)]
fn per_vu_iterations(table: &Table<'_>, _: Arrival) -> Option<Executor> {
    let Budget {
        vus,
        iterations,
        max_duration,
    } = Budget::read(table, "max_duration");
    if iterations
        .checked_mul(vus)
        .is_none_or(|total| total > MAX_WHOLE)
        && let Some(field) = table.get("iterations")
    {
        let advice = format!("times `vus`, which is {vus}, it may be at most {MAX_WHOLE}");
        field.complain(field.wrong(ProblemKind::OutOfRange, advice));
    }
    Some(Executor::PerVuIterations {
        vus,
        iterations,
        max_duration,
    })
}

pub(super) const STAGES: &str = r#"give it stages such as { { duration = "30s", target = 10 } }"#;

/// The keys of both executors with a fixed number of iterations.
pub(super) struct Budget {
    vus: u64,
    iterations: u64,
    max_duration: Duration,
}

impl Budget {
    pub(super) fn read(table: &Table<'_>, max_duration: &str) -> Self {
        let iterations = table.read("iterations", |field| field.whole(1..=MAX_WHOLE));
        let max_duration = table.read(max_duration, |field| field.duration_from(MIN_DURATION));
        Self {
            vus: table.read("vus", vus).unwrap_or(1),
            iterations: iterations.unwrap_or(1),
            max_duration: max_duration.unwrap_or(Scenario::MAX_DURATION),
        }
    }

    /// The executor that shares the iterations among the VUs, of which each must get one.
    pub(super) fn shared(self, table: &Table<'_>) -> Executor {
        let Self {
            vus,
            iterations,
            max_duration,
        } = self;
        enough_for_all(table, iterations, vus);
        Executor::SharedIterations {
            vus,
            iterations,
            max_duration,
        }
    }
}

pub(super) fn vus(field: &Field<'_>) -> Result<u64, Problem> {
    field.whole(1..=MAX_VUS)
}

/// Stages that begin at `start_vus`.
pub(super) fn vu_stages(field: &Field<'_>, start_vus: u64) -> Option<Vec<Stage<u64>>> {
    let stages = stages::read(field, |target| target.whole(0..=MAX_VUS))?;
    if start_vus == 0 && stages.iter().all(|stage| stage.target == 0) {
        field.complain(field.fault("the number of VUs is always 0: give a stage a target above 0"));
    }
    Some(stages)
}

/// Records a problem if there are fewer iterations to share than VUs.
fn enough_for_all(table: &Table<'_>, iterations: u64, vus: u64) {
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

pub(super) fn duration(table: &Table<'_>) -> Option<Duration> {
    let hint = "set the duration, as in \"30s\"";
    table.require("duration", hint, |field| field.duration_from(MIN_DURATION))
}

//! Loads without a scenario: `vus`, `duration`, `iterations` and `stages`.

use std::time::Duration;

use super::executors::{Budget, vu_stages, vus};
use super::field::{Field, Table};
use super::problem::{Problem, ProblemKind};
use super::scenario::MIN_DURATION;
use super::scenarios::ScenarioDefaults;
use super::{Executor, Scenario, scenarios};

/// The scenarios of a run: those of `scenarios`, or the one that the short options describe.
///
/// ```text
/// iterations [duration]  shared-iterations, with the duration as its limit
/// duration               constant-vus
/// stages                 ramping-vus, starting with `vus`
/// vus                    shared-iterations, one for each VU
/// nothing                one iteration of one VU
/// ```
pub(super) fn read(root: &Table<'_>, defaults: &ScenarioDefaults) -> Option<Vec<Scenario>> {
    refuse_conflicts(root);
    if let Some(field) = root.get("scenarios") {
        return scenarios::read(&field, defaults);
    }
    let scenario = Scenario::unnamed(short(root)?);
    Some(vec![Scenario {
        graceful_stop: defaults.graceful_stop.unwrap_or(scenario.graceful_stop),
        ..scenario
    }])
}

fn short(root: &Table<'_>) -> Option<Executor> {
    if root.get("iterations").is_some() {
        return Some(Budget::read(root, "duration").shared(root));
    }
    let vus = root.read("vus", vus);
    if root.get("duration").is_some() {
        let duration: Duration =
            root.read("duration", |field| field.duration_from(MIN_DURATION))?;
        return Some(Executor::ConstantVus {
            vus: vus.unwrap_or(1),
            duration,
        });
    }
    if let Some(field) = root.get("stages") {
        let start_vus = vus.unwrap_or(1);
        let graceful_ramp_down = Scenario::GRACEFUL_STOP;
        let stages = vu_stages(&field, start_vus)?;
        return Some(Executor::RampingVus {
            start_vus,
            stages,
            graceful_ramp_down,
        });
    }
    let max_duration = Scenario::MAX_DURATION;
    Some(match vus {
        Some(vus) => Executor::SharedIterations {
            vus,
            iterations: vus,
            max_duration,
        },
        None => Executor::PerVuIterations {
            vus: 1,
            iterations: 1,
            max_duration,
        },
    })
}

fn refuse_conflicts(root: &Table<'_>) {
    let pairs = [
        ("iterations", "stages"),
        ("duration", "stages"),
        ("iterations", "scenarios"),
        ("duration", "scenarios"),
        ("stages", "scenarios"),
    ];
    for (one, other) in pairs {
        if let (Some(one), Some(other)) = (root.get(one), root.get(other)) {
            let advice = "remove one of them";
            root.complain(conflict(&one, &other, advice));
        }
    }
    // A config file may set `vus` as a default for scripts without scenarios. In the same place as `scenarios` or a higher
    // one, `vus` would have no effect.
    if let (Some(vus), Some(scenarios)) = (root.get("vus"), root.get("scenarios"))
        && vus.origin.tier() >= scenarios.origin.tier()
    {
        root.complain(conflict(
            &vus,
            &scenarios,
            "set the number of VUs inside a scenario",
        ));
    }
}

fn conflict(one: &Field<'_>, other: &Field<'_>, advice: &str) -> Problem {
    let message = format!(
        "`{}` ({}) and `{}` ({}) cannot be used together: {advice}",
        one.name, one.origin, other.name, other.origin
    );
    Problem::new(
        ProblemKind::Conflict,
        &one.name,
        Some(one.origin.clone()),
        message,
    )
}

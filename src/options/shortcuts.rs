//! Loads without a scenario: `vus`, `duration`, `iterations` and `stages`.

use super::executors::{constant_vus, shared_iterations, vu_stages, vus};
use super::field::{Field, OptionTable};
use super::problem::{OptionProblem, ProblemKind};
use super::scenarios::ScenarioDefaults;
use super::{Executor, IterationBudget, Scenario, scenarios};

/// The scenarios of a run: those of `scenarios`, or the one that the short options describe.
///
/// ```text
/// iterations [duration]  shared-iterations, with the duration as its limit
/// duration               constant-vus
/// stages                 ramping-vus, starting with `vus`
/// vus                    shared-iterations, one for each VU
/// nothing                one iteration of one VU
/// ```
pub(super) fn read(root: &OptionTable<'_>, defaults: &ScenarioDefaults) -> Option<Vec<Scenario>> {
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

fn short(root: &OptionTable<'_>) -> Option<Executor> {
    if root.get("iterations").is_some() {
        return Some(shared_iterations(root, "duration"));
    }
    if root.get("duration").is_some() {
        return constant_vus(root);
    }
    let vus = root.read("vus", vus);
    if let Some(field) = root.get("stages") {
        let start_vus = vus.unwrap_or(1);
        return Some(Executor::RampingVus {
            start_vus,
            stages: vu_stages(&field, start_vus)?,
            graceful_ramp_down: Scenario::GRACEFUL_STOP,
        });
    }
    Some(vus.map_or_else(Executor::once, |vus| {
        Executor::SharedIterations(IterationBudget {
            vus,
            iterations: vus,
            max_duration: Scenario::MAX_DURATION,
        })
    }))
}

fn refuse_conflicts(root: &OptionTable<'_>) {
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

fn conflict(one: &Field<'_>, other: &Field<'_>, advice: &str) -> OptionProblem {
    let message = format!(
        "`{}` ({}) and `{}` ({}) cannot be used together: {advice}",
        one.name, one.origin, other.name, other.origin
    );
    OptionProblem::new(ProblemKind::Conflict, &one.name, one.origin, message)
}

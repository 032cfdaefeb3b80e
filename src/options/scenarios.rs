//! Reading the table `scenarios`.

use super::item::{Item, Table};
use super::problem::{Problem, ProblemKind};
use super::{Executor, Scenario, executors};
use crate::load::Arrival;
use crate::units;

/// The keys of every scenario.
const COMMON: [&str; 6] = [
    "executor",
    "exec",
    "start_time",
    "graceful_stop",
    "env",
    "tags",
];

/// Executors and the keys of their own.
const OWN: [(&str, &[&str]); 6] = [
    ("constant-vus", &["vus", "duration"]),
    (
        "ramping-vus",
        &["start_vus", "stages", "graceful_ramp_down"],
    ),
    ("shared-iterations", &["vus", "iterations", "max_duration"]),
    ("per-vu-iterations", &["vus", "iterations", "max_duration"]),
    (
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
    ),
    (
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
    ),
];

/// Reads the table of scenarios, in the order they start. `arrival` is what they use unless they say otherwise.
pub(super) fn read(item: &Item<'_>, arrival: Arrival) -> Option<Vec<Scenario>> {
    let advice = "use a table of at least one scenario by name, \
                  such as { chat = { executor = \"constant-vus\", duration = \"30s\" } }";
    let table = item.check(item.table(advice))?;
    let scenarios: Vec<_> = table
        .items()
        .map(|(name, item)| scenario(name, &item, arrival))
        .collect();
    if scenarios.is_empty() {
        item.complain(item.wrong(ProblemKind::OutOfRange, advice));
    }
    let mut scenarios: Vec<_> = scenarios.into_iter().collect::<Option<_>>()?;
    // A Lua table has no order of its own.
    scenarios.sort_by(|a: &Scenario, b| (a.start_time, &a.name).cmp(&(b.start_time, &b.name)));
    Some(scenarios)
}

fn scenario(name: &str, item: &Item<'_>, arrival: Arrival) -> Option<Scenario> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        let text = "a scenario's name is made of letters, digits, _ and -: rename it";
        item.complain(item.fault(text));
    }
    let table = item.check(
        item.table("use a table such as { executor = \"constant-vus\", duration = \"30s\" }"),
    )?;
    let hint = format!("name one of {}", Executor::NAMES.join(", "));
    let kind = table.require("executor", &hint, kind)?;
    refuse_unknown(&table, kind);

    let exec = table
        .read("exec", Item::word)
        .unwrap_or("default")
        .to_owned();
    let start_time = table.read("start_time", Item::duration).unwrap_or_default();
    let graceful_stop = table
        .read("graceful_stop", Item::duration)
        .unwrap_or(Scenario::GRACEFUL_STOP);
    let env = table.read("env", Item::pairs).unwrap_or_default();
    let tags = table.read("tags", Item::pairs).unwrap_or_default();
    let executor = executors::read(kind, &table, arrival)?;
    Some(Scenario {
        name: name.to_owned(),
        executor,
        exec,
        start_time,
        graceful_stop,
        env,
        tags,
    })
}

fn kind(item: &Item<'_>) -> Result<&'static str, Problem> {
    let text = item.text()?;
    let found = Executor::NAMES.into_iter().find(|name| *name == text);
    found.ok_or_else(|| {
        let advice = match units::nearest(text, Executor::NAMES) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => format!("use one of {}", Executor::NAMES.join(", ")),
        };
        item.wrong(ProblemKind::InvalidValue, advice)
    })
}

fn refuse_unknown(table: &Table<'_>, executor: &str) {
    let own = OWN
        .iter()
        .find(|(name, _)| *name == executor)
        .map_or(&[][..], |(_, keys)| keys);
    let known: Vec<_> = COMMON.iter().chain(own).copied().collect();
    table.refuse_unknown(&known, |key| {
        let owners: Vec<_> = OWN
            .iter()
            .filter(|(_, keys)| keys.contains(&key))
            .map(|(name, _)| *name)
            .collect();
        (!owners.is_empty()).then(|| {
            format!(
                "it belongs to {}, and this is a {executor} scenario",
                owners.join(" and ")
            )
        })
    });
}

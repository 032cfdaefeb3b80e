//! Reads the table `scenarios`.

use std::time::Duration;

use super::item::{Item, Table};
use super::problem::{Problem, ProblemKind};
use super::{Executor, Scenario, arrival_rates, executors};
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
const OWN: [(&str, &[&str]); 7] = [
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
    (
        "replay",
        &[
            "data",
            "speed",
            "duration",
            "iterations",
            "pre_allocated_vus",
            "max_vus",
        ],
    ),
];

/// What the options of the top level say about every scenario.
pub(super) struct OfAll {
    arrival: Arrival,
    pub(super) graceful_stop: Option<Duration>,
    /// Whether `graceful_stop` overrides that of scenarios: it is from a higher layer.
    graceful_stop_wins: bool,
}

impl OfAll {
    pub(super) fn read(root: &Table<'_>) -> Self {
        let tier = |key| root.get(key).map(|item| item.origin.tier());
        Self {
            arrival: root
                .read("arrival", arrival_rates::arrival)
                .unwrap_or_default(),
            graceful_stop: root.read("graceful_stop", Item::duration),
            graceful_stop_wins: tier("graceful_stop") > tier("scenarios"),
        }
    }

    /// That of a scenario which says `own`.
    fn graceful_stop(&self, own: Option<Duration>) -> Duration {
        let own = own.filter(|_| !self.graceful_stop_wins || self.graceful_stop.is_none());
        own.or(self.graceful_stop)
            .unwrap_or(Scenario::GRACEFUL_STOP)
    }
}

/// Reads the table of scenarios, in the order they start. `of_all` is what they use unless they say otherwise.
pub(super) fn read(item: &Item<'_>, of_all: &OfAll) -> Option<Vec<Scenario>> {
    let advice = "use a table of at least one scenario by name, \
                  such as { chat = { executor = \"constant-vus\", duration = \"30s\" } }";
    let table = item.check(item.table(advice))?;
    let scenarios: Vec<_> = table
        .items()
        .map(|(name, item)| scenario(name, &item, of_all))
        .collect();
    if scenarios.is_empty() {
        item.complain(item.wrong(ProblemKind::OutOfRange, advice));
    }
    let mut scenarios: Vec<_> = scenarios.into_iter().collect::<Option<_>>()?;
    // A Lua table has no order of its own.
    scenarios.sort_by(|a: &Scenario, b| (a.start_time, &a.name).cmp(&(b.start_time, &b.name)));
    Some(scenarios)
}

fn scenario(name: &str, item: &Item<'_>, of_all: &OfAll) -> Option<Scenario> {
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
    let graceful_stop = of_all.graceful_stop(table.read("graceful_stop", Item::duration));
    let env = table.read("env", Item::pairs).unwrap_or_default();
    let tags = table.read("tags", Item::pairs).unwrap_or_default();
    let executor = executors::read(kind, &table, of_all.arrival)?;
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

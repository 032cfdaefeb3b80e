//! Reads the table `scenarios`.

use std::time::Duration;

use super::executors::{self, ExecutorKind, KINDS};
use super::field::{Field, OptionTable};
use super::problem::{OptionProblem, ProblemKind};
use super::{Scenario, arrival_rates};
use crate::load::Spacing;
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

/// The defaults of all scenarios, from options of the top level.
pub(super) struct ScenarioDefaults {
    arrival: Spacing,
    pub(super) graceful_stop: Option<Duration>,
    /// Whether `graceful_stop` comes from a higher layer than `scenarios` and so overrides theirs.
    graceful_stop_wins: bool,
}

impl ScenarioDefaults {
    pub(super) fn read(root: &OptionTable<'_>) -> Self {
        let tier = |key| root.get(key).map(|field| field.origin.tier());
        Self {
            arrival: root
                .read("arrival", arrival_rates::arrival)
                .unwrap_or_default(),
            graceful_stop: root.read("graceful_stop", Field::duration),
            graceful_stop_wins: tier("graceful_stop") > tier("scenarios"),
        }
    }

    /// The graceful stop of a scenario that sets `own`.
    fn graceful_stop(&self, own: Option<Duration>) -> Duration {
        let own = own.filter(|_| !self.graceful_stop_wins || self.graceful_stop.is_none());
        own.or(self.graceful_stop)
            .unwrap_or(Scenario::GRACEFUL_STOP)
    }
}

/// Reads the table of scenarios, sorted by start time.
pub(super) fn read(field: &Field<'_>, defaults: &ScenarioDefaults) -> Option<Vec<Scenario>> {
    let advice = "use a table of at least one scenario by name, \
                  such as { chat = { executor = \"constant-vus\", duration = \"30s\" } }";
    let table = field.check(field.table(advice))?;
    let scenarios: Vec<_> = table
        .items()
        .map(|(name, field)| scenario(name, &field, defaults))
        .collect();
    if scenarios.is_empty() {
        field.complain(field.wrong(ProblemKind::OutOfRange, advice));
    }
    let mut scenarios: Vec<_> = scenarios.into_iter().collect::<Option<_>>()?;
    // A Lua table has no order.
    scenarios.sort_by(|a: &Scenario, b| (a.start_time, &a.name).cmp(&(b.start_time, &b.name)));
    Some(scenarios)
}

fn scenario(name: &str, field: &Field<'_>, defaults: &ScenarioDefaults) -> Option<Scenario> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(plain) {
        let text = "a scenario's name is made of letters, digits, _ and -: rename it";
        field.complain(field.fault(text));
    }
    let table = field.check(
        field.table("use a table such as { executor = \"constant-vus\", duration = \"30s\" }"),
    )?;
    let hint = format!("name one of {}", executors::names().join(", "));
    let kind = table.require("executor", &hint, kind)?;
    refuse_unknown(&table, kind);

    let exec = table
        .read("exec", Field::word)
        .unwrap_or("default")
        .to_owned();
    let start_time = table
        .read("start_time", Field::duration)
        .unwrap_or_default();
    let graceful_stop = defaults.graceful_stop(table.read("graceful_stop", Field::duration));
    let env = table.read("env", Field::pairs).unwrap_or_default();
    let tags = table.read("tags", Field::pairs).unwrap_or_default();
    let executor = (kind.read)(&table, defaults.arrival)?;
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

fn kind(field: &Field<'_>) -> Result<&'static ExecutorKind, OptionProblem> {
    let text = field.text()?;
    let found = KINDS.iter().find(|kind| kind.name == text);
    found.ok_or_else(|| {
        let advice = match units::nearest(text, executors::names()) {
            Some(nearest) => format!("did you mean \"{nearest}\"?"),
            None => format!("use one of {}", executors::names().join(", ")),
        };
        field.wrong(ProblemKind::InvalidValue, advice)
    })
}

fn refuse_unknown(table: &OptionTable<'_>, kind: &ExecutorKind) {
    let known: Vec<_> = COMMON.into_iter().chain(kind.keys()).collect();
    table.refuse_unknown(&known, |key| {
        let owners = KINDS
            .iter()
            .filter(|other| other.keys().any(|own| own == key));
        let owners: Vec<_> = owners.map(|other| other.name).collect();
        (!owners.is_empty()).then(|| {
            format!(
                "it belongs to {}, and this is a {} scenario",
                owners.join(" and "),
                kind.name
            )
        })
    });
}

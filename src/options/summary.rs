//! Options of the summary.

use serde::Serialize;

use super::field::{Field, OptionTable};
use super::json;
use super::problem::{OptionProblem, ProblemKind};
use crate::metrics::{MetricKind, Stat, TimeUnit};

/// The options of the summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SummaryOptions {
    /// The statistics shown for trends, in this order.
    #[serde(rename = "summary_trend_stats", serialize_with = "json::stats")]
    pub trend_stats: Vec<Stat>,
    /// The unit of all times; `None` chooses one for each value.
    #[serde(rename = "summary_time_unit", serialize_with = "json::time_unit")]
    pub time_unit: Option<TimeUnit>,
    /// The amount of detail.
    #[serde(rename = "summary_mode")]
    pub mode: SummaryMode,
}

/// The amount of detail of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SummaryMode {
    /// The totals of the run.
    #[default]
    Compact,
    /// Also the figures of each group and scenario.
    Full,
    /// No summary.
    Disabled,
}

impl SummaryMode {
    const ALL: [Self; 3] = [Self::Compact, Self::Full, Self::Disabled];

    /// Its name in options.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Full => "full",
            Self::Disabled => "disabled",
        }
    }
}

impl Default for SummaryOptions {
    fn default() -> Self {
        Self {
            trend_stats: Stat::TREND.to_vec(),
            time_unit: None,
            mode: SummaryMode::default(),
        }
    }
}

/// The names of [`TimeUnit`]s in options.
pub(super) const TIME_UNITS: [(&str, TimeUnit); 3] = [
    ("s", TimeUnit::Seconds),
    ("ms", TimeUnit::Millis),
    ("us", TimeUnit::Micros),
];

pub(super) fn read(root: &OptionTable<'_>) -> SummaryOptions {
    let default = SummaryOptions::default();
    let modes = SummaryMode::ALL.map(|mode| (mode.name(), mode));
    SummaryOptions {
        trend_stats: root
            .read("summary_trend_stats", trend_stats)
            .unwrap_or(default.trend_stats),
        time_unit: root.read("summary_time_unit", |field| field.one_of(&TIME_UNITS)),
        mode: root
            .read("summary_mode", |field| field.one_of(&modes))
            .unwrap_or_default(),
    }
}

fn trend_stats(field: &Field<'_>) -> Result<Vec<Stat>, OptionProblem> {
    let advice = r#"use a list such as { "avg", "min", "med", "max", "p(95)" }"#;
    let items = field.list(advice)?;
    if items.is_empty() {
        return Err(field.wrong(ProblemKind::OutOfRange, advice));
    }
    items.iter().map(trend_stat).collect()
}

fn trend_stat(field: &Field<'_>) -> Result<Stat, OptionProblem> {
    let stat = field
        .text()?
        .parse::<Stat>()
        .ok()
        .filter(|stat| stat.applies_to(MetricKind::Trend));
    stat.ok_or_else(|| {
        let advice = format!("use {}", Stat::names(MetricKind::Trend));
        field.wrong(ProblemKind::InvalidValue, advice)
    })
}

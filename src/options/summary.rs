//! Options of the summary.

use super::item::{Item, Table};
use super::problem::{Problem, ProblemKind};
use crate::metrics::{Kind, Stat, TimeUnit};

/// The options of the summary.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryOptions {
    /// The figures shown of a trend, in this order.
    pub trend_stats: Vec<Stat>,
    /// The unit of all times; `None` shows each in the one that suits it.
    pub time_unit: Option<TimeUnit>,
    /// How much is shown.
    pub mode: SummaryMode,
}

/// How much a summary shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SummaryMode {
    /// The totals of the run.
    #[default]
    Compact,
    /// Also those of each group and scenario.
    Full,
    /// Nothing.
    Disabled,
}

impl SummaryMode {
    const ALL: [Self; 3] = [Self::Compact, Self::Full, Self::Disabled];

    /// The word for it in options.
    pub fn name(self) -> &'static str {
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

/// The words for [`TimeUnit`].
pub(super) const TIME_UNITS: [(&str, TimeUnit); 3] = [
    ("s", TimeUnit::Seconds),
    ("ms", TimeUnit::Millis),
    ("us", TimeUnit::Micros),
];

pub(super) fn read(root: &Table<'_>) -> SummaryOptions {
    let default = SummaryOptions::default();
    let modes = SummaryMode::ALL.map(|mode| (mode.name(), mode));
    SummaryOptions {
        trend_stats: root
            .read("summary_trend_stats", trend_stats)
            .unwrap_or(default.trend_stats),
        time_unit: root.read("summary_time_unit", |item| item.one_of(&TIME_UNITS)),
        mode: root
            .read("summary_mode", |item| item.one_of(&modes))
            .unwrap_or_default(),
    }
}

fn trend_stats(item: &Item<'_>) -> Result<Vec<Stat>, Problem> {
    let advice = r#"use a list such as { "avg", "min", "med", "max", "p(95)" }"#;
    let items = item.list(advice)?;
    if items.is_empty() {
        return Err(item.wrong(ProblemKind::OutOfRange, advice));
    }
    items.iter().map(trend_stat).collect()
}

fn trend_stat(item: &Item<'_>) -> Result<Stat, Problem> {
    let stat = item
        .text()?
        .parse::<Stat>()
        .ok()
        .filter(|stat| stat.applies_to(Kind::Trend));
    stat.ok_or_else(|| {
        let advice = format!("a trend has {}", Stat::names(Kind::Trend));
        item.wrong(ProblemKind::InvalidValue, advice)
    })
}

//! Options as JSON, in the format of config files.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::summary::TIME_UNITS;
use super::{HttpVersion, Options, Scenario, SummaryMode, ThresholdOption};
use crate::load::{Burstiness, RampStage, Spacing, StartRate};
use crate::metrics::{Stat, TimeUnit};
use crate::units::{format_duration, is_secret, shown_url};

type Serialized<S> = Result<<S as Serializer>::Ok, <S as Serializer>::Error>;
type Pairs = [(String, String)];

impl Options {
    /// All resolved options, with durations as text. As a config file it gives the same options again, except for the
    /// credentials of a proxy and of variables such as `API_KEY`, which are masked.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

pub(super) fn time<S: Serializer>(time: &Duration, to: S) -> Serialized<S> {
    to.serialize_str(&format_duration(*time))
}

#[expect(clippy::ref_option, reason = "the signature is that of serde")]
pub(super) fn optional_time<S: Serializer>(time: &Option<Duration>, to: S) -> Serialized<S> {
    time.map(format_duration).serialize(to)
}

pub(super) fn pairs<S: Serializer>(pairs: &Pairs, to: S) -> Serialized<S> {
    to.collect_map(pairs.iter().map(|(name, text)| (name, text)))
}

/// Variables; values are masked where the name suggests a secret.
pub(super) fn env<S: Serializer>(pairs: &Pairs, to: S) -> Serialized<S> {
    let shown = |name: &str, text| if is_secret(name) { "***" } else { text };
    to.collect_map(pairs.iter().map(|(name, text)| (name, shown(name, text))))
}

#[expect(clippy::ref_option, reason = "the signature is that of serde")]
pub(super) fn proxy<S: Serializer>(proxy: &Option<String>, to: S) -> Serialized<S> {
    proxy.as_deref().map(shown_url).serialize(to)
}

pub(super) fn scenarios<S: Serializer>(scenarios: &[Scenario], to: S) -> Serialized<S> {
    to.collect_map(scenarios.iter().map(|scenario| (&scenario.name, scenario)))
}

pub(super) fn thresholds<S: Serializer>(thresholds: &[ThresholdOption], to: S) -> Serialized<S> {
    let mut table: Map<String, Value> = Map::new();
    for threshold in thresholds {
        let list = table.entry(threshold.selector.to_string());
        if let Value::Array(list) = list.or_insert_with(|| json!([])) {
            list.push(json!({
                "threshold": threshold.expression.source,
                "abort_on_fail": threshold.abort_on_fail,
                "delay_abort_eval": format_duration(threshold.delay_abort_eval),
            }));
        }
    }
    table.serialize(to)
}

pub(super) fn stats<S: Serializer>(stats: &[Stat], to: S) -> Serialized<S> {
    to.collect_seq(stats.iter().map(ToString::to_string))
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is that of serde"
)]
pub(super) fn time_unit<S: Serializer>(unit: &Option<TimeUnit>, to: S) -> Serialized<S> {
    let word = TIME_UNITS.iter().find(|(_, known)| Some(*known) == *unit);
    word.map(|(word, _)| word).serialize(to)
}

/// Start times in seconds, whole ones without a decimal point.
pub(super) fn starts<S: Serializer>(starts: &Arc<[Duration]>, to: S) -> Serialized<S> {
    to.collect_seq(starts.iter().map(|start| match start.subsec_nanos() {
        0 => Value::from(start.as_secs()),
        _ => Value::from(start.as_secs_f64()),
    }))
}

impl Serialize for HttpVersion {
    fn serialize<S: Serializer>(&self, to: S) -> Serialized<S> {
        to.serialize_str(self.name())
    }
}

impl Serialize for SummaryMode {
    fn serialize<S: Serializer>(&self, to: S) -> Serialized<S> {
        to.serialize_str(self.name())
    }
}

impl Serialize for Spacing {
    fn serialize<S: Serializer>(&self, to: S) -> Serialized<S> {
        let burstiness = self.burstiness().map(Burstiness::get);
        json!({ "arrival": self.name(), "burstiness": burstiness }).serialize(to)
    }
}

impl Serialize for StartRate {
    fn serialize<S: Serializer>(&self, to: S) -> Serialized<S> {
        match self.whole() {
            Some(whole) => whole.serialize(to),
            None => self.get().serialize(to),
        }
    }
}

impl<T: Serialize> Serialize for RampStage<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Serialized<S> {
        let duration = format_duration(self.duration);
        json!({ "duration": duration, "target": self.target }).serialize(to)
    }
}

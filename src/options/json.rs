//! Writes options as JSON.

use serde_json::{Map, Value, json};

use super::replay;
use super::summary::TIME_UNITS;
use super::{Executor, Options, Scenario, ThresholdOption};
use crate::load::{Burstiness, Rate, Stage};
use crate::units::{format_duration, is_secret};

impl Options {
    /// All options as they were resolved, with durations as text. But for the credentials of a proxy and of variables such as `API_KEY`,
    /// which are left out, it can be used as a config file and gives the same options again.
    pub fn to_json(&self) -> Value {
        let scenarios: Map<_, _> = self
            .scenarios
            .iter()
            .map(|scenario| (scenario.name.clone(), scenario.to_json()))
            .collect();
        let http = &self.http;
        let summary = &self.summary;
        let time_unit = TIME_UNITS
            .iter()
            .find(|(_, unit)| Some(*unit) == summary.time_unit);
        let stats: Vec<_> = summary
            .trend_stats
            .iter()
            .map(ToString::to_string)
            .collect();
        json!({
            "scenarios": scenarios,
            "thresholds": thresholds(&self.thresholds),
            "graceful_stop": self.graceful_stop.map(format_duration),
            "seed": self.seed,
            "min_iteration_duration": format_duration(self.min_iteration_duration),
            "no_setup": self.no_setup,
            "no_teardown": self.no_teardown,
            "no_thresholds": self.no_thresholds,
            "setup_timeout": format_duration(self.setup_timeout),
            "teardown_timeout": format_duration(self.teardown_timeout),
            "tags": pairs(&self.tags),
            "user_agent": http.user_agent,
            "max_redirects": http.max_redirects,
            "connect_timeout": format_duration(http.connect_timeout),
            "insecure_skip_tls_verify": http.insecure_skip_tls_verify,
            "no_connection_reuse": http.no_connection_reuse,
            "no_vu_connection_reuse": http.no_vu_connection_reuse,
            "no_cookies_reset": http.no_cookies_reset,
            "http_version": http.http_version.name(),
            "hosts": pairs(&http.hosts),
            "dns_ttl": format_duration(http.dns_ttl),
            "ca": http.ca,
            "tls_auth": http.tls_auth.as_ref().map(|auth| json!({ "cert": auth.cert, "key": auth.key })),
            "proxy": http.proxy_shown(),
            "no_proxy": http.no_proxy,
            "summary_trend_stats": stats,
            "summary_time_unit": time_unit.map(|(word, _)| word),
            "summary_mode": summary.mode.name(),
        })
    }
}

impl Scenario {
    fn to_json(&self) -> Value {
        let mut table = json!({
            "executor": self.executor.name(),
            "exec": self.exec,
            "start_time": format_duration(self.start_time),
            "graceful_stop": format_duration(self.graceful_stop),
            "env": env(&self.env),
            "tags": pairs(&self.tags),
        });
        if let (Value::Object(table), Value::Object(own)) = (&mut table, own(&self.executor)) {
            table.extend(own);
        }
        table
    }
}

/// What is the executor's own.
fn own(executor: &Executor) -> Value {
    match executor {
        Executor::ConstantVus { vus, duration } => {
            json!({ "vus": vus, "duration": format_duration(*duration) })
        }
        Executor::RampingVus {
            start_vus,
            stages: list,
            graceful_ramp_down,
        } => json!({
            "start_vus": start_vus,
            "stages": stages(list, |target| json!(target)),
            "graceful_ramp_down": format_duration(*graceful_ramp_down),
        }),
        Executor::SharedIterations {
            vus,
            iterations,
            max_duration,
        }
        | Executor::PerVuIterations {
            vus,
            iterations,
            max_duration,
        } => json!({
            "vus": vus,
            "iterations": iterations,
            "max_duration": format_duration(*max_duration),
        }),
        Executor::ConstantArrivalRate {
            rate: per_unit,
            time_unit,
            duration,
            pre_allocated_vus,
            max_vus,
            arrival,
            iterations,
        } => json!({
            "rate": rate(*per_unit),
            "time_unit": format_duration(*time_unit),
            "duration": format_duration(*duration),
            "pre_allocated_vus": pre_allocated_vus,
            "max_vus": max_vus,
            "arrival": arrival.name(),
            "burstiness": arrival.burstiness().map(Burstiness::get),
            "iterations": iterations,
        }),
        Executor::RampingArrivalRate {
            start_rate,
            time_unit,
            stages: list,
            pre_allocated_vus,
            max_vus,
            arrival,
            iterations,
        } => json!({
            "start_rate": rate(*start_rate),
            "time_unit": format_duration(*time_unit),
            "stages": stages(list, rate),
            "pre_allocated_vus": pre_allocated_vus,
            "max_vus": max_vus,
            "arrival": arrival.name(),
            "burstiness": arrival.burstiness().map(Burstiness::get),
            "iterations": iterations,
        }),
        Executor::Replay {
            starts,
            duration,
            pre_allocated_vus,
            max_vus,
        } => json!({
            "data": replay::to_json(starts),
            "duration": format_duration(*duration),
            "pre_allocated_vus": pre_allocated_vus,
            "max_vus": max_vus,
        }),
    }
}

fn stages<T: Copy>(stages: &[Stage<T>], target: impl Fn(T) -> Value) -> Value {
    let stage = |stage: &Stage<T>| {
        let duration = format_duration(stage.duration);
        json!({ "duration": duration, "target": target(stage.target) })
    };
    stages.iter().map(stage).collect()
}

/// A whole rate without a decimal point.
fn rate(rate: Rate) -> Value {
    let per_unit = rate.get();
    rate.whole().map_or_else(|| per_unit.into(), Value::from)
}

fn pairs(pairs: &[(String, String)]) -> Value {
    Value::Object(
        pairs
            .iter()
            .map(|(name, text)| (name.clone(), text.as_str().into()))
            .collect(),
    )
}

/// Variables; those whose names say that they hold a secret do not show it.
fn env(pairs: &[(String, String)]) -> Value {
    let shown = pairs.iter().map(|(name, text)| {
        let text = if is_secret(name) { "***" } else { text };
        (name.clone(), text.into())
    });
    Value::Object(shown.collect())
}

fn thresholds(thresholds: &[ThresholdOption]) -> Value {
    let mut table = Map::new();
    for threshold in thresholds {
        let list = table
            .entry(threshold.selector.to_string())
            .or_insert_with(|| json!([]));
        if let Value::Array(list) = list {
            list.push(json!({
                "threshold": threshold.expression.source,
                "abort_on_fail": threshold.abort_on_fail,
                "delay_abort_eval": format_duration(threshold.delay_abort_eval),
            }));
        }
    }
    table.into()
}

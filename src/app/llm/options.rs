//! The options of the generated script, each with its flag, so that errors name the flag. Their ranges are those of
//! [`options`](crate::options).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Number, Value};

use super::bench::{Bench, Dataset, Load};
use super::goal::Goal;
use super::warmup::Warmup;
use crate::error::Error;
use crate::options::{Layer, OptionOrigin, resolve};
use crate::units::{MAX_DURATION, format_duration};

/// The time limit of a run with a number of requests, longer than any run takes.
const NO_LIMIT: Duration = Duration::from_hours(24);
/// VUs to create before a load at a rate, within its limit.
const FIRST_VUS: u64 = 32;

/// An option of the run, or of one of its scenarios.
pub(super) struct ScriptOption {
    pub(super) of: OptionScope,
    pub(super) key: &'static str,
    pub(super) value: Value,
    flag: &'static str,
}

/// The scope of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionScope {
    Run,
    Scenario,
    /// The scenario of probe requests.
    Probe,
}

/// The option whose value a script takes from its trace.
pub(super) const DATA: &str = "data";
/// The name of the scenario of probe requests, and of its function.
pub(super) const PROBE: &str = "probe";
/// The name of the scenario of the load.
pub(super) const SCENARIO: &str = "llm";

/// Checks the options of a benchmark.
///
/// # Errors
/// All mistakes, with their flags.
pub(crate) fn check(bench: &Bench) -> Result<(), Error> {
    resolve(&[layer(bench)])?;
    Ok(())
}

/// The options as a layer.
pub(super) fn layer(bench: &Bench) -> Layer {
    let mut layer = Layer::new();
    for setting in settings(bench) {
        let origin = OptionOrigin::Flag(setting.flag.to_owned());
        let scenario = match setting.of {
            OptionScope::Run => {
                layer.set(setting.key, setting.value, origin);
                continue;
            }
            OptionScope::Scenario => SCENARIO,
            OptionScope::Probe => PROBE,
        };
        let path = ["scenarios", scenario, setting.key];
        layer.set_inside(&path, setting.value, origin);
    }
    layer
}

/// The key, the value and the flag of an option.
type Row = (&'static str, Value, &'static str);

/// The options in the order of the script.
pub(super) fn settings(bench: &Bench) -> Vec<ScriptOption> {
    let rows = [
        (OptionScope::Run, run(bench)),
        (OptionScope::Scenario, load(bench)),
        (
            OptionScope::Probe,
            bench
                .probe_rate
                .map_or_else(Vec::new, |rate| probe(bench, rate)),
        ),
    ];
    let of_scope = |(of, rows): (OptionScope, Vec<Row>)| {
        rows.into_iter()
            .map(move |(key, value, flag)| ScriptOption {
                of,
                key,
                value,
                flag,
            })
    };
    rows.into_iter().flat_map(of_scope).collect()
}

/// The options of the run.
fn run(bench: &Bench) -> Vec<Row> {
    let mut rows = Vec::new();
    if bench.access.insecure {
        let flag = "--insecure-skip-tls-verify";
        rows.push(("insecure_skip_tls_verify", true.into(), flag));
    }
    rows.push(("seed", bench.seed.into(), "--seed"));
    if !bench.warmup.is_none() {
        let each = bench.timeout + Duration::from_secs(1);
        let limit = match bench.warmup {
            Warmup::Requests(n) => {
                u32::try_from(n).map_or(Duration::MAX, |n| each.saturating_mul(n))
            }
            // The last ones start when the time is over.
            Warmup::Time(time) => time.saturating_add(each),
        };
        rows.push(("setup_timeout", time(limit.min(NO_LIMIT)), "--timeout"));
    }
    if !bench.thresholds.is_empty() {
        rows.push(("thresholds", thresholds(bench), "--threshold"));
    }
    rows
}

fn graceful_stop(bench: &Bench) -> Row {
    let flag = "--graceful-stop";
    ("graceful_stop", time(bench.graceful_stop), flag)
}

/// The options of probe requests, which last as long as the load.
fn probe(bench: &Bench, rate: f64) -> Vec<Row> {
    const FLAG: &str = "--probe-rate";
    let lasts = bench.planned_time().or(bench.amount.duration);
    vec![
        ("exec", PROBE.into(), FLAG),
        ("executor", "constant-arrival-rate".into(), FLAG),
        ("rate", number(rate), FLAG),
        ("arrival", "poisson".into(), FLAG),
        ("duration", time(lasts.unwrap_or(NO_LIMIT)), "--duration"),
        ("pre_allocated_vus", first_vus(rate).into(), FLAG),
        ("max_vus", Load::MAX_CONCURRENCY.into(), FLAG),
        graceful_stop(bench),
    ]
}

/// The thresholds, by metric.
fn thresholds(bench: &Bench) -> Value {
    let mut metrics: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (metric, expression) in bench.thresholds.iter().flat_map(Goal::thresholds) {
        metrics.entry(metric).or_default().push(expression);
    }
    metrics
        .into_iter()
        .map(|(metric, list)| (metric, Value::from(list)))
        .collect()
}

/// The options of the load.
fn load(bench: &Bench) -> Vec<Row> {
    const CONCURRENCY: &str = "--concurrency";
    const RATE: &str = "--rate";
    const TRACE: &str = "--trace";
    const NUMBER: &str = "--num-prompts";
    let amount = bench.amount;
    let duration = time(amount.duration.unwrap_or(NO_LIMIT));
    let limit = |key| (key, duration.clone(), "--duration");
    let mut rows = match (bench.load, amount.requests) {
        (Load::Concurrency(vus), Some(requests)) => vec![
            ("executor", "shared-iterations".into(), CONCURRENCY),
            ("vus", vus.min(requests).into(), CONCURRENCY),
            ("iterations", requests.into(), NUMBER),
            limit("max_duration"),
        ],
        (Load::Concurrency(vus), None) => vec![
            ("executor", "constant-vus".into(), CONCURRENCY),
            ("vus", vus.into(), CONCURRENCY),
            limit("duration"),
        ],
        (
            Load::Rate {
                rate,
                burstiness,
                max_concurrency,
            },
            requests,
        ) => {
            let first = first_vus(rate).min(max_concurrency);
            let mut options = vec![
                ("executor", "constant-arrival-rate".into(), RATE),
                ("rate", number(rate), RATE),
                ("arrival", "poisson".into(), RATE),
            ];
            if (burstiness - 1.0).abs() > f64::EPSILON {
                options.push(("burstiness", number(burstiness), "--burstiness"));
            }
            options.push(limit("duration"));
            options.extend(requests.map(|n| ("iterations", n.into(), NUMBER)));
            options.push(("pre_allocated_vus", first.into(), RATE));
            options.push(("max_vus", max_concurrency.into(), "--max-concurrency"));
            options
        }
        (Load::Trace { max_concurrency }, _) => {
            let Dataset::Trace(trace) = &bench.dataset else {
                return Vec::new();
            };
            let seconds = trace.starts.iter().map(|start| number(start.as_secs_f64()));
            // The last request gets its whole time limit.
            let end = trace
                .span
                .saturating_add(bench.timeout)
                .saturating_add(Duration::from_secs(1));
            vec![
                ("executor", "replay".into(), TRACE),
                (DATA, seconds.collect(), TRACE),
                ("duration", time(end.min(MAX_DURATION)), TRACE),
                (
                    "pre_allocated_vus",
                    FIRST_VUS.min(max_concurrency).into(),
                    TRACE,
                ),
                ("max_vus", max_concurrency.into(), "--max-concurrency"),
            ]
        }
    };
    rows.push(graceful_stop(bench));
    rows
}

fn time(time: Duration) -> Value {
    format_duration(time).into()
}

/// Whole numbers without a fraction.
#[expect(clippy::cast_possible_truncation, reason = "whole and within ±2^53")]
fn number(number: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() <= EXACT {
        return (number as i64).into();
    }
    Number::from_f64(number).map_or(Value::Null, Value::Number)
}

/// The number of VUs for answers of four seconds. More are created when needed, which takes time.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates, and a rate is not negative"
)]
fn first_vus(rate: f64) -> u64 {
    ((rate * 4.0).ceil() as u64).max(FIRST_VUS)
}

#[cfg(test)]
mod tests {
    use super::super::bench::LoadLevel;
    use super::super::script::tests::bench;
    use super::*;

    #[test]
    fn errors_of_ranges_name_the_flag() {
        assert!(check(&bench()).is_ok());
        let mut bench = bench();
        bench.load = Load::Rate {
            rate: 1.0,
            burstiness: 0.005,
            max_concurrency: 10,
        };
        let Err(Error::Options(error)) = check(&bench) else {
            panic!("it was taken");
        };
        assert_eq!(
            error.to_string(),
            "`scenarios.llm.burstiness` cannot be 0.005 (--burstiness): use a number from 0.01 to 1000; 1 is a Poisson process"
        );
        bench.load = Load::Concurrency(1).at(LoadLevel::Rate(12.5));
        bench.amount.duration = Some(Duration::from_millis(10));
        let error = check(&bench).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("(--duration)")));
    }
}

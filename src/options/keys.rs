//! The table of options: one row each, from which flags, environment variables and `--help` come.

use serde_json::{Map, Value};

/// An option of the top level: in a script's `options`, a config file, the environment, and perhaps a flag.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct OptionKey {
    /// Its name, e.g. `setup_timeout`.
    pub name: &'static str,
    /// The type of its value.
    pub takes: Takes,
    /// Its flag, if it has one.
    pub flag: Option<Flag>,
}

/// The flag of an option.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Flag {
    /// Its names and its value, e.g. `-u --vus N`.
    pub usage: &'static str,
    /// The section of `--help` that lists it.
    pub section: &'static str,
    /// Its description in `--help`.
    pub help: &'static str,
}

impl Flag {
    /// Its long name, e.g. `--vus`.
    pub fn long(&self) -> &'static str {
        let mut words = self.usage.split(' ');
        words
            .find(|word| word.starts_with("--"))
            .unwrap_or(self.usage)
    }
}

/// The type of an option's value, which determines how flags and environment variables, which are text, are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Takes {
    /// A whole number.
    Number,
    /// A duration such as `30s`.
    Duration,
    /// `true` or `false`, `1` or `0`.
    Switch,
    /// Any text.
    Text,
    /// One of these words, which shells complete.
    Choice(&'static [&'static str]),
    /// Texts separated by commas, as in `avg,p(99)`.
    List,
    /// `name=value` pairs separated by commas.
    Pairs,
    /// JSON.
    Json,
}

macro_rules! keys {
    ($($name:ident: $takes:ident $(($choices:expr))? $(, $usage:literal in $section:ident, $help:literal)?;)*) => {
        &[$(OptionKey {
            name: stringify!($name),
            takes: Takes::$takes $(($choices))?,
            flag: [$(Some(Flag { usage: $usage, section: stringify!($section), help: $help }),)? None][0],
        }),*]
    };
}

/// All options of the top level.
pub const KEYS: &[OptionKey] = keys! {
    vus: Number, "-u --vus N" in Load, "Number of virtual users (VUs) [default: 1]";
    duration: Duration, "-d --duration TIME" in Load, "Duration of the load, e.g. 30s or 1m30s";
    iterations: Number, "-i --iterations N" in Load, "Number of iterations, which the VUs share";
    stages: List, "-s --stage TIME:VUS" in Load, "Stage of a ramp of VUs, e.g. 30s:50 (to 50 VUs in 30 seconds); repeatable, or separated by commas";
    scenarios: Json;
    thresholds: Json;
    arrival: Text;
    graceful_stop: Duration, "--graceful-stop TIME" in Load, "Time that running iterations get to finish when their scenario ends or a signal stops the run [default: 30s; 500ms after a signal]";
    seed: Number, "--seed N" in Load, "Seed of everything random, to repeat a run [default: 0]";
    min_iteration_duration: Duration, "--min-iteration-duration TIME" in Load, "Minimum time between the starts of two iterations of a VU";
    no_setup: Switch, "--no-setup" in Script, "Skip `setup()`";
    no_teardown: Switch, "--no-teardown" in Script, "Skip `teardown()`";
    no_thresholds: Switch, "--no-thresholds" in Results, "Skip the evaluation of thresholds";
    setup_timeout: Duration;
    teardown_timeout: Duration;
    tags: Pairs, "--tag NAME=VALUE" in Script, "Tag of all samples; repeatable";
    user_agent: Text, "--user-agent TEXT" in Connections, "User-Agent of requests [default: ssel/VERSION]";
    max_redirects: Number, "--max-redirects N" in Connections, "Maximum number of redirects that a request follows [default: 10]";
    connect_timeout: Duration;
    insecure_skip_tls_verify: Switch, "--insecure-skip-tls-verify" in Connections, "Accept any certificate";
    no_connection_reuse: Switch, "--no-connection-reuse" in Connections, "Use a new connection for each request";
    no_vu_connection_reuse: Switch, "--no-vu-connection-reuse" in Connections, "Use new connections in each iteration";
    no_cookies_reset: Switch;
    http_version: Text;
    hosts: Pairs;
    dns_ttl: Duration;
    ca: List;
    tls_auth: Json;
    proxy: Text;
    no_proxy: List;
    summary_trend_stats: List, "--summary-trend-stats LIST" in Results, "Statistics shown for trends: avg, min, med, max, p(N), count, sum [default: avg,min,med,max,p(90),p(95)]";
    summary_time_unit: Choice(&["s", "ms", "us"]), "--summary-time-unit UNIT" in Results, "Unit of all times in the summary: s, ms or us [default: chosen for each value]";
    summary_mode: Choice(&["compact", "full", "disabled"]), "--summary-mode MODE" in Results, "Detail of the summary: compact, full or disabled [default: compact]";
};

/// The options that define the load; the highest layer that sets any of them overrides all of them in lower layers.
pub(super) const LOAD: [&str; 4] = ["duration", "iterations", "stages", "scenarios"];

/// Tables that are merged across layers, name by name; any other value of a higher layer replaces the lower one.
pub(super) const ADDED_UP: [&str; 2] = ["tags", "hosts"];

/// Converts the text of a flag or variable to the type of the option `name`.
///
/// `"10"` becomes a number for `vus`, and text with commas a list for `summary_trend_stats`. Text that cannot be converted
/// remains text, which [`resolve`](super::resolve) then refuses.
pub(super) fn read_value(name: &str, text: &str) -> Value {
    find(name).map_or_else(|| text.into(), |key| key.takes.read(text))
}

pub(super) fn find(name: &str) -> Option<&'static OptionKey> {
    KEYS.iter().find(|key| key.name == name)
}

impl Takes {
    /// How to write a table as text.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Pairs => "write it as NAME=VALUE, separated by commas",
            _ => "write it as JSON",
        }
    }

    /// Converts text to a value of this type.
    pub(super) fn read(self, text: &str) -> Value {
        let list = || {
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
        };
        match self {
            Self::Number => number(text),
            Self::Switch => match text {
                "true" | "1" => true.into(),
                "false" | "0" => false.into(),
                _ => text.into(),
            },
            Self::List => list().collect(),
            Self::Pairs => list()
                .map(|pair| {
                    pair.split_once('=')
                        .map(|(name, value)| (name.to_owned(), value.into()))
                })
                .collect::<Option<Map<String, Value>>>()
                .map_or_else(|| text.into(), Value::Object),
            Self::Json => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            Self::Duration | Self::Text | Self::Choice(_) => text.into(),
        }
    }
}

fn number(text: &str) -> Value {
    let whole = text.parse::<i64>().map(Value::from);
    whole
        .or_else(|_| text.parse::<f64>().map(Value::from))
        .map_or_else(
            |_| text.into(),
            // Infinity and NaN are not JSON and come out as null.
            |number| {
                if number.is_null() {
                    text.into()
                } else {
                    number
                }
            },
        )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_converted_to_the_type_of_the_option() {
        for (takes, text, value) in [
            (Takes::Number, "10", json!(10)),
            (Takes::Number, "-1", json!(-1)),
            (Takes::Number, "1e18", json!(1e18)),
            (Takes::Number, "0.5", json!(0.5)),
            (Takes::Number, "NaN", json!("NaN")),
            (Takes::Number, "ten", json!("ten")),
            (Takes::Switch, "true", json!(true)),
            (Takes::Switch, "0", json!(false)),
            (Takes::Switch, "yes", json!("yes")),
            (Takes::Duration, "30", json!("30")),
            (Takes::List, "avg, p(99),", json!(["avg", "p(99)"])),
            (Takes::Pairs, "a=1,b=x=y", json!({"a": "1", "b": "x=y"})),
            (Takes::Pairs, "a", json!("a")),
            (Takes::Json, r#"{"a":[]}"#, json!({"a": []})),
            (Takes::Json, "{a", json!("{a")),
        ] {
            assert_eq!(takes.read(text), value, "{text}");
        }
    }

    #[test]
    fn names_are_unique() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(
                KEYS[index + 1..].iter().all(|other| other.name != key.name),
                "{}",
                key.name
            );
        }
    }
}

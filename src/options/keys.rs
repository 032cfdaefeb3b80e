//! The names of all options.

use serde_json::{Map, Value};

/// An option that stands at the top level: in a script's `options`, a config file, the environment.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Key {
    /// Its name, e.g. `setup_timeout`.
    pub name: &'static str,
    /// How its value is written as text.
    pub takes: Takes,
    /// What it does, in a line.
    pub about: &'static str,
}

/// How the value of an option is written where only text can be: in flags and environment variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Takes {
    /// A whole number.
    Number,
    /// A duration such as `30s`.
    Duration,
    /// `true` or `false`, `1` or `0`.
    Flag,
    /// Any text.
    Text,
    /// Texts separated by commas, as in `avg,p(99)`.
    List,
    /// `name=value` pairs separated by commas.
    Pairs,
    /// JSON.
    Json,
}

macro_rules! keys {
    ($($name:ident: $takes:ident, $about:literal;)*) => {
        &[$(Key { name: stringify!($name), takes: Takes::$takes, about: $about }),*]
    };
}

/// All options of the top level.
pub const KEYS: &[Key] = keys! {
    vus: Number, "number of VUs";
    duration: Duration, "how long the VUs loop";
    iterations: Number, "how many iterations the VUs share";
    stages: List, "how the number of VUs moves over time, each stage as DURATION:TARGET";
    scenarios: Json, "several loads, each with its executor, by name";
    thresholds: Json, "what has to hold for the run to pass, by metric";
    arrival: Text, "how starts are spread at arrival rates: uniform or poisson";
    graceful_stop: Duration, "how long iterations may go on when their scenario ends, or the run is stopped";
    seed: Number, "makes whatever is random repeatable";
    min_iteration_duration: Duration, "a VU's next iteration starts no sooner than this after the last";
    no_setup: Flag, "leave setup() out";
    no_teardown: Flag, "leave teardown() out";
    no_thresholds: Flag, "do not evaluate thresholds";
    setup_timeout: Duration, "how long setup() may take";
    teardown_timeout: Duration, "how long teardown() may take";
    tags: Pairs, "tags of every sample";
    user_agent: Text, "the User-Agent of requests";
    max_redirects: Number, "how many redirects a request follows";
    connect_timeout: Duration, "how long looking up, connecting and TLS may take together";
    insecure_skip_tls_verify: Flag, "accept any certificate";
    no_connection_reuse: Flag, "a new connection for each request";
    no_vu_connection_reuse: Flag, "new connections for each iteration";
    no_cookies_reset: Flag, "keep cookies from one iteration to the next";
    http_version: Text, "which HTTP to speak: auto, 1.1 or 2";
    hosts: Pairs, "addresses to use for hosts, instead of asking DNS";
    dns_ttl: Duration, "how long a looked-up address is used";
    ca: List, "PEM files of certificate authorities to trust besides the system's";
    tls_auth: Json, "the certificate and key files to show to servers that ask";
    proxy: Text, "the proxy of all requests; the environment's without it";
    no_proxy: List, "hosts that need no proxy";
    summary_trend_stats: List, "the figures a summary shows of a trend";
    summary_time_unit: Text, "one unit for all times of a summary: s, ms or us";
    summary_mode: Text, "how much a summary shows: compact, full or disabled";
};

/// The options any of which says what load to make; the highest layer with one of them silences the lower ones.
pub(super) const LOAD: [&str; 4] = ["duration", "iterations", "stages", "scenarios"];

/// Tables that layers add to, name by name; any other value of a higher layer replaces the lower one's.
pub(super) const ADDED_UP: [&str; 2] = ["tags", "hosts"];

/// The value that `text` stands for where only text can be, read as the option called `name` wants it.
///
/// `"10"` is a number for `vus`, and a list separated by commas is one for `summary_trend_stats`. Text that means
/// nothing stays text, for [`resolve`](super::resolve) to find fault with.
pub fn read_value(name: &str, text: &str) -> Value {
    find(name).map_or_else(|| text.into(), |key| key.takes.read(text))
}

pub(super) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

impl Takes {
    /// How to write a table as text.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Pairs => "write it as NAME=VALUE, several of them with commas between",
            _ => "write it as JSON",
        }
    }

    /// The value that `text` stands for.
    pub(super) fn read(self, text: &str) -> Value {
        let list = || {
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
        };
        match self {
            Self::Number => number(text),
            Self::Flag => match text {
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
            Self::Duration | Self::Text => text.into(),
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
    fn reads_text_as_the_option_wants_it() {
        for (takes, text, value) in [
            (Takes::Number, "10", json!(10)),
            (Takes::Number, "-1", json!(-1)),
            (Takes::Number, "1e18", json!(1e18)),
            (Takes::Number, "0.5", json!(0.5)),
            (Takes::Number, "NaN", json!("NaN")),
            (Takes::Number, "ten", json!("ten")),
            (Takes::Flag, "true", json!(true)),
            (Takes::Flag, "0", json!(false)),
            (Takes::Flag, "yes", json!("yes")),
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

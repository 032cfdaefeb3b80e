//! Probable mistakes in the value of every option, from every source: a refused value is reported with the name of the option
//! and its origin.

use serde_json::json;

use super::*;

/// The values, in the columns of [`TAKES`].
fn values() -> [Value; 8] {
    [
        json!(0),
        json!(-1),
        json!(1e18),
        json!(true),
        json!("x"),
        json!([]),
        json!(["x"]),
        json!({"x": 1}),
    ]
}

/// The values for sources of text.
const TEXTS: [&str; 6] = ["0", "-1", "1e18", "NaN", "inf", "x"];

/// The values, and the texts, that an option accepts.
const TAKES: &[(&str, &[usize], &[&str])] = &[
    ("vus", &[], &[]),
    ("duration", &[], &[]),
    ("iterations", &[], &[]),
    ("stages", &[], &[]),
    ("scenarios", &[], &[]),
    ("thresholds", &[5], &[]),
    ("arrival", &[], &[]),
    ("graceful_stop", &[0], &["0"]),
    ("seed", &[0], &["0"]),
    ("min_iteration_duration", &[0], &["0"]),
    ("no_setup", &[3], &["0"]),
    ("no_teardown", &[3], &["0"]),
    ("no_thresholds", &[3], &["0"]),
    ("setup_timeout", &[], &[]),
    ("teardown_timeout", &[], &[]),
    ("tags", &[5, 7], &[]),
    ("user_agent", &[4], &TEXTS),
    ("max_redirects", &[0], &["0"]),
    ("connect_timeout", &[], &[]),
    ("insecure_skip_tls_verify", &[3], &["0"]),
    ("no_connection_reuse", &[3], &["0"]),
    ("no_vu_connection_reuse", &[3], &["0"]),
    ("no_cookies_reset", &[3], &["0"]),
    ("http_version", &[], &[]),
    ("hosts", &[5], &[]),
    ("dns_ttl", &[0], &["0"]),
    ("ca", &[4, 5, 6], &TEXTS),
    ("tls_auth", &[], &[]),
    ("proxy", &[], &[]),
    ("no_proxy", &[4, 5, 6], &TEXTS),
    ("summary_trend_stats", &[], &[]),
    ("summary_time_unit", &[], &[]),
    ("summary_mode", &[], &[]),
];

#[test]
fn bad_values_are_reported_with_option_and_origin() {
    let table: Vec<_> = TAKES.iter().map(|(key, ..)| *key).collect();
    let keys: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(table, keys);
    let mut wrong = Vec::new();
    for (key, values_taken, texts_taken) in TAKES {
        for (index, value) in values().into_iter().enumerate() {
            for origin in [
                OptionOrigin::Script("a.lua".to_owned()),
                OptionOrigin::ConfigFile("c.toml".to_owned()),
            ] {
                let layer = Layer::from_json(json!({ *key: value }), &origin).unwrap();
                wrong.extend(mistake(layer, key, &origin, values_taken.contains(&index)));
            }
        }
        for text in TEXTS {
            let variable = format!("SSEL_{}", key.to_uppercase());
            let flag = OptionOrigin::Flag(format!("--{}", key.replace('_', "-")));
            for (layer, origin) in [
                (
                    environment(&variable, text),
                    OptionOrigin::Environment(variable.clone()),
                ),
                (flags([(*key, text)]), flag),
            ] {
                wrong.extend(mistake(layer, key, &origin, texts_taken.contains(&text)));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The deviations of the result for a layer with one value.
fn mistake(layer: Layer, key: &str, origin: &OptionOrigin, is_taken: bool) -> Option<String> {
    let value = layer.entries[0].value.clone();
    match resolve(&[layer]) {
        Ok(_) => (!is_taken).then(|| format!("{key} takes {value} ({origin})")),
        Err(_) if is_taken => Some(format!("{key} does not take {value} ({origin})")),
        Err(error) => {
            let bad = |problem: &OptionProblem| {
                let text = problem.to_string();
                let named =
                    text.contains(&format!("`{key}")) && text.contains(&format!("({origin})"));
                // The origin, and after a colon the remedy.
                !named
                    || text
                        .split(": ")
                        .nth(1)
                        .is_none_or(|remedy| remedy.len() < 5)
            };
            let bad = error.problems().iter().find(|problem| bad(problem))?;
            Some(format!("{key} = {value} is told as: {bad}"))
        }
    }
}

//! Messages: each names the option, the value, its origin and the remedy.

use serde_json::json;

use super::*;

#[test]
fn messages_about_single_values() {
    insta::assert_snapshot!(complaints(json!({
        "vuss": 3,
        "noConnectionReuse": true,
        "rps": 10,
        "vus": 0,
        "seed": "abc",
        "setup_timeout": "30",
        "teardown_timeout": 1e18,
        "min_iteration_duration": {"seconds": 5},
        "no_setup": "yes",
        "tags": {"a": {}},
        "user_agent": "a\nb",
        "http_version": 3,
        "hosts": {"example.com": "localhost"},
        "tls_auth": {"cert": "a.pem"},
        "proxy": "socks5://x",
        "summary_trend_stats": ["avg", "p(101)"],
        "summary_time_unit": "h",
        "arrival": "gamma",
    })), @r#"
    `vuss` is not an option (script a.lua): did you mean `vus`?
    `noConnectionReuse` is not an option (script a.lua): did you mean `no_connection_reuse`?
    `rps` is not an option (script a.lua): remove it
    `arrival` cannot be "gamma" (script a.lua): use "uniform" or "poisson"
    `vus` cannot be 0 (script a.lua): use a whole number from 1 to 1000000
    `seed` cannot be "abc" (script a.lua): use a whole number from 0 to 9007199254740992
    `min_iteration_duration` cannot be {"seconds":5} (script a.lua): use a duration such as "30s" or a number of seconds
    `no_setup` cannot be "yes" (script a.lua): use true or false
    `setup_timeout` (script a.lua): "30" lacks a unit after a number: add one of ns, us, ms, s, m, h or d, as in "150ms", "1m30s" or "2h"
    `teardown_timeout` cannot be 1e+18 (script a.lua): use a duration such as "30s" or a number of seconds up to 3153600000 (100 years)
    `tags.a` cannot be an empty table (script a.lua): use a text
    `user_agent` cannot be "a\nb" (script a.lua): use a text without line breaks and other control characters
    `http_version` cannot be 3 (script a.lua): use "auto", "1.1" or "2"
    `hosts["example.com"]` cannot be "localhost" (script a.lua): use an IP address, with a port or without, such as "127.0.0.1:8080"
    `tls_auth.key` is missing (script a.lua): use the names of two PEM files, { cert = "client.pem", key = "client.key" }
    `proxy` (script a.lua): it is not the URL of a proxy: use one such as "http://proxy.example.com:3128"
    `summary_trend_stats[2]` cannot be "p(101)" (script a.lua): use avg, min, med, max, p(N), count or sum
    `summary_time_unit` cannot be "h" (script a.lua): use "s", "ms" or "us"
    "#);
}

#[test]
fn messages_about_text_from_flags_and_variables() {
    let layers = [
        flags([("vus", "ten"), ("duration", "5")]),
        environment("SSEL_MAX_REDIRECTS", "0.5"),
        environment("SSEL_NO_SETUP", "maybe"),
        environment("SSEL_TAGS", "team"),
        environment("SSEL_THRESHOLDS", "{"),
    ];
    insta::assert_snapshot!(resolve(&layers).unwrap_err(), @r#"
    `vus` cannot be "ten" (--vus): use a whole number from 1 to 1000000
    `duration` (--duration): "5" lacks a unit after a number: add one of ns, us, ms, s, m, h or d, as in "150ms", "1m30s" or "2h"
    `thresholds` cannot be "{" (environment variable SSEL_THRESHOLDS): write it as JSON
    `no_setup` cannot be "maybe" (environment variable SSEL_NO_SETUP): use true or false
    `tags` cannot be "team" (environment variable SSEL_TAGS): write it as NAME=VALUE, separated by commas
    `max_redirects` cannot be 0.5 (environment variable SSEL_MAX_REDIRECTS): use a whole number from 0 to 1000
    "#);
}

#[test]
fn messages_about_loads() {
    let all = [
        json!({"iterations": 3, "vus": 10}),
        json!({"duration": "500ms"}),
        json!({"duration": -1}),
        json!({"stages": []}),
        json!({"stages": ["5s"]}),
        json!({"stages": ["5s:x", {"duration": "5s"}, {"duration": 1, "target": 0.5, "to": 1}, 7]}),
        json!({"stages": ["0s:5"]}),
        json!({"stages": ["5s:0"], "vus": 0}),
    ];
    let all: Vec<_> = all.into_iter().map(complaints).collect();
    insta::assert_snapshot!(all.join("\n"), @r#"
    `iterations` cannot be 3 (script a.lua): `vus` is 10 (script a.lua), so share at least 10 iterations, or have fewer VUs
    `duration` cannot be "500ms" (script a.lua): use 1s or more
    `duration` cannot be -1 (script a.lua): use a duration such as "30s" or a number of seconds up to 3153600000 (100 years)
    `stages` cannot be an empty table (script a.lua): use a list of stages such as { { duration = "30s", target = 10 } }
    `stages[1]` (script a.lua): "5s" is not a stage: write DURATION:TARGET, as in "30s:10"
    `stages[1]` cannot be "x" (script a.lua): use a whole number from 0 to 1000000
    `stages[2].target` is missing (script a.lua): a stage needs both, as in { duration = "30s", target = 10 }
    `stages[3].to` is not an option (script a.lua): the known options are duration, target
    `stages[3].target` cannot be 0.5 (script a.lua): use a whole number from 0 to 1000000
    `stages[4]` cannot be 7 (script a.lua): use a stage such as { duration = "30s", target = 10 }
    `stages` (script a.lua): the stages last 0s in total: use more than 0s and at most 100 years
    `vus` cannot be 0 (script a.lua): use a whole number from 1 to 1000000
    "#);
}

#[test]
fn messages_about_scenarios() {
    insta::assert_snapshot!(complaints(json!({"scenarios": {
        "a b": {"executor": "constant-vus", "duration": "5s"},
        "b": {},
        "c": {"executor": "constant_vus"},
        "d": {"executor": "fast"},
        "e": {"executor": "constant-vus", "rate": 5, "gracefulStop": "1s", "what": 1},
        "f": {"executor": "constant-arrival-rate", "rate": 0, "time_unit": "10us"},
        "g": {"executor": "constant-arrival-rate", "rate": 1, "duration": "5s", "pre_allocated_vus": 5, "max_vus": 2},
        "h": {"executor": "ramping-arrival-rate", "stages": ["5s:0"], "pre_allocated_vus": 0},
        "i": {"executor": "ramping-vus", "start_vus": 0, "stages": ["5s:0"], "exec": ""},
        "j": {"executor": "shared-iterations", "vus": 5},
        "jj": {"executor": "ramping-arrival-rate", "stages": ["5s:1"], "pre_allocated_vus": 1, "burstiness": 0, "iterations": 0},
        "jk": {"executor": "replay", "data": [1, "0.5s"], "speed": 0, "rate": 1},
        "jl": {"executor": "replay", "pre_allocated_vus": 1},
        "jm": {"executor": "replay", "data": [7], "duration": "5s", "pre_allocated_vus": 1},
        "k": {"executor": "per-vu-iterations", "vus": 1000, "iterations": 9_000_000_000_000_000_u64},
        "l": 5,
    }})), @r#"
    `scenarios["a b"]` (script a.lua): a scenario's name is made of letters, digits, _ and -: rename it
    `scenarios.b.executor` is missing (script a.lua): name one of constant-vus, ramping-vus, shared-iterations, per-vu-iterations, constant-arrival-rate, ramping-arrival-rate, replay
    `scenarios.c.executor` cannot be "constant_vus" (script a.lua): did you mean "constant-vus"?
    `scenarios.d.executor` cannot be "fast" (script a.lua): use one of constant-vus, ramping-vus, shared-iterations, per-vu-iterations, constant-arrival-rate, ramping-arrival-rate, replay
    `scenarios.e.rate` is not an option (script a.lua): it belongs to constant-arrival-rate, and this is a constant-vus scenario
    `scenarios.e.gracefulStop` is not an option (script a.lua): did you mean `graceful_stop`?
    `scenarios.e.what` is not an option (script a.lua): the known options are executor, exec, start_time, graceful_stop, env, tags, vus, duration
    `scenarios.e.duration` is missing (script a.lua): set the duration, as in "30s"
    `scenarios.f.rate` cannot be 0 (script a.lua): use a number above 0
    `scenarios.f.duration` is missing (script a.lua): set the duration, as in "30s"
    `scenarios.f.time_unit` cannot be "10us" (script a.lua): use 1ms or more
    `scenarios.f.pre_allocated_vus` is missing (script a.lua): set the number of VUs to create before the start
    `scenarios.g.max_vus` cannot be 2 (script a.lua): use at least 5, as many as `pre_allocated_vus`
    `scenarios.h.stages` (script a.lua): the rate is always 0: give a stage a target above 0
    `scenarios.h.pre_allocated_vus` cannot be 0 (script a.lua): use 1 or more, or set `max_vus` too
    `scenarios.i.exec` cannot be "" (script a.lua): use a text that is not empty
    `scenarios.i.stages` (script a.lua): the number of VUs is always 0: give a stage a target above 0
    `scenarios.j.vus` cannot be 5 (script a.lua): set `iterations` to as many or more
    `scenarios.jj.iterations` cannot be 0 (script a.lua): use a whole number from 1 to 9007199254740992
    `scenarios.jj.burstiness` cannot be 0 (script a.lua): use a number from 0.01 to 1000; 1 is a Poisson process
    `scenarios.jk.rate` is not an option (script a.lua): it belongs to constant-arrival-rate, and this is a replay scenario
    `scenarios.jk.speed` cannot be 0 (script a.lua): use a number from 0.001 to 1000; 2 is twice as fast
    `scenarios.jk.pre_allocated_vus` is missing (script a.lua): set the number of VUs to create before the start
    `scenarios.jk.data[2]` cannot be "0.5s" (script a.lua): it is earlier than the one before: sort the list
    `scenarios.jl.data` is missing (script a.lua): set the start times, as a list or a file
    `scenarios.jm.data` (script a.lua): all starts are later than `duration`: raise it, or `speed`
    `scenarios.k.iterations` cannot be 9000000000000000 (script a.lua): times `vus`, which is 1000, it may be at most 9007199254740992
    `scenarios.l` cannot be 5 (script a.lua): use a table such as { executor = "constant-vus", duration = "30s" }
    "#);
}

#[test]
fn messages_about_a_nested_value_of_another_layer() {
    let script =
        script(json!({"scenarios": {"a": {"executor": "constant-vus", "duration": "5s"}}}));
    let mut flags = Layer::new();
    flags.set_inside(
        &["scenarios", "a", "vus"],
        -5,
        OptionOrigin::Flag("--vus-of-a".to_owned()),
    );
    insta::assert_snapshot!(resolve(&[script, flags]).unwrap_err(), @"`scenarios.a.vus` cannot be -5 (--vus-of-a): use a whole number from 1 to 1000000");
}

#[test]
fn messages_about_a_value_that_replaced_a_nested_one() {
    let mut layer = Layer::new();
    let flag = OptionOrigin::Flag("--tls-auth".to_owned());
    layer.set_inside(
        &["tls_auth", "cert"],
        "a.pem",
        OptionOrigin::Environment("CERT".to_owned()),
    );
    layer.set("tls_auth", json!({"cert": 5, "key": "k"}), flag.clone());
    let error = resolve(&[layer]).unwrap_err();
    assert_eq!(error.problems()[0].option(), "tls_auth.cert");
    assert_eq!(error.problems()[0].origin(), &flag);
}

#[test]
fn every_problem_has_a_stable_kind_and_its_origin() {
    let error = resolve(&[script(json!({"vuss": 1, "vus": 0, "seed": "x"}))]).unwrap_err();
    let kinds: Vec<_> = error
        .problems()
        .iter()
        .map(|p| (p.kind(), p.option()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("unknown_option", "vuss"),
            ("out_of_range", "vus"),
            ("wrong_type", "seed")
        ]
    );
    assert_eq!(
        error.problems()[0].origin(),
        &OptionOrigin::Script("a.lua".to_owned())
    );
    assert_eq!(error.kind(), "unknown_option");
}

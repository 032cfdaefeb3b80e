//! Defaults, and the precedence of layers.

use serde_json::json;

use super::*;

#[test]
fn the_default_is_one_iteration_of_one_vu() {
    let options = resolve(&[]).unwrap();
    assert_eq!(options, Options::default());
    let describe = options.scenarios[0].describe();
    assert_eq!(
        describe,
        "1 iteration for each of 1 VU (maxDuration: 10m0s, gracefulStop: 30s)"
    );
    assert_eq!(options.scenarios[0].name, "default");
    assert_eq!(options.setup_timeout, seconds(60));
    assert_eq!(options.teardown_timeout, seconds(60));
    assert_eq!(options.http.max_redirects, 10);
}

#[test]
fn an_empty_table_may_look_like_a_list() {
    assert_eq!(resolved(json!([])), Options::default());
    assert_eq!(
        resolved(json!({"tags": [], "thresholds": []})),
        Options::default()
    );
}

#[test]
fn each_layer_overrides_the_ones_below() {
    let mut config = Layer::from_json(
        json!({"seed": 1}),
        &OptionOrigin::ConfigFile("c.json".to_owned()),
    )
    .unwrap();
    config.set(
        "no_setup",
        true,
        OptionOrigin::ConfigFile("c.json".to_owned()),
    );
    let layers = [
        config,
        script(json!({"seed": 2})),
        environment("SSEL_SEED", "3"),
        flags([("seed", "4")]),
    ];
    for n in 1..=layers.len() {
        assert_eq!(resolve(&layers[..n]).unwrap().seed, n as u64);
        let upside_down: Vec<_> = layers[..n].iter().rev().cloned().collect();
        assert_eq!(resolve(&upside_down).unwrap().seed, n as u64);
        assert!(resolve(&layers[..n]).unwrap().no_setup);
    }
}

#[test]
fn overridden_values_are_not_checked() {
    let layers = [
        script(json!({"vus": "many", "duration": -1})),
        flags([("vus", "2"), ("duration", "5s")]),
    ];
    assert_eq!(
        executor(&layers),
        Executor::ConstantVus {
            vus: 2,
            duration: seconds(5)
        }
    );
}

#[test]
fn variables_set_the_same_options_as_flags() {
    let layer = environment("SSEL_STAGES", "10s:5, 5s:0");
    assert_eq!(
        resolve(&[layer]).unwrap().scenarios[0].executor.max_vus(),
        5
    );
    let options = resolve(&[environment("SSEL_TAGS", "team=chat,run=7")]).unwrap();
    let tags = [("run", "7"), ("team", "chat")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(options.tags, tags);
    let options = resolve(&[environment("SSEL_NO_SETUP", "true")]).unwrap();
    assert!(options.no_setup);
    let options = resolve(&[environment("SSEL_SUMMARY_TREND_STATS", "avg,p(99.9)")]).unwrap();
    assert_eq!(options.summary.trend_stats.len(), 2);
}

#[test]
fn a_misspelt_variable_causes_a_warning() {
    let variables = [
        ("SSEL_DURATON", "5s"),
        ("SSEL_VUS", ""),
        ("SSEL_TARGET_URL", "http://x"),
        ("PATH", "/bin"),
        ("ssel_vus", "3"),
    ];
    let (layer, warnings) =
        from_environment(variables.map(|(name, text)| (name.into(), text.into())));
    assert_eq!(layer, Layer::new());
    assert_eq!(
        warnings,
        [
            "the environment variable SSEL_DURATON is not an option and is ignored: did you mean SSEL_DURATION?"
        ]
    );
}

#[test]
fn options_must_be_a_table() {
    for options in [json!(5), json!("vus"), json!([1]), json!(true)] {
        let error =
            Layer::from_json(options, &OptionOrigin::Script("a.lua".to_owned())).unwrap_err();
        assert_eq!(error.kind(), "wrong_type");
    }
}

#[test]
fn text_values_of_tags_may_be_numbers_and_booleans() {
    let options = resolved(json!({"tags": {"n": 5, "whole": 5.0, "part": 0.5, "flag": true}}));
    let texts: Vec<_> = options.tags.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["true", "5", "0.5", "5"]);
}

#[test]
fn options_of_requests_are_read() {
    let options = resolved(json!({
        "user_agent": "",
        "max_redirects": 0,
        "connect_timeout": 2.5,
        "http_version": 2,
        "hosts": {"example.com": "127.0.0.1", "*.example.com:443": "[::1]:8443"},
        "dns_ttl": 0,
        "ca": "ca.pem",
        "tls_auth": {"cert": "c.pem", "key": "k.pem"},
        "proxy": "http://p:3128",
        "no_proxy": ["localhost"],
        "no_vu_connection_reuse": true,
    }));
    let http = options.http;
    assert_eq!(http.user_agent.as_deref(), Some(""));
    assert_eq!(http.max_redirects, 0);
    assert_eq!(http.connect_timeout, Duration::from_millis(2500));
    assert_eq!(http.http_version, HttpVersion::Http2);
    assert_eq!(
        http.hosts[0],
        ("*.example.com:443".to_owned(), "[::1]:8443".to_owned())
    );
    assert_eq!(http.dns_ttl, Duration::ZERO);
    assert_eq!(http.ca, [std::path::PathBuf::from("ca.pem")]);
    assert!(http.tls_auth.is_some() && http.no_vu_connection_reuse && !http.no_connection_reuse);
}

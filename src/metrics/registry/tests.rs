use super::*;
use crate::metrics::{Catalog, SeriesInfo};

fn registry(selectors: &[&str]) -> Arc<Registry> {
    Registry::new(
        selectors
            .iter()
            .map(|text| Selector::parse(text).unwrap())
            .collect(),
    )
}

#[test]
fn the_same_metric_may_be_registered_again() {
    let registry = registry(&[]);
    let one = registry
        .register("mine", MetricKind::Trend, Unit::Time)
        .unwrap();
    let two = registry
        .register("mine", MetricKind::Trend, Unit::Time)
        .unwrap();
    assert_eq!(one, two);
    assert_eq!(registry.metric("mine"), Some(one));
    let reqs = registry
        .register("http_reqs", MetricKind::Counter, Unit::Plain)
        .unwrap();
    assert_eq!(reqs, registry.builtin().http_reqs);
}

#[test]
fn a_name_has_one_kind_and_unit() {
    let registry = registry(&[]);
    registry
        .register("mine", MetricKind::Trend, Unit::Time)
        .unwrap();
    let clash = |kind, unit| registry.register("mine", kind, unit).unwrap_err();
    assert_eq!(clash(MetricKind::Counter, Unit::Plain).kind(), "clash");
    insta::assert_snapshot!(clash(MetricKind::Counter, Unit::Plain), @"metric `mine` is already a trend and cannot be a counter as well");
    insta::assert_snapshot!(clash(MetricKind::Trend, Unit::Plain), @"metric `mine` is already a trend of times and cannot be a trend of plain numbers");
}

#[test]
fn names_are_checked() {
    let registry = registry(&[]);
    let long = "a".repeat(128);
    for name in ["a", "_a9", "A", &long] {
        assert!(
            registry
                .register(name, MetricKind::Rate, Unit::Plain)
                .is_ok(),
            "{name}"
        );
    }
    let longer = "a".repeat(129);
    for name in ["", "9a", "a-b", "a b", "é", &longer] {
        let error = registry
            .register(name, MetricKind::Rate, Unit::Plain)
            .unwrap_err();
        assert_eq!(error.kind(), "bad_name", "{name}");
    }
}

#[test]
fn the_metrics_of_language_models_are_registered_on_request() {
    let registry = registry(&[]);
    assert_eq!(registry.metric("llm_ttft"), None);
    let ttft = registry.register_llm().unwrap().llm_ttft;
    assert_eq!(registry.metric("llm_ttft"), Some(ttft));
    assert_eq!(registry.register_llm().unwrap().llm_ttft, ttft);
    assert_eq!((ttft.kind(), ttft.unit()), (MetricKind::Trend, Unit::Time));
}

#[test]
fn a_script_may_register_a_metric_of_language_models_first() {
    let registry = registry(&[]);
    registry
        .register("llm_prompt_tokens", MetricKind::Trend, Unit::Plain)
        .unwrap();
    assert!(registry.register_llm().is_ok());

    let registry = Registry::new(Vec::new());
    registry
        .register("llm_prompt_tokens", MetricKind::Counter, Unit::Plain)
        .unwrap();
    assert_eq!(registry.register_llm().unwrap_err().kind(), "clash");
}

#[test]
fn a_selector_names_a_metric_or_a_declared_sub_metric() {
    let registry = registry(&["http_reqs{status:200}", "mine{a:1}", "http_reqs"]);
    let mine = registry
        .register("mine", MetricKind::Gauge, Unit::Plain)
        .unwrap();
    let target = |text: &str| registry.target(&Selector::parse(text).unwrap());
    let whole = registry.builtin().http_reqs;
    assert_eq!(target("http_reqs").unwrap().sink, whole.sink());
    assert_ne!(
        target("http_reqs{ status: 200 }").unwrap().sink,
        whole.sink()
    );
    let part = target("mine{a:1}").unwrap();
    assert_eq!((part.kind, part.unit), (MetricKind::Gauge, Unit::Plain));
    assert_ne!(part.sink, mine.sink());
    assert_eq!(target("mine{a:2}").unwrap_err().kind(), "not_declared");
    insta::assert_snapshot!(target("http_req_durations").unwrap_err(), @"no metric is named `http_req_durations`; did you mean `http_req_duration`?");
    insta::assert_snapshot!(target("zzz").unwrap_err(), @"no metric is named `zzz`");
}

#[test]
fn labels_and_a_split_by_the_same_tags_are_different_series() {
    let registry = Registry::new(vec![
        Selector::Split {
            metric: "http_reqs".to_owned(),
            tag: "scenario".to_owned(),
        },
        Selector::Labels {
            prefix: String::new(),
            tags: vec!["scenario".to_owned()],
        },
    ]);
    let place = |role| {
        let series = SeriesInfo {
            metric: "http_reqs".to_owned(),
            kind: MetricKind::Counter,
            unit: Unit::Plain,
            tags: [("scenario", "s")].into_iter().collect(),
            role,
        };
        registry.sink_of(&series).unwrap().unwrap()
    };
    let (tagged, labels) = (place(SeriesRole::SubMetric), place(SeriesRole::Labels));
    assert_ne!(tagged, labels);
    let catalog = Catalog::of(&registry);
    for (sink, role) in [
        (tagged, SeriesRole::SubMetric),
        (labels, SeriesRole::Labels),
    ] {
        assert!(
            catalog
                .iter()
                .any(|(info, own)| own == sink && info.role == role)
        );
    }
}

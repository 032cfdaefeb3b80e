use std::sync::Arc;

use super::*;
use crate::metrics::{Recorder, Tags};

struct Run {
    registry: Arc<Registry>,
    recorder: Recorder,
    totals: Totals,
}

impl Run {
    fn new() -> Self {
        let registry = Registry::new(vec![Selector::parse("http_reqs{status:500}").unwrap()]);
        let recorder = registry.recorder();
        Self {
            registry,
            recorder,
            totals: Totals::new(),
        }
    }

    fn add(&self, metric: &str, values: &[f64]) {
        let series = self
            .recorder
            .series(self.registry.metric(metric).unwrap(), &Tags::new());
        for &value in values {
            assert!(self.recorder.add(&series, value));
        }
    }

    fn bind(&self, selector: &str, expression: &str) -> Result<Threshold, ThresholdError> {
        let selector = Selector::parse(selector).unwrap();
        Threshold::bind(&self.registry, selector, expression.parse().unwrap())
    }

    /// The verdict after ten seconds.
    fn look(&mut self, selector: &str, expression: &str) -> Option<(f64, bool)> {
        self.totals.collect(&self.registry);
        let threshold = self.bind(selector, expression).unwrap();
        threshold
            .evaluate(&self.totals, Duration::from_secs(10))
            .map(|result| (result.value, result.ok))
    }
}

#[test]
fn every_figure_of_every_kind_is_compared() {
    for (metric, samples, expression, value, ok) in [
        ("http_reqs", &[3.0, 2.0][..], "count < 5", 5.0, false),
        ("http_reqs", &[3.0, 2.0], "count <= 5", 5.0, true),
        ("http_reqs", &[3.0, 2.0], "rate >= 0.5/s", 0.5, true),
        ("data_received", &[3e6, 2e6], "count > 4MB", 5e6, true),
        ("data_received", &[3e6, 2e6], "rate < 64kB/s", 5e5, false),
        ("data_received", &[3e6, 2e6], "count == 5000000", 5e6, true),
        ("vus", &[3.0, 2.0], "value != 2", 2.0, false),
        ("checks", &[1.0, 0.0, 1.0, 1.0], "rate > 0.7", 0.75, true),
        ("checks", &[1.0, 0.0, 1.0, 1.0], "rate > 80%", 0.75, false),
        ("http_req_duration", &[0.1, 0.3], "avg < 250ms", 0.2, true),
        ("http_req_duration", &[0.1, 0.3], "med < 150ms", 0.2, false),
        ("http_req_duration", &[0.1, 0.3], "min > 0", 0.1, true),
        ("http_req_duration", &[0.1, 0.3], "max < 1m", 0.3, true),
        (
            "http_req_duration",
            &[0.1, 0.3],
            "p(95) < 0.29s",
            0.29,
            false,
        ),
        ("http_req_duration", &[0.1, 0.3], "count === 2", 2.0, true),
        (
            "http_req_duration",
            &[0.25, 0.25],
            "sum == 500ms",
            0.5,
            true,
        ),
    ] {
        let mut run = Run::new();
        run.add(metric, samples);
        let (got, passed) = run.look(metric, expression).unwrap();
        assert!((got - value).abs() < 1e-9, "{metric} {expression}: {got}");
        assert_eq!(passed, ok, "{metric} {expression}");
    }
}

#[test]
fn without_samples_only_a_counter_has_a_result() {
    let mut run = Run::new();
    assert_eq!(run.look("http_reqs", "count > 0"), Some((0.0, false)));
    assert_eq!(
        run.look("http_reqs{status:500}", "count < 1"),
        Some((0.0, true))
    );
    assert_eq!(run.look("checks", "rate > 0.9"), None);
    assert_eq!(run.look("vus", "value > 0"), None);
    assert_eq!(run.look("http_req_duration", "p(95) < 1s"), None);
}

#[test]
fn a_rate_per_second_needs_time_to_have_passed() {
    let run = Run::new();
    let threshold = run.bind("http_reqs", "rate > 1").unwrap();
    assert_eq!(threshold.evaluate(&Totals::new(), Duration::ZERO), None);
}

#[test]
fn a_threshold_on_a_sub_metric_uses_its_samples() {
    let mut run = Run::new();
    run.add("http_reqs", &[1.0]);
    let tagged = Tags::new().with("status", "500").with("method", "GET");
    run.recorder.add(
        &run.recorder
            .series(run.registry.builtin().http_reqs, &tagged),
        1.0,
    );
    assert_eq!(run.look("http_reqs", "count < 1"), Some((2.0, false)));
    assert_eq!(
        run.look("http_reqs{status:500}", "count < 1"),
        Some((1.0, false))
    );
}

#[test]
fn errors_name_the_remedy() {
    let run = Run::new();
    let error = |selector, expression| run.bind(selector, expression).unwrap_err();
    insta::assert_snapshot!(error("http_req_duration", "p(95)<200"), @"`p(95)<200`: `http_req_duration` is measured in time and the number has no unit; write `p(95)<200ms` for milliseconds or `p(95)<200s` for seconds");
    insta::assert_snapshot!(error("http_req_duration", "p(95) < 1MB"), @"`p(95) < 1MB`: p(95) of `http_req_duration` is a time; compare it with a time, such as 200ms or 1.5s");
    insta::assert_snapshot!(error("http_req_duration", "rate<1"), @"`rate<1`: `http_req_duration` is a trend and has no rate; use avg, min, med, max, p(N), count or sum");
    insta::assert_snapshot!(error("http_req_duration", "count<1s"), @"`count<1s`: count of `http_req_duration` is a plain number; compare it with a number without a unit, such as 200");
    insta::assert_snapshot!(error("http_reqs", "count<1s"), @"`count<1s`: count of `http_reqs` is a plain number; compare it with a number without a unit, such as 200");
    insta::assert_snapshot!(error("checks", "rate<1s"), @"`rate<1s`: rate of `checks` is a share; compare it with a number from 0 to 1, or a percentage such as 5%");
    insta::assert_snapshot!(error("data_sent", "count<5%"), @"`count<5%`: count of `data_sent` is an amount of data; compare it with a number of bytes, such as 64kB or 10MB");
    insta::assert_snapshot!(error("nothing", "count<5"), @"no metric is named `nothing`");
}

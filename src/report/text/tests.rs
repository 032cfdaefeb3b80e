use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::metrics::{
    ClientFacts, Expression, MetricKind, Recorder, Registry, RunFacts, Selector, Threshold, Totals,
};

mod golden;

/// A run made by hand.
struct Run {
    registry: Arc<Registry>,
    recorder: Recorder,
    thresholds: Vec<(&'static str, &'static str)>,
}

impl Run {
    fn new(selectors: Vec<Selector>) -> Self {
        let registry = Registry::new(selectors);
        let recorder = registry.recorder();
        Self {
            registry,
            recorder,
            thresholds: Vec::new(),
        }
    }

    fn custom(&self, name: &str, kind: MetricKind) {
        self.registry.register(name, kind, Unit::Plain).unwrap();
    }

    fn add(&self, metric: &str, values: &[f64]) {
        self.add_tagged(metric, "", values);
    }

    fn add_tagged(&self, metric: &str, text: &str, values: &[f64]) {
        let series = self
            .recorder
            .series(self.registry.metric(metric).unwrap(), &tags(text));
        for &value in values {
            assert!(self.recorder.add(&series, value));
        }
    }

    fn check(&self, name: &str, text: &str, passes: u64, fails: u64) {
        let tags = tags(text).with("check", name);
        let series = self.recorder.series(self.registry.builtin().checks, &tags);
        self.recorder.add_n(&series, 1.0, passes);
        self.recorder.add_n(&series, 0.0, fails);
    }

    fn summary(&self, seconds: f64) -> Summary {
        let mut totals = Totals::new();
        totals.collect(&self.registry);
        let facts = RunFacts {
            duration: Duration::from_secs_f64(seconds),
            ..RunFacts::default()
        };
        let bind = |&(selector, expression): &(&str, &str)| {
            let selector = Selector::parse(selector).unwrap();
            let expression: Expression = expression.parse().unwrap();
            Threshold::bind(&self.registry, selector, expression).unwrap()
        };
        let thresholds: Vec<_> = self.thresholds.iter().map(bind).collect();
        Summary::new(&self.registry, &totals, facts, &thresholds)
    }
}

fn tags(text: &str) -> Tags {
    text.split_whitespace()
        .filter_map(|tag| tag.split_once(':'))
        .collect()
}

/// Shows the spaces at the ends of lines.
fn visible(text: &str) -> String {
    let mark = |line: &str| {
        let shown = line.trim_end_matches(' ');
        shown.to_owned() + &"·".repeat(line.len() - shown.len())
    };
    crate::tests::dedented(&text.lines().map(mark).collect::<Vec<_>>().join("\n"))
}

fn busy() -> Run {
    let selectors = ["llm_ttft{model:phi-2}", "http_req_duration{status:200}"];
    let mut selectors: Vec<_> = selectors.map(|text| Selector::parse(text).unwrap()).into();
    for tag in ["scenario", "group"] {
        selectors.push(Selector::SplitAll {
            tag: tag.to_owned(),
        });
    }
    let mut run = Run::new(selectors);
    run.registry.register_llm().unwrap();
    run.custom("mine", MetricKind::Trend);
    run.check("status is 200", "scenario:chat group:::login", 99, 1);
    run.check("has a token", "scenario:chat group:::login::again", 3, 0);
    run.check("status is 200", "scenario:chat group:", 1, 0);
    run.add_tagged("http_reqs", "scenario:chat group:::login", &[4.0]);
    run.add_tagged(
        "http_req_duration",
        "scenario:chat group: status:200",
        &[0.25, 0.5],
    );
    run.add_tagged("http_req_waiting", "scenario:default", &[0.001]);
    run.add_tagged("llm_ttft", "model:phi-2", &[0.02]);
    run.add_tagged("llm_ttft", "model:phi-3", &[0.04]);
    let mine = run.registry.metric("mine").unwrap();
    run.recorder
        .add_tagged(mine, &Tags::new(), &tags("size:2 model:a"), 5.5);
    run.recorder
        .add_tagged(mine, &Tags::new(), &tags("model:a"), f64::NAN);
    run.add("sse_event", &[120.0]);
    run.add("data_received", &[2_500_000.0]);
    run.add("vus", &[1.0, 7.0, 3.0]);
    run.add("schedule_delay", &[0.002]);
    run.thresholds = vec![
        ("llm_ttft{model:phi-2}", "p(99)<100ms"),
        ("llm_ttft", "p(95)<30ms"),
        ("llm_ttft", "count>10"),
        ("http_req_duration{status:200}", " max < 1s "),
        ("http_reqs", "rate>1/s"),
        ("iterations", "count>0"),
        ("http_req_failed", "rate<0.01"),
        ("data_received", "count<1MB"),
    ];
    run
}

#[test]
fn compact() {
    let text = text(&busy().summary(10.0), &TextOptions::default());
    insta::assert_snapshot!(visible(&text), @r"
    █ THRESHOLDS·

      data_received
      ✗ 'count<1MB' count=2.5 MB

      http_req_duration{status:200}
      ✓ 'max < 1s' max=500ms

      http_req_failed
      - 'rate<0.01' no data

      http_reqs
      ✗ 'rate>1/s' rate=0.4/s

      iterations
      ✗ 'count>0' count=0

      llm_ttft
      ✗ 'p(95)<30ms' p(95)=39ms
      ✗ 'count>10' count=2

        {model:phi-2}
        ✓ 'p(99)<100ms' p(99)=20ms


    █ TOTAL RESULTS·

      checks_total.......: 104    10.4/s
      checks_succeeded...: 99.03% 103 out of 104
      checks_failed......: 0.96%  1 out of 104

      ✗ status is 200 (login)
        ↳  99% — ✓ 99 / ✗ 1
      ✓ has a token
      ✓ status is 200

      CUSTOM
      mine....................: avg=5.5   min=5.5   med=5.5   max=5.5   p(90)=5.5   p(95)=5.5····
        { model:a, size:2 }...: avg=5.5   min=5.5   med=5.5   max=5.5   p(90)=5.5   p(95)=5.5····

      LLM
      llm_ttft................: avg=30ms  min=20ms  med=30ms  max=40ms  p(90)=38ms  p(95)=39ms···
        { model:phi-2 }.......: avg=20ms  min=20ms  med=20ms  max=20ms  p(90)=20ms  p(95)=20ms···

      SSE
      sse_event...............: 120    12/s

      HTTP
      http_req_duration.......: avg=375ms min=250ms med=375ms max=500ms p(90)=475ms p(95)=487.5ms
        { scenario:chat }.....: avg=375ms min=250ms med=375ms max=500ms p(90)=475ms p(95)=487.5ms
        { status:200 }........: avg=375ms min=250ms med=375ms max=500ms p(90)=475ms p(95)=487.5ms
      http_reqs...............: 4      0.4/s
        { group:::login }.....: 4      0.4/s
        { scenario:chat }.....: 4      0.4/s

      EXECUTION
      vus.....................: 3      min=1    max=7

      NETWORK
      data_received...........: 2.5 MB 250 kB/s

      NOTES
      1 sample refused: not a finite number, or negative for a counter

      client: ok
    ");
}

#[test]
fn full_has_everything_and_groups_and_scenarios() {
    let options = TextOptions {
        mode: Mode::Full,
        trend_stats: vec![Stat::Avg, Stat::Percentile(99.9), Stat::Count, Stat::Sum],
        time_unit: Some(TimeUnit::Millis),
        ..TextOptions::default()
    };
    let text = text(&busy().summary(10.0), &options);
    insta::assert_snapshot!(visible(&text), @r"
    █ THRESHOLDS·

      data_received
      ✗ 'count<1MB' count=2.5 MB

      http_req_duration{status:200}
      ✓ 'max < 1s' max=500.00ms

      http_req_failed
      - 'rate<0.01' no data

      http_reqs
      ✗ 'rate>1/s' rate=0.4/s

      iterations
      ✗ 'count>0' count=0

      llm_ttft
      ✗ 'p(95)<30ms' p(95)=39.00ms
      ✗ 'count>10' count=2

        {model:phi-2}
        ✓ 'p(99)<100ms' p(99)=20.00ms


    █ TOTAL RESULTS·

      checks_total.......: 104    10.4/s
      checks_succeeded...: 99.03% 103 out of 104
      checks_failed......: 0.96%  1 out of 104

      ✗ status is 200 (login)
        ↳  99% — ✓ 99 / ✗ 1
      ✓ has a token
      ✓ status is 200

      CUSTOM
      mine....................: avg=5.5      p(99.9)=5.5      count=1 sum=5.5·····
        { model:a, size:2 }...: avg=5.5      p(99.9)=5.5      count=1 sum=5.5·····

      LLM
      llm_bunched.............: 0      0/s
      llm_cached_tokens.......: 0      0/s
      llm_cancelled...........: 0      0/s
      llm_errors..............: 0      0/s
      llm_goodput.............: 0      0/s
      llm_items...............: 0      0/s
      llm_output_tokens.......: 0      0/s
      llm_requests............: 0      0/s
      llm_ttft................: avg=30.00ms  p(99.9)=39.98ms  count=2 sum=60.00ms·
        { model:phi-2 }.......: avg=20.00ms  p(99.9)=20.00ms  count=1 sum=20.00ms·

      SSE
      sse_comments............: 0      0/s
      sse_errors..............: 0      0/s
      sse_event...............: 120    12/s
      sse_reconnects..........: 0      0/s

      HTTP
      http_reconnects.........: 0      0/s
      http_req_duration.......: avg=375.00ms p(99.9)=499.75ms count=2 sum=750.00ms
        { status:200 }........: avg=375.00ms p(99.9)=499.75ms count=2 sum=750.00ms
      http_req_failed.........: 0.00%  0 out of 0
      http_req_waiting........: avg=1.00ms   p(99.9)=1.00ms   count=1 sum=1.00ms··
      http_reqs...............: 4      0.4/s

      EXECUTION
      client_errors...........: 0      0/s
      dropped_iterations......: 0      0/s
      iterations..............: 0      0/s
      iterations_failed.......: 0.00%  0 out of 0
      schedule_delay..........: avg=2.00ms   p(99.9)=2.00ms   count=1 sum=2.00ms··
      vus.....................: 3      min=1      max=7

      NETWORK
      data_received...........: 2.5 MB 250 kB/s
      data_sent...............: 0 B    0 B/s


    █ GROUP: login·

      checks_total.......: 100    10/s
      checks_succeeded...: 99.00% 99 out of 100
      checks_failed......: 1.00%  1 out of 100

      ✗ status is 200
        ↳  99% — ✓ 99 / ✗ 1

      HTTP
      http_reqs...: 4 0.4/s


      ↳ GROUP: again·

        checks_total.......: 3       0.3/s
        checks_succeeded...: 100.00% 3 out of 3
        checks_failed......: 0.00%   0 out of 3

        ✓ has a token


    █ SCENARIO: chat·

      checks_total.......: 104    10.4/s
      checks_succeeded...: 99.03% 103 out of 104
      checks_failed......: 0.96%  1 out of 104

      HTTP
      http_req_duration...: avg=375.00ms p(99.9)=499.75ms count=2 sum=750.00ms
      http_reqs...........: 4 0.4/s

      NOTES
      1 sample refused: not a finite number, or negative for a counter

      client: ok
    ");
}

#[test]
fn a_run_without_samples_has_a_title_only() {
    let text = text(&Run::new(Vec::new()).summary(0.0), &TextOptions::default());
    assert_eq!(text, "\n\n  █ TOTAL RESULTS \n\n    client: ok\n\n\n");
}

#[test]
fn a_latency_from_schedule_is_shown_if_it_differs() {
    for (scheduled, mode, shown) in [
        (0.21, Mode::Compact, false),
        (0.25, Mode::Compact, true),
        (0.21, Mode::Full, true),
    ] {
        let run = Run::new(Vec::new());
        run.add("sse_first_event", &[0.2]);
        run.add("sse_first_event_scheduled", &[scheduled]);
        let options = TextOptions {
            mode,
            ..TextOptions::default()
        };
        let text = text(&run.summary(1.0), &options);
        assert_eq!(text.contains("sse_first_event_scheduled"), shown, "{text}");
    }
}

#[test]
fn notes_come_last() {
    let mut summary = Run::new(Vec::new()).summary(1.0);
    summary.notes.push("tokens are counted chunks".to_owned());
    let text = text(&summary, &TextOptions::default());
    assert!(
        text.ends_with("\n    NOTES\n    tokens are counted chunks\n\n    client: ok\n\n\n"),
        "{text:?}"
    );
}

#[test]
fn the_verdict_on_the_client_comes_last() {
    let run = Run::new(Vec::new());
    run.add("client_lag", &[0.084; 100]);
    run.add("client_errors", &[1.0]);
    run.add("schedule_delay", &[0.5; 100]);
    let mut summary = run.summary(10.0);
    summary.audit(&ClientFacts {
        load: Duration::from_secs(10),
        cpu: vec![Duration::from_millis(9_870)],
        planned_starts: 200,
        dropped_starts: 50,
        stuck_vus: 2,
    });
    let text = text(&summary, &TextOptions::default());
    let last = text.find("client: ").unwrap();
    insta::assert_snapshot!(text[last..].trim_end(), @r"
    client: limited by stuck_vus, client_errors, cpu, lag, late_starts, dropped_starts
          ssel abandoned 2 VUs that never yielded the thread; distrust all figures
          1 request found no file descriptor, port or memory on this machine; distrust http_req_failed and errors
          a worker was busy 98.70% of the time (at most 90%); distrust rates, they may be those of ssel, and latencies: they are too long
          1% of the time, data was read 84ms late or more (at most 20ms); distrust latencies: they are too long
          1% of the iterations started 500ms late or more (at most 20ms); distrust the rate of iterations, and latencies: those from schedule include that wait, the others hide it
          25.00% of the planned starts found no VU (at most 1%); distrust rates, the load was lower than planned
    ");
}

#[test]
fn colours_follow_the_meaning() {
    let options = TextOptions {
        palette: Palette::COLOUR,
        ..TextOptions::default()
    };
    let mut run = Run::new(Vec::new());
    run.check("works", "", 1, 1);
    run.add("http_reqs", &[4.0]);
    run.thresholds.push(("http_reqs", "count>9"));
    run.thresholds.push(("vus", "value>9"));
    let text = text(&run.summary(2.0), &options).replace('\u{1b}', "␛");
    insta::assert_snapshot!(visible(&text), @r"
    ␛[1m█ THRESHOLDS ␛[0m

      http_reqs
      ␛[31m✗␛[0m ␛[37m'count>9'␛[0m ␛[37mcount=␛[0m␛[36m4␛[0m

      vus
      ␛[33m-␛[0m ␛[37m'value>9'␛[0m ␛[2m␛[36mno data␛[0m


    ␛[1m█ TOTAL RESULTS ␛[0m

      checks_total␛[2m␛[37m.......:␛[0m ␛[36m2     ␛[0m ␛[2m␛[36m1/s␛[0m
      checks_succeeded␛[2m␛[37m...:␛[0m ␛[36m50.00%␛[0m ␛[2m␛[36m1 out of 2␛[0m
      checks_failed␛[2m␛[37m......:␛[0m ␛[36m50.00%␛[0m ␛[2m␛[36m1 out of 2␛[0m

      ␛[31m✗ works␛[0m
        ␛[31m↳  50% — ✓ 1 / ✗ 1␛[0m

      ␛[1mHTTP␛[0m
      http_reqs␛[2m␛[37m...:␛[0m ␛[36m4␛[0m ␛[2m␛[36m2/s␛[0m

      client: ␛[32mok␛[0m
    ");
}

//! Queries of a real Prometheus. Without Prometheus, these tests say so and pass; in CI they fail.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::joined::free_port;
use crate::support::ssel::{Ssel, run};

/// A Prometheus with its data in a folder.
struct Prometheus {
    child: Child,
    port: u16,
}

/// Whether Prometheus is installed.
fn is_there() -> bool {
    let version = Command::new("prometheus").arg("--version").output();
    let is_there = version.is_ok_and(|output| output.status.success());
    if !is_there {
        assert!(
            std::env::var_os("CI").is_none(),
            "there is no Prometheus: apt-get install prometheus"
        );
        eprintln!("skipped: there is no Prometheus (apt-get install prometheus)");
    }
    is_there
}

impl Prometheus {
    /// Starts one, and waits until it is ready.
    fn start(folder: &Path, port: u16) -> Self {
        std::fs::write(folder.join("prometheus.yml"), "").unwrap();
        let child = Command::new("prometheus")
            .current_dir(folder)
            .args([
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--web.enable-remote-write-receiver",
                "--enable-feature=native-histograms",
                "--log.level=error",
            ])
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prometheus = Self { child, port };
        let since = Instant::now();
        while prometheus
            .get("/-/ready")
            .is_none_or(|body| !body.contains("Ready"))
        {
            assert!(
                since.elapsed() < Duration::from_mins(1),
                "Prometheus does not become ready"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        prometheus
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn get(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (_, body) = text.split_once("\r\n\r\n")?;
        Some(body.to_owned())
    }

    /// The result of a query, which must be valid.
    #[track_caller]
    fn query(&self, query: &str) -> Vec<Value> {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let body = self.get(&format!("/api/v1/query?query={encoded}")).unwrap();
        let answer: Value =
            serde_json::from_str(&body).unwrap_or_else(|_| panic!("{query}: {body}"));
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().unwrap().clone()
    }

    /// The only number that a query returns.
    #[track_caller]
    fn number(&self, query: &str) -> f64 {
        let result = self.query(query);
        assert_eq!(result.len(), 1, "{query}: {result:?}");
        result[0]["value"][1].as_str().unwrap().parse().unwrap()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The last value of a query. An ended series has no current value, but a recent one.
fn last(query: &str) -> String {
    format!("last_over_time(({query})[1m:10ms])")
}

/// Two scenarios with their own streams, requests, checks and times.
const SCRIPT: &str = r#"
    options = { scenarios = {
        one = { executor = "constant-vus", vus = 3, duration = "4s", exec = "one" },
        two = { executor = "constant-vus", vus = 2, duration = "4s", exec = "two" } } }
    local own = metrics.trend("own", true)
    local n = 0
    function one()
        sse.open(target.url("/.sse?n=4&interval=5ms"), function() end)
        local answer = http.get(target.url("/echo"))
        check(answer, { ["is 200"] = function(r) return r.status == 200 end })
        for _ = 1, 20 do
            n = n + 1
            own:add(0.001 * 10 ^ (n * 0.618 % 3))
        end
    end
    function two()
        http.get(target.url("/status/503"))
        group("pause", function() sleep(0.01) end)
        llm.chat { url = target.url("/v1/chat/completions?itl=2ms"), prompt = "Hello", max_tokens = 4 }
    end
"#;

#[test]
fn queries_return_the_figures_of_the_summary() {
    if !is_there() {
        return;
    }
    let folder = folder();
    let prometheus = Prometheus::start(folder.path(), free_port());
    let out = format!(
        "prometheus={},run=r,interval=2s,stats=max,native",
        prometheus.url()
    );
    let ssel = run(SCRIPT).args([
        "--out",
        &out,
        "--summary-trend-stats",
        "med,p(90),p(99),max",
    ]);
    let exported = ssel.exported(0);
    // Each sample belongs to one series, so sums cover the whole run.
    for metric in [
        "http_reqs",
        "sse_event",
        "iterations",
        "data_received",
        "llm_requests",
    ] {
        let sum = format!("sum(max_over_time(ssel_{metric}_total{{run=\"r\"}}[1h]))");
        assert_eq!(prometheus.number(&sum), exported.count(metric), "{metric}");
    }
    let scenarios = prometheus.query("max_over_time(ssel_http_reqs_total{run=\"r\"}[1h])");
    assert_eq!(scenarios.len(), 2, "{scenarios:?}");
    let failed = "sum(max_over_time(ssel_http_req_failed_passes_total{run=\"r\"}[1h]))";
    assert_eq!(
        prometheus.number(failed),
        exported.value("http_req_failed", "passes")
    );
    let checks = prometheus
        .query("ssel_checks_passes_total{run=\"r\",check=\"is 200\",scenario=\"one\"}[1h]");
    assert_eq!(checks.len(), 1);
    // The values spread over ten powers of two, for which 160 buckets give sixteen each.
    let width = 2_f64.powf(1.0 / 16.0);
    for (percentile, name) in [(0.5, "med"), (0.9, "p(90)"), (0.99, "p(99)")] {
        let query = format!("histogram_quantile({percentile}, sum(ssel_own_seconds{{run=\"r\"}}))");
        let theirs = prometheus.number(&last(&query));
        let ours = exported.value("own", name);
        let ratio = (theirs / ours).max(ours / theirs);
        assert!(ratio <= width, "{name}: {theirs} there, {ours} here");
    }
    let count = prometheus.number(&last("histogram_count(sum(ssel_own_seconds{run=\"r\"}))"));
    let iterations = "max_over_time(ssel_iterations_total{run=\"r\",scenario=\"one\"}[1h])";
    // Each iteration of the one scenario adds twenty values.
    assert_eq!(count, 20.0 * prometheus.number(iterations));
    let max = prometheus.number("max(max_over_time(ssel_own_max{run=\"r\"}[1h]))");
    assert!((max - exported.value("own", "max")).abs() < 1e-9);
    // The store sees the first increase too: a counter begins with zero at the start of the run.
    let zero = "sum(min_over_time(ssel_http_reqs_total{run=\"r\"}[1h]))";
    assert_eq!(prometheus.number(zero), 0.0);
}

#[test]
fn a_store_that_restarts_has_no_gap() {
    if !is_there() {
        return;
    }
    let folder = folder();
    let port = free_port();
    let mut prometheus = Prometheus::start(folder.path(), port);
    let script = r#"
        options = { scenarios = { s = { executor = "constant-vus", vus = 1, duration = "8s" } } }
        local ticks = metrics.counter("ticks")
        function default() ticks:add(1) sleep(0.02) end
    "#;
    let out = format!("prometheus={},run=r,interval=1s", prometheus.url());
    let ssel = Ssel::new().file("script.lua", script);
    let ssel = ssel.args(["run", "--quiet", "script.lua", "--out", &out]);
    let child = ssel.command().spawn().unwrap();
    while prometheus.query("ssel_ticks_total").is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    prometheus.child.kill().unwrap();
    prometheus.child.wait().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let prometheus = Prometheus::start(folder.path(), port);
    let said = crate::support::ssel::said(child).exits(0);
    assert!(
        said.stderr.contains("accepts pushes again"),
        "{}",
        said.stderr
    );
    let series = prometheus.query("ssel_ticks_total{run=\"r\"}[1h]");
    assert_eq!(series.len(), 1, "{series:?}");
    let samples: Vec<(f64, f64)> = series[0]["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sample| {
            (
                sample[0].as_f64().unwrap(),
                sample[1].as_str().unwrap().parse().unwrap(),
            )
        })
        .collect();
    let gaps = samples.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let widest = gaps.fold(0.0, f64::max);
    assert!(widest < 2.5, "a hole of {widest} s: {samples:?}");
    assert!(samples.is_sorted_by(|a, b| a.1 <= b.1), "{samples:?}");
    let last = f64::from(u32::try_from(said.count("ticks")).unwrap());
    assert_eq!(samples.last().unwrap().1, last);
}

#[test]
fn every_query_of_the_dashboard_returns_data() {
    if !is_there() {
        return;
    }
    let folder = folder();
    let prometheus = Prometheus::start(folder.path(), free_port());
    // Failures of each kind, so that every panel has data.
    let script = SCRIPT.replace(
        "function two()",
        r#"function two()
            sse.open(target.url("/.sse?n=2&interval=1ms&fault=reset"), function() end)
            llm.chat { url = target.url("/v1/chat/completions?fault=error"), prompt = "Hello" }"#,
    );
    let script = script.replace(
        "options = { scenarios = {",
        r#"options = { scenarios = {
            busy = { executor = "constant-arrival-rate", rate = 40, duration = "4s", pre_allocated_vus = 1, exec = "busy" },"#,
    ) + "\nfunction busy() sleep(0.2) end";
    let out = format!("prometheus={},run=r,interval=1s", prometheus.url());
    run(&script).args(["--out", &out]).said().exits(0);
    let dashboard = Ssel::new().args(["dashboard"]).said().exits(0);
    let dashboard: Value = serde_json::from_str(&dashboard.stdout).unwrap();
    let mut missing = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().unwrap();
            let query = &query
                .replace("$run", "r")
                .replace("$scenario", ".*")
                .replace("$__rate_interval", "1m");
            if prometheus.query(&last(query)).is_empty() {
                missing.push(format!("{}: {query}", panel["title"]));
            }
        }
    }
    // This occurs only on a machine that runs out of ports.
    missing.retain(|query| !query.contains("client_errors"));
    assert!(missing.is_empty(), "{missing:#?}");
    let names = |variable: usize| {
        let query = dashboard["templating"]["list"][variable]["query"]["query"].as_str();
        query
            .unwrap()
            .trim_start_matches("label_values(")
            .split(['{', ','])
            .next()
            .unwrap()
            .to_owned()
    };
    for name in [names(1), names(2)] {
        assert!(
            !prometheus
                .query(&format!("last_over_time({name}[1h])"))
                .is_empty(),
            "{name}"
        );
    }
}

#[test]
fn names_and_labels_match_dashboards_of_k6() {
    if !is_there() {
        return;
    }
    let folder = folder();
    let prometheus = Prometheus::start(folder.path(), free_port());
    let settings = "run=r,interval=1s,prefix=k6_,native,stats=min,max,p(95),p(99)";
    let out = format!("prometheus={},{settings}", prometheus.url());
    run(SCRIPT).args(["--out", &out]).said().exits(0);
    let times = [
        "blocked",
        "tls_handshaking",
        "sending",
        "waiting",
        "receiving",
        "duration",
    ];
    let of_time = |ending: &str| times.map(|time| format!("k6_http_req_{time}_{ending}"));
    let mut names: Vec<String> = ["seconds", "min", "max", "p95", "p99"]
        .map(of_time)
        .concat();
    for name in [
        "vus",
        "http_reqs_total",
        "http_req_failed_rate",
        "data_sent_total",
        "data_received_total",
        "checks_rate",
        "iteration_duration_seconds",
        "iteration_duration_p99",
    ] {
        names.push(format!("k6_{name}"));
    }
    for name in names {
        let last = prometheus.query(&last(&format!("count({name}{{testid=\"r\"}})")));
        assert!(!last.is_empty(), "{name}");
    }
    let failed = "sum(max_over_time(k6_http_reqs_total{testid=\"r\",expected_response=\"false\",status=\"503\"}[1h]))";
    let all = "sum(max_over_time(k6_http_reqs_total{testid=\"r\"}[1h]))";
    let (failed, all) = (prometheus.number(failed), prometheus.number(all));
    assert!(failed > 0.0 && failed < all, "{failed} of {all}");
    let by_url = last("avg by (name, method, status) (k6_http_req_duration_p99{testid=\"r\"})");
    let requests = prometheus.query(&by_url);
    assert!(requests.len() >= 3, "{requests:?}");
    assert!(
        requests
            .iter()
            .all(|row| row["metric"]["method"] != Value::Null),
        "{requests:?}"
    );
}

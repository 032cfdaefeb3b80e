//! Stores that are slow, unreachable, full or reject pushes.

use std::net::TcpListener;
use std::time::Duration;

use super::store::{OK, Request, Store};
use super::{counter, load};
use crate::support::ssel::Ssel;

/// The answer of a store that supports version 2.0.
fn accept(_: usize, request: &Request) -> String {
    let count: usize = request
        .series()
        .iter()
        .map(|(_, samples)| samples.len())
        .sum();
    format!("{OK}x-prometheus-remote-write-samples-written: {count}\r\n")
}

fn status(text: &str) -> String {
    format!("HTTP/1.1 {text}\r\n")
}

#[test]
fn a_rejected_push_is_reported_once_without_changing_the_exit_code() {
    let store = Store::start(|_, _| status("404 Not Found"));
    let ssel = load(&store.url, "").args(["--duration", "3s", "--save", "run.ssel"]);
    let said = ssel.said().exits(0);
    // A saved run records what its store lacks.
    let notes = ::ssel::saved::read(&ssel.folder().join("run.ssel"))
        .unwrap()
        .notes;
    assert!(
        notes
            .iter()
            .any(|note| note.contains("dropped: 404: Not Found")),
        "{notes:?}"
    );
    assert!(
        said.stderr
            .contains("rejected a push, which is not retried: 404"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("dropped: 404: Not Found"),
        "{}",
        said.stderr
    );
    let requests = store.requests();
    let distinct: std::collections::HashSet<_> = requests.iter().map(|r| r.body.clone()).collect();
    assert_eq!(requests.len(), distinct.len(), "something was sent twice");
    // Reported once.
    assert!(requests.len() > 2);
    assert_eq!(said.stderr.matches("rejected a push").count(), 1);
    // A flag makes it a failure.
    let strict = load(&store.url, ",strict").args(["--duration", "1s"]);
    strict.said().exits(1);
}

#[test]
fn a_store_that_requests_a_pause_gets_it_and_nothing_is_lost() {
    let store = Store::start(|number, request| match number {
        1 | 2 => status("429 Too Many Requests\r\nRetry-After: 1"),
        n => accept(n, request),
    });
    let said = load(&store.url, "")
        .args(["--duration", "4s"])
        .said()
        .exits(0);
    let requests = store.requests();
    for n in [1, 2] {
        assert_eq!(
            requests[n].body,
            requests[n + 1].body,
            "the same request comes again"
        );
        assert!(requests[n + 1].at - requests[n].at >= Duration::from_secs(1));
    }
    assert!(said.stderr.contains("2 retried"), "{}", said.stderr);
    assert!(!said.stderr.contains("dropped"), "{}", said.stderr);
    whole(&store, said.count("ticks"));
}

#[test]
fn a_requested_pause_continues_after_the_end_of_the_run() {
    let store = Store::start(|number, request| match number {
        0 => status("429 Too Many Requests\r\nRetry-After: 4"),
        n => accept(n, request),
    });
    // The first push comes after a second, so the run ends within the pause.
    let said = load(&store.url, "")
        .args(["--duration", "2s"])
        .said()
        .exits(0);
    let requests = store.requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(4));
    assert!(said.stderr.contains("1 retried"), "{}", said.stderr);
    assert!(!said.stderr.contains("dropped"), "{}", said.stderr);
    let samples = counter(&store, "ssel_ticks_total{scenario=default}");
    assert_eq!(
        samples.last().unwrap().1,
        f64::from(u32::try_from(said.count("ticks")).unwrap())
    );
}

/// The counter of the script has a value for each second and ends with the count of the summary.
#[track_caller]
fn whole(store: &Store, count: u64) {
    let samples = counter(store, "ssel_ticks_total{scenario=default}");
    assert!(
        samples.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1),
        "{samples:?}"
    );
    let gaps = samples.windows(2).map(|pair| pair[1].0 - pair[0].0);
    let widest = gaps.max().unwrap_or_default();
    assert!(widest < 2_500, "a hole of {widest} ms: {samples:?}");
    assert_eq!(
        samples.last().map(|(_, value)| *value),
        Some(f64::from(u32::try_from(count).unwrap()))
    );
}

#[test]
fn an_outage_leaves_no_gap() {
    let store = Store::start(|number, request| match number {
        2..=5 => status("503 Service Unavailable"),
        n => accept(n, request),
    });
    let said = load(&store.url, "")
        .args(["--duration", "4s"])
        .said()
        .exits(0);
    assert!(
        said.stderr.contains("503: Service Unavailable"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("accepts pushes again"),
        "{}",
        said.stderr
    );
    whole(&store, said.count("ticks"));
}

#[test]
fn a_dead_store_never_slows_the_load() {
    // It accepts connections and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    // Nothing listens.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let closed = format!("http://{closed}");
    let script = r#"
        options = { scenarios = { s = { executor = "constant-arrival-rate", rate = 100, duration = "3s",
            pre_allocated_vus = 100 } } }
        function default() end
    "#;
    for (url, why) in [(silent, "no answer in time"), (closed, "refused")] {
        let ssel = Ssel::new()
            .file("script.lua", script)
            .args(["run", "--quiet", "script.lua"]);
        let out = format!("prometheus={url},interval=1s,timeout=500ms");
        let said = ssel.args(["--out", &out]).said().exits(0);
        // A busy machine may drop a few starts anyway.
        let (made, dropped) = (said.count("iterations"), said.count("dropped_iterations"));
        assert_eq!(made + dropped, 300, "{}", said.stderr);
        assert!(dropped < 10, "{}", said.stderr);
        assert!(said.stderr.contains(why), "{}", said.stderr);
        assert!(
            said.stderr
                .contains("ssel keeps the data and retries, and the load continues"),
            "{}",
            said.stderr
        );
        assert!(
            said.stderr.contains("0 samples stored in 0 requests"),
            "{}",
            said.stderr
        );
        assert!(
            said.stderr
                .contains("dropped: the store did not accept them before the end"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn version_two_is_used_if_the_store_supports_it() {
    let store = Store::start(accept);
    let said = load(&store.url, "")
        .args(["--duration", "3s"])
        .said()
        .exits(0);
    let requests = store.requests();
    assert!(requests.iter().all(Request::is_two));
    let head = &requests[0].head;
    assert!(head.starts_with("post /api/v1/write http/1.1"), "{head}");
    for header in [
        "content-encoding: snappy",
        "x-prometheus-remote-write-version: 2.0.0",
    ] {
        assert!(head.contains(header), "{head}");
    }
    whole(&store, said.count("ticks"));
    let kinds = requests[1].kinds();
    assert_eq!(kinds["ssel_ticks_total"], (1, true));
    assert_eq!(kinds["ssel_vus"], (2, false));
    assert_eq!(kinds["ssel_iteration_duration_seconds"], (3, true));
}

#[test]
fn a_store_of_version_one_gets_everything_in_version_one() {
    let answers: [fn(&Request) -> String; 3] = [
        // As Prometheus 2.42 and VictoriaMetrics 1.79 do: they accept the push and store nothing.
        |_| OK.to_owned(),
        |request| {
            if request.is_two() {
                status("415 Unsupported Media Type")
            } else {
                OK.to_owned()
            }
        },
        |request| {
            if request.is_two() {
                status("400 Bad Request")
            } else {
                OK.to_owned()
            }
        },
    ];
    for answer in answers {
        let store = Store::start(move |_, request| answer(request));
        let said = load(&store.url, "")
            .args(["--duration", "2s"])
            .said()
            .exits(0);
        let requests = store.requests();
        assert!(requests[0].is_two() && requests[1..].iter().all(|request| !request.is_two()));
        assert_eq!(
            requests[0].series(),
            requests[1].series(),
            "what was taken for stored comes again"
        );
        let head = &requests[1].head;
        assert!(
            head.contains("x-prometheus-remote-write-version: 0.1.0"),
            "{head}"
        );
        let series = requests[1..].iter().flat_map(Request::series);
        let last = series.filter(|(name, _)| name == "ssel_ticks_total{scenario=default}");
        let last = last
            .flat_map(|(_, samples)| samples)
            .rfind(|(_, value)| !value.is_nan());
        assert_eq!(
            last.unwrap().1,
            f64::from(u32::try_from(said.count("ticks")).unwrap())
        );
    }
}

#[test]
fn the_store_is_informed_of_the_end_of_a_run() {
    let store = Store::start(accept);
    load(&store.url, "")
        .args(["--duration", "1s"])
        .said()
        .exits(0);
    for (name, samples) in store.series() {
        let (_, last) = samples.last().unwrap();
        assert!(last.is_nan(), "{name} goes on: {samples:?}");
    }
}

#[test]
fn figures_cover_the_time_since_the_last_push() {
    let store = Store::start(accept);
    let script = r#"
        options = { scenarios = { s = { executor = "constant-vus", vus = 1, duration = "4s" } } }
        local late = metrics.trend("late", true)
        local start
        function default()
          start = start or now()
          late:add(now() - start > 2.5 and 9 or 1)
          sleep(0.05)
        end
    "#;
    let ssel = Ssel::new()
        .file("script.lua", script)
        .args(["run", "--quiet", "script.lua"]);
    let out = format!("prometheus={},interval=1s,stats=max,p(99)", store.url);
    ssel.args(["--out", &out]).said().exits(0);
    let series = store.series();
    let values = |name: &str| -> Vec<f64> {
        let samples = series
            .get(name)
            .unwrap_or_else(|| panic!("{:?}", series.keys()));
        samples
            .iter()
            .map(|(_, value)| *value)
            .filter(|value| !value.is_nan())
            .collect()
    };
    let max = values("ssel_late_max{scenario=s}");
    assert!(max[0] == 1.0 && max[max.len() - 1] == 9.0, "{max:?}");
    let p99 = values("ssel_late_p99{scenario=s}");
    assert!((p99[0] - 1.0).abs() < 0.01, "{p99:?}");
    assert!(!series.contains_key("ssel_late_seconds{scenario=s}"));
}

#[test]
fn the_last_values_arrive_however_a_run_ends() {
    let script = r#"
        options = { thresholds = { ticks = { { threshold = "count<20", abort_on_fail = true } } },
            scenarios = { s = { executor = "constant-vus", vus = 1, duration = "1m" } } }
        local ticks = metrics.counter("ticks")
        function default() ticks:add(1) sleep(0.05) end
    "#;
    let store = Store::start(accept);
    let ssel = Ssel::new()
        .file("script.lua", script)
        .args(["run", "--quiet", "script.lua"]);
    let out = format!("prometheus={}", store.url);
    let said = ssel.args(["--out", &out]).said().exits(99);
    let samples = counter(&store, "ssel_ticks_total{scenario=s}");
    let last = f64::from(u32::try_from(said.count("ticks")).unwrap());
    assert_eq!(samples.last().unwrap().1, last, "{samples:?}");
}

#[cfg(unix)]
#[test]
fn the_last_values_arrive_after_a_signal() {
    for signal in ["-INT", "-TERM"] {
        let store = Store::start(accept);
        let ssel = load(&store.url, "").args(["--duration", "1m"]);
        let child = ssel.command().spawn().unwrap();
        // The first push comes during the load.
        while store.requests().is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let id = child.id().to_string();
        std::process::Command::new("kill")
            .args([signal, &id])
            .status()
            .unwrap();
        let said = crate::support::ssel::said(child).exits(105);
        let samples = counter(&store, "ssel_ticks_total{scenario=default}");
        let last = f64::from(u32::try_from(said.count("ticks")).unwrap());
        assert_eq!(samples.last().unwrap().1, last, "{samples:?}");
    }
}

#[test]
fn mistakes_are_reported_before_the_load() {
    for (out, says) in [
        (
            "prometheus=http://h/,prefx=a",
            "unknown key \"prefx\": did you mean prefix?",
        ),
        ("prometheus=ftp://h/", "ftp"),
        ("prometheus=http://ann:s3cret@h/", "contains a user name"),
        ("prometheus=http://h/,bearer=s3cret", "bearer-env=NAME"),
        (
            "prometheus=http://h/,bearer-env=NO_SUCH_VARIABLE",
            "bearer-env: no environment variable has this name",
        ),
        ("prometheus=http://h/,user=ann", "password-env=NAME"),
        ("prometheus=http://h/,interval=1ms", "too short"),
        ("prometheus=http://h/,interval", "interval needs a value"),
        ("prometheus=http://h/,strict=yes", "strict takes no value"),
        ("prometheus=http://h/,stats=p(99),nonsense", "nonsense"),
        ("prometheus=http://h/,prefix=9", "letters, digits"),
        ("prometheus=http://h/,header=s3cret", "header is NAME:VALUE"),
        ("prometheus=http://h/,ca=/no/such.pem", "/no/such.pem"),
    ] {
        let ssel = load("x", "").instead_of("prometheus=x,interval=1s", out);
        let said = ssel.args(["--duration", "1s"]).said().exits(104);
        assert!(said.stderr.contains(says), "{out}: {}", said.stderr);
        assert!(!said.stderr.contains("s3cret"), "{out}: {}", said.stderr);
    }
}

#[test]
fn the_environment_completes_the_settings_of_a_push() {
    let store = Store::start(accept);
    let ssel = load("x", "").instead_of("prometheus=x,interval=1s", "prometheus");
    let ssel = ssel
        .args(["--duration", "1s"])
        .env("SSEL_PROMETHEUS_URL", &store.url)
        .env("SSEL_PROMETHEUS_PREFIX", "k6_")
        .env("SSEL_PROMETHEUS_BEARER", "s3cret")
        .env("SSEL_PROMETHEUS_HEADER", "X-Scope-OrgID:team");
    let said = ssel.said().exits(0);
    assert!(!format!("{said:?}").contains("s3cret"));
    let head = &store.requests()[0].head;
    assert!(head.contains("authorization: bearer s3cret"), "{head}");
    assert!(head.contains("x-scope-orgid: team"), "{head}");
    assert!(
        store
            .series()
            .keys()
            .any(|name| name.starts_with("k6_ticks_total{"))
    );
}

#[test]
fn benchmarks_of_models_and_of_urls_are_pushed_too() {
    let server = ssel::serve::Server::start_background("127.0.0.1:0".parse().unwrap());
    let server = server.unwrap();
    let base = format!("http://{}", server.addr());
    let store = Store::start(accept);
    let out = format!("prometheus={},interval=1s", store.url);
    let ssel = Ssel::new().args(["llm", &base, "-n", "5", "--concurrency", "2", "--out", &out]);
    ssel.said().exits(0);
    let requests = counter(&store, "ssel_llm_requests_total{scenario=llm}");
    assert_eq!(requests.last().unwrap().1, 5.0);
    let store = Store::start(accept);
    let out = format!("prometheus={},interval=1s", store.url);
    let url = format!("{base}/echo");
    let ssel = Ssel::new().args(["wrk", "-t1", "-c2", "-n", "50", &url, "--out", &out]);
    ssel.said().exits(0);
    assert_eq!(
        counter(&store, "ssel_http_reqs_total{}").last().unwrap().1,
        50.0
    );
}

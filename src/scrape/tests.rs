//! Pages of servers, and what comes of them.

use std::sync::Arc;

use super::*;
use crate::metrics::{MetricKind, Registry, RunFacts, Summary, Tags, Threshold, Totals, Unit};

fn page(name: &str) -> Exposition {
    let path = format!(
        "{}/tests/data/metrics/{name}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    Exposition::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Records what pages bring, one after the other, as a run does.
fn recorded(pages: &[Exposition], wanted: Wanted) -> (Arc<Registry>, Window) {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let mut window = Window::new(wanted);
    for page in pages {
        for reading in window.read(page) {
            let metric = registry.register_scraped(&reading.metric, reading.kind, Unit::Plain);
            let tags = reading
                .labels
                .iter()
                .fold(Tags::new().with("server", "s:1"), |tags, (name, value)| {
                    tags.with(name.as_str(), value.as_str())
                });
            recorder.add_tagged(metric.unwrap(), &Tags::new(), &tags, reading.value);
        }
    }
    (registry, window)
}

fn summary(registry: &Arc<Registry>) -> Summary {
    let mut totals = Totals::new();
    totals.collect(registry);
    Summary::new(
        registry,
        &totals,
        RunFacts::default(),
        [] as [&Threshold; 0],
    )
}

fn findings(name: &str) -> Findings {
    let pages = [
        page(&format!("{name}-before")),
        page(&format!("{name}-after")),
    ];
    let (registry, _) = recorded(&pages, Wanted::default());
    Findings::of(&summary(&registry)).unwrap()
}

#[test]
fn vllm_is_understood() {
    let found = findings("vllm-0.33");
    assert_eq!(
        found,
        Findings {
            ttft: Some(0.0625),
            queue: Some(0.015_625),
            requests: Some(40.0),
            aborted: Some(2.0),
            prompt_tokens: Some(10_000.0),
            generated_tokens: Some(2000.0),
            hit_rate: Some(0.5),
            kv_peak: Some(0.43),
            running_peak: Some(7.0),
            waiting_peak: Some(3.0),
            preemptions: Some(3.0),
            drafts: Some(500.0),
            draft_tokens: Some(1500.0),
            accepted_tokens: Some(1000.0),
            accepted_by_position: vec![0.8, 0.7, 0.5],
            acceptance_length: Some(3.0),
            energy: None,
            power_peak: None,
        }
    );
    assert_eq!(found.acceptance_rate(), Some(2.0 / 3.0));
}

#[test]
fn llama_cpp_is_understood() {
    let found = findings("llama");
    // 300 tokens were computed and 100 came from the cache.
    assert_eq!(found.prompt_tokens, Some(400.0));
    assert_eq!(found.hit_rate, Some(0.25));
    assert_eq!(found.generated_tokens, Some(1000.0));
    assert_eq!(
        (found.running_peak, found.waiting_peak),
        (Some(4.0), Some(2.0))
    );
}

#[test]
fn sglang_is_understood() {
    let found = findings("sglang");
    assert_eq!(found.ttft, Some(0.2));
    assert_eq!((found.requests, found.aborted), (Some(50.0), Some(2.0)));
    assert_eq!(found.hit_rate, Some(0.25));
    assert_eq!(
        (found.running_peak, found.waiting_peak),
        (Some(162.0), Some(2826.0))
    );
}

#[test]
fn tgi_is_understood() {
    let found = findings("tgi");
    assert_eq!(found.queue, Some(0.5));
    assert_eq!(
        (found.requests, found.prompt_tokens),
        (Some(20.0), Some(2000.0))
    );
    assert_eq!(found.generated_tokens, Some(1000.0));
}

#[test]
fn the_energy_of_a_divided_gpu_counts_once() {
    let found = findings("dcgm");
    // Two GPUs, 300,000 mJ each.
    assert_eq!(found.energy, Some(600.0));
    assert_eq!(found.power_peak, Some(400.581));
}

#[test]
fn a_restarted_server_counts_from_zero() {
    let text = |count: u64| {
        format!("# TYPE vllm:num_preemptions_total counter\nvllm:num_preemptions_total {count}\n")
    };
    let pages = [100, 130, 5, 9].map(|count| Exposition::parse(&text(count)).unwrap());
    let (registry, window) = recorded(&pages, Wanted::default());
    let found = Findings::of(&summary(&registry)).unwrap();
    assert_eq!(found.preemptions, Some(39.0));
    assert_eq!(window.resets(), 1);
}

#[test]
fn a_counter_that_appears_later_has_counted_from_zero() {
    let before =
        Exposition::parse("# TYPE vllm:prompt_tokens counter\nvllm:prompt_tokens_total 5\n")
            .unwrap();
    let after = Exposition::parse(
        "# TYPE vllm:prompt_tokens counter\nvllm:prompt_tokens_total 5\n\
         # TYPE vllm:num_preemptions counter\nvllm:num_preemptions_total 7\n",
    )
    .unwrap();
    let (registry, _) = recorded(&[before, after], Wanted::default());
    let found = Findings::of(&summary(&registry)).unwrap();
    assert_eq!(
        (found.preemptions, found.prompt_tokens),
        (Some(7.0), Some(0.0))
    );
}

#[test]
fn engines_of_one_server_add_up() {
    let text = "# TYPE vllm:num_requests_running gauge\n\
                vllm:num_requests_running{engine=\"0\"} 3\nvllm:num_requests_running{engine=\"1\"} 4\n";
    let (registry, _) = recorded(&[Exposition::parse(text).unwrap()], Wanted::default());
    let found = Findings::of(&summary(&registry)).unwrap();
    assert_eq!(found.running_peak, Some(7.0));
}

#[test]
fn variants_of_the_format_are_parsed() {
    let text = "# HELP a Something, with \\n in it\n# TYPE a gauge\n\
        a{x=\"q\\\"uo\\\\te\\n\",y=\"}, {\"} 1.5e3 1700000000000\n\
        a 2 # {trace=\"1\"} 0.5\n a{} +3\na NaN\na +Inf\nbroken{ 1\n{\"quoted\"} 1\nnothing\n\r\n\
        # TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_sum 4\nh_count 2\nh_created 5\n# EOF\ncut 12";
    let page = Exposition::parse(text).unwrap();
    let values: Vec<(&str, f64)> = page
        .samples
        .iter()
        .map(|sample| (sample.name.as_str(), sample.value))
        .collect();
    assert_eq!(
        values,
        [
            ("a", 1500.0),
            ("a", 2.0),
            ("a", 3.0),
            ("h_bucket", 2.0),
            ("h_sum", 4.0),
            ("h_count", 2.0),
            ("h_created", 5.0),
        ]
    );
    assert_eq!(page.samples[0].labels[0].1, "q\"uo\\te\n");
    let kinds: Vec<Option<MetricKind>> = page.samples[2..].iter().map(|s| page.kind(s)).collect();
    assert_eq!(
        kinds,
        [
            Some(MetricKind::Gauge),
            None,
            Some(MetricKind::Counter),
            Some(MetricKind::Counter),
            None
        ]
    );
}

#[test]
fn a_text_without_metrics_is_refused() {
    for text in [
        "",
        "# TYPE a gauge\n",
        "<html>\n<body>no</body>\n",
        "{\"a\": 1}\n",
        "a 1",
    ] {
        assert_eq!(Exposition::parse(text), Err(NotMetrics), "{text}");
    }
}

#[test]
fn other_metrics_are_recorded_on_request_by_name_or_pattern() {
    let text = "# TYPE process_cpu_seconds counter\nprocess_cpu_seconds_total 5\n\
                # TYPE my_depth gauge\nmy_depth{q=\"a\"} 1\nmy_depth{q=\"b\"} 2\n";
    let page = Exposition::parse(text).unwrap();
    let read = |patterns: &[&str]| {
        let patterns = patterns.iter().map(|text| (*text).to_owned()).collect();
        let mut window = Window::new(Wanted { patterns });
        window.read(&page).len()
    };
    assert_eq!(read(&[]), 0);
    assert_eq!(read(&["my_depth"]), 2);
    assert_eq!(read(&["*_total"]), 1);
    assert_eq!(read(&["my_*", "process*seconds*"]), 3);
    let wanted = Wanted {
        patterns: vec!["my_dept".to_owned(), "my*".to_owned()],
    };
    let names = ["process_cpu_seconds_total", "my_depth"];
    assert_eq!(wanted.unmatched(&names), [("my_dept", Some("my_depth"))]);
}

#[test]
fn every_line_of_the_table_of_metrics_is_read() {
    let table = include_str!("known.txt").lines();
    let names: Vec<&str> = table
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names.len(), 66);
    for name in names {
        assert!(is_known(name), "{name}");
    }
}

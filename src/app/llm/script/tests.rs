use std::time::Duration;

use super::super::access::Access;
use super::super::bench::{Load, LoadLimits};
use super::super::endpoint::ApiEndpoint;
use super::super::warmup::Warmup;
use super::*;
use crate::llm::dataset::Lengths;

/// Approximately the benchmark of `ssel llm` without flags.
pub(in crate::app::llm) fn bench() -> Bench {
    Bench {
        endpoint: ApiEndpoint::new("http://localhost:8000", None, None).unwrap(),
        others: Vec::new(),
        session_header: None,
        cancel: None,
        model: "tiny".to_owned(),
        load: Load::Concurrency(8),
        amount: LoadLimits {
            requests: None,
            duration: Some(Duration::from_secs(20)),
        },
        dataset: Dataset::Random {
            input_len: Lengths::fixed(128),
            prefixes: None,
        },
        conversation: None,
        scores: None,
        images: Vec::new(),
        wording: None,
        output_len: Some(Lengths::fixed(64)),
        seed: 0,
        is_seed_given: false,
        warmup: Warmup::Requests(1),
        access: Access::default(),
        extra: serde_json::Map::new(),
        goodput: None,
        hardware: None,
        probe_rate: None,
        max_errors: None,
        thresholds: Vec::new(),
        timeout: Duration::from_mins(5),
        graceful_stop: Duration::from_secs(30),
        ignore_eos: false,
        keep_requests: false,
        keep_text: false,
    }
}

#[test]
fn the_script_without_flags_is_short() {
    assert_eq!(script(&bench()), include_str!("plain.lua"));
}

#[test]
fn every_flag_appears_in_the_script() {
    let mut bench = bench();
    bench.endpoint = ApiEndpoint::new("target", Some(Api::Gemini), None).unwrap();
    bench.load = Load::Rate {
        rate: 12.5,
        burstiness: 0.5,
        max_concurrency: 20,
    };
    bench.amount.requests = Some(100);
    bench.dataset = Dataset::ShareGpt("my \"data\".json".into());
    bench.output_len = None;
    bench.seed = 7;
    bench.warmup = Warmup::NONE;
    bench.access = Access {
        bearer_env: Some("MY-KEY".to_owned()),
        headers: vec![("X-Team".to_owned(), "a\\b".to_owned())],
        insecure: true,
        key: Some("sk-canary".to_owned()),
    };
    bench.extra.insert("top_p".to_owned(), 0.9.into());
    bench.goodput = Some("ttft:500ms tpot:50ms".parse().unwrap());
    bench.ignore_eos = true;
    assert_eq!(script(&bench), include_str!("full.lua"));
}

#[test]
fn secrets_are_read_from_variables() {
    let mut bench = bench();
    bench.endpoint = ApiEndpoint::new("https://ann:canary@h/v1?key=canary", None, None).unwrap();
    bench.access.headers = vec![
        ("Authorization".to_owned(), "Bearer canary".to_owned()),
        ("X-Team".to_owned(), "a".to_owned()),
    ];
    let text = script(&bench);
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("local url = assert(env.LLM_URL, \"the environment variable LLM_URL is not set: it holds https://***@h/v1/chat/completions?key=***\")"), "{text}");
    assert!(
        text.contains("Authorization = assert(env.LLM_HEADER_AUTHORIZATION, "),
        "{text}"
    );
    assert!(text.contains("[\"X-Team\"] = \"a\""), "{text}");
    assert_eq!(
        bench.variables(),
        [
            (
                "LLM_HEADER_AUTHORIZATION".to_owned(),
                "Bearer canary".to_owned()
            ),
            (
                "LLM_URL".to_owned(),
                "https://ann:canary@h/v1/chat/completions?key=canary".to_owned()
            ),
            ("LLM_SEED".to_owned(), "0".to_owned()),
        ]
    );
}

#[test]
fn fewer_requests_than_vus_need_fewer_vus() {
    let mut bench = bench();
    bench.amount = LoadLimits {
        requests: Some(3),
        duration: None,
    };
    let text = script(&bench);
    assert!(
        text.contains("vus = 3,\n      iterations = 3,\n      max_duration = \"24h0m0s\","),
        "{text}"
    );
}

#[test]
fn a_run_by_time_has_enough_prompts_within_a_limit_of_bytes() {
    let with = |words| {
        let mut bench = bench();
        bench.dataset = Dataset::Random {
            input_len: Lengths::fixed(words),
            prefixes: None,
        };
        bench.prompts()
    };
    assert_eq!(with(128), 10_001);
    assert_eq!(with(100_000), 101);
    assert_eq!(with(0), 10_001);
}

#[test]
fn each_run_has_new_prompts_unless_a_seed_is_set() {
    let mut bench = bench();
    bench.seed = 0xbeef;
    let variables = |bench: &Bench| {
        let variables = bench.variables().into_iter();
        variables
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
    };
    // Random prompts differ by the seed; prompts of a file differ by the salt.
    assert_eq!(variables(&bench), ["LLM_SEED=48879"]);
    bench.dataset = Dataset::Jsonl("a.jsonl".into());
    assert_eq!(variables(&bench), ["LLM_SEED=48879", "LLM_SALT=run beef"]);
    assert_eq!(bench.repeats(1_000), None);
    assert!(bench.repeats(1_001).is_some(), "some came again");
    // All runs have the same script, so that they can be compared.
    let text = script_without_options(&bench);
    bench.seed = 1;
    assert_eq!(text, script_without_options(&bench));
    bench.is_seed_given = true;
    assert_eq!(variables(&bench), ["LLM_SEED=1"]);
    assert!(bench.repeats(1).is_some(), "a run before may have had them");
}

#[test]
fn probe_requests_are_a_separate_scenario() {
    let mut bench = bench();
    bench.probe_rate = Some(0.5);
    let script = script(&bench);
    assert!(
        script.contains("    probe = {\n      exec = \"probe\",\n"),
        "{script}"
    );
    assert!(script.contains("function probe()\n"));
    assert!(script.contains("local probe_ttft = metrics.trend(\"llm_probe_ttft\", true)\n"));
}

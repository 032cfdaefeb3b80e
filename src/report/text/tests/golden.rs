//! The results that the README of the k6 extension xk6-sse shows, fed through this program. Names of its metrics, all
//! figures and the columns have to be the same; three things differ on purpose and are applied to the README's
//! text first: metrics of ssel's own have sections, the dots follow k6's newer rule, and the client judges itself.

use super::*;

const THRESHOLDS: &str = "
  █ THRESHOLDS 

    llm_completions_truncated_rate
    ✓ 'rate < 0.8' rate=0.00%

";

const CHECKS: &str = "
  █ TOTAL RESULTS 

    checks_total.......: 15      0.269252/s
    checks_succeeded...: 100.00% 15 out of 15
    checks_failed......: 0.00%   0 out of 15

    ✓ success completion

";

/// As in the README.
const METRICS: &str = "
    CUSTOM
    llm_completion_tokens....................................................: avg=196.2      min=8         med=130       max=471        p(90)=445       p(95)=455.6     
    llm_completion_tokens_total_counter......................................: 2943    52.827302/s
    llm_completions_stop_rate................................................: 100.00% 15 out of 15
    llm_completions_truncated_rate...........................................: 0.00%   0 out of 15
    llm_emit_first_token_second..............................................: avg=10.9062    min=0.091     med=11.395    max=26.437     p(90)=19.3054   p(95)=21.5496   
    llm_prompt_processing_second.............................................: avg=65.652326  min=2.761282  med=12.535351 max=769.230769 p(90)=40.70527  p(95)=262.785863
    llm_prompt_tokens........................................................: avg=135.133333 min=58        med=73        max=470        p(90)=335       p(95)=455.3     
    llm_prompt_tokens_total_counter..........................................: 2027    36.384961/s
    llm_tokens_second........................................................: avg=58.074933  min=51.765771 med=59.171598 max=65.57377   p(90)=62.921073 p(95)=64.472131 
    sse_event................................................................: 2985    53.581208/s

    HTTP
    http_req_duration........................................................: avg=14.46s     min=1.82s     med=13.2s     max=27.76s     p(90)=26.77s    p(95)=27.39s    
    http_reqs................................................................: 15      0.269252/s

    EXECUTION
    iteration_duration.......................................................: avg=14.76s     min=2.12s     med=13.5s     max=28.06s     p(90)=27.07s    p(95)=27.7s     
    iterations...............................................................: 15      0.269252/s
    vus......................................................................: 1       min=1        max=5
    vus_max..................................................................: 5       min=5        max=5

    NETWORK
    data_received............................................................: 743 kB  13 kB/s
    data_sent................................................................: 10 kB   182 B/s
";

/// The README's metrics in the sections and with the dots of this program.
fn expected() -> String {
    let metrics: Vec<_> = METRICS
        .lines()
        .filter_map(|line| line.trim_start().split_once(": "))
        .map(|(name, figures)| (name.trim_end_matches('.'), figures))
        .collect();
    let width = metrics
        .iter()
        .map(|(name, _)| name.len() + 3)
        .max()
        .unwrap();
    let mut lines = Vec::new();
    // Two of its names are metrics that ssel has.
    let own = ["llm_completion_tokens", "llm_prompt_tokens"];
    let is_in = |title: &str, name: &str, starts: &[&str]| match title {
        "CUSTOM" => name.starts_with("llm_") && !own.contains(&name),
        "LLM" => own.contains(&name),
        _ => starts.iter().any(|start| name.starts_with(start)),
    };
    for (title, starts) in [
        ("CUSTOM", &[][..]),
        ("LLM", &[]),
        ("SSE", &["sse_"]),
        ("HTTP", &["http_"]),
        ("EXECUTION", &["iteration", "vus"]),
        ("NETWORK", &["data_"]),
    ] {
        lines.push(format!("    {title}"));
        for (name, figures) in &metrics {
            if is_in(title, name, starts) {
                lines.push(format!("    {name:.<width$}: {figures}"));
            }
        }
        lines.push(String::new());
    }
    lines.join("\n") + "\n"
}

/// Fifteen samples with these figures, by the rule of percentiles turned around.
fn samples(avg: f64, min: f64, med: f64, max: f64, p90: f64, p95: f64) -> Vec<f64> {
    // Of 14 steps, 90 % are 12.6 and 95 % are 13.3.
    let x13 = (p95 - 0.3 * max) / 0.7;
    let x12 = (p90 - 0.6 * x13) / 0.4;
    // Six samples below the median and four above it are free: all as far up as the mean demands.
    let free = avg * 15.0 - (min + med + x12 + x13 + max);
    let (low, high) = (6.0 * min + 4.0 * med, 6.0 * med + 4.0 * x12);
    let up = (free - low) / (high - low);
    assert!((0.0..=1.0).contains(&up) && med <= x12 && x12 <= x13 && x13 <= max);
    let mut samples = vec![min, med, x12, x13, max];
    samples.extend([min + (med - min) * up; 6]);
    samples.extend([med + (x12 - med) * up; 4]);
    samples
}

fn run() -> Run {
    let mut run = Run::new(Vec::new());
    let trend = |name: &str, [avg, min, med, max, p90, p95]: [f64; 6]| {
        run.custom(name, MetricKind::Trend);
        run.add(name, &samples(avg, min, med, max, p90, p95));
    };
    trend(
        "llm_completion_tokens",
        [196.2, 8.0, 130.0, 471.0, 445.0, 455.6],
    );
    trend(
        "llm_emit_first_token_second",
        [10.9062, 0.091, 11.395, 26.437, 19.3054, 21.5496],
    );
    trend(
        "llm_prompt_processing_second",
        [
            65.652_326,
            2.761_282,
            12.535_351,
            769.230_769,
            40.705_27,
            262.785_863,
        ],
    );
    trend(
        "llm_prompt_tokens",
        [2027.0 / 15.0, 58.0, 73.0, 470.0, 335.0, 455.3],
    );
    trend(
        "llm_tokens_second",
        [
            58.074_933, 51.765_771, 59.171_598, 65.573_77, 62.921_073, 64.472_131,
        ],
    );
    for (name, value) in [
        ("llm_completion_tokens_total_counter", 2943.0),
        ("llm_prompt_tokens_total_counter", 2027.0),
    ] {
        run.custom(name, MetricKind::Counter);
        run.add(name, &[value]);
    }
    for (name, value) in [
        ("llm_completions_stop_rate", 1.0),
        ("llm_completions_truncated_rate", 0.0),
    ] {
        run.custom(name, MetricKind::Rate);
        run.add(name, &[value; 15]);
    }
    // Times are cut after two decimals, so each is taken from the middle of what is shown the same.
    let time = |name: &str, figures: [f64; 6]| {
        let [avg, min, med, max, p90, p95] = figures.map(|seconds| seconds + 0.005);
        run.add(name, &samples(avg, min, med, max, p90, p95));
    };
    time(
        "http_req_duration",
        [14.46, 1.82, 13.2, 27.76, 26.77, 27.39],
    );
    time(
        "iteration_duration",
        [14.76, 2.12, 13.5, 28.06, 27.07, 27.7],
    );
    run.add("sse_event", &[2985.0]);
    run.add("http_reqs", &[15.0]);
    run.add("iterations", &[15.0]);
    run.add("vus", &[5.0, 1.0]);
    run.add("vus_max", &[5.0]);
    run.add("data_received", &[743_000.0]);
    run.add("data_sent", &[10_140.0]);
    // Counted, but not shown in a compact summary.
    run.add("http_req_waiting", &[1.0; 15]);
    run.add("client_lag", &[0.001]);
    run.check("success completion", "", 15, 0);
    run.thresholds
        .push(("llm_completions_truncated_rate", "rate < 0.8"));
    run
}

#[test]
fn the_readme_of_xk6_sse() {
    let text = text(&run().summary(55.70983), &TextOptions::default());
    let expected = format!("\n{THRESHOLDS}{CHECKS}{}    client: ok\n\n\n", expected());
    assert_eq!(text, expected);
}

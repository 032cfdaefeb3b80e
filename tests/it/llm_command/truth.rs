//! Two ways to the same figures, against a server whose times are known. The machine may be busy, so what it can only make
//! longer has a lower bound and a wide upper one; counts are exact.

use serde_json::Value;

use super::{Target, llm};
use crate::support::ssel::{Ssel, project};

const REQUESTS: u64 = 6;
const TOKENS: u64 = 15;
const TTFT: f64 = 0.200;
const ITL: f64 = 0.020;

/// Medians in seconds, and tokens counted in all.
#[derive(Debug)]
struct Figures {
    ttft: f64,
    tpot: f64,
    tokens: f64,
}

fn exported(ssel: &Ssel) -> Value {
    ssel.said().exits(0);
    let text = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn of_the_command(url: &str) -> Figures {
    let count = REQUESTS.to_string();
    let ssel = llm(url).args(["-n", &count, "-c", "2", "-o", "vllm=out.json"]);
    let saved = exported(&ssel);
    let number = |name: &str| saved[name].as_f64().unwrap();
    Figures {
        ttft: number("median_ttft_ms") / 1000.0,
        tpot: number("median_tpot_ms") / 1000.0,
        tokens: number("total_output_tokens"),
    }
}

fn of_the_script(url: &str) -> Figures {
    let script = project("scripts/llm.lua").display().to_string();
    let (count, url) = (REQUESTS.to_string(), format!("SERVER_BENCH_URL={url}"));
    let ssel = Ssel::new().args(["run", &script, "-u", "2", "-i", &count, "-e", &url]);
    let summary = exported(&ssel.args(["--summary-export", "out.json"]));
    let figure =
        |name: &str, figure: &str| summary["metrics"][name]["values"][figure].as_f64().unwrap();
    Figures {
        ttft: figure("llm_ttft", "med"),
        tpot: summary["metrics"]["llm_tpot"]["values"]["med"]
            .as_f64()
            .unwrap_or(0.0),
        tokens: figure("llm_completion_tokens", "sum"),
    }
}

#[test]
fn the_command_and_the_script_match_the_figures_of_the_server() {
    let target = Target::start();
    let url = target.url(&format!("ttft={TTFT}s&itl={ITL}s&tokens={TOKENS}"));
    let both = [of_the_command(&url), of_the_script(&url)];
    for figures in &both {
        #[expect(clippy::float_cmp, reason = "a count is exact")]
        let counted = figures.tokens == (REQUESTS * TOKENS) as f64;
        assert!(counted, "{figures:?}");
        assert!((TTFT..TTFT + 0.25).contains(&figures.ttft), "{figures:?}");
        // A late first token shortens the rest, so a median may be a little less than what is sent. There is none if all
        // replies were read in bunches.
        let is_bunched = figures.tpot == 0.0;
        assert!(
            is_bunched || (0.8 * ITL..2.0 * ITL).contains(&figures.tpot),
            "{figures:?}"
        );
    }
    let [command, script] = both;
    assert!((command.ttft - script.ttft).abs() < 0.25);
    let is_bunched = [command.tpot, script.tpot].contains(&0.0);
    assert!(is_bunched || (command.tpot - script.tpot).abs() < ITL);
}

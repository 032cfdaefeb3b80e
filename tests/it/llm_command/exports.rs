//! Results in the files of other tools.

use serde_json::Value;

use super::{Target, llm};

/// Reads each line with the model that `AIPerf` writes it with.
const AIPERF: &str = r#"
import sys
from aiperf.common.models.record_models import MetricRecordInfo
for line in open(sys.argv[1]):
    record = MetricRecordInfo.model_validate_json(line)
    assert record.metadata.benchmark_phase == "profiling"
    if record.error is None:
        assert record.metrics["time_to_first_token"].unit == "ms"
        assert record.metrics["output_sequence_length"].value == 4
print("read")
"#;

#[test]
fn requests_are_written_in_the_schema_of_aiperf() {
    let target = Target::start();
    let ssel = llm(&target.url("tokens=4&itl=30ms")).args(["-n", "5", "-o", "aiperf=o.jsonl"]);
    ssel.said().exits(0);
    let path = ssel.folder().join("o.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 5);
    for line in &lines {
        let metadata = &line["metadata"];
        let start = metadata["request_start_ns"].as_u64().unwrap();
        assert!(metadata["request_end_ns"].as_u64().unwrap() > start);
        // Of this century.
        assert!(start > 1_700_000_000_000_000_000);
        assert_eq!(line["metrics"]["output_sequence_length"]["value"], 4);
    }
    let python = std::env::var("AIPERF_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let has_aiperf = std::process::Command::new(&python)
        .args(["-c", "import aiperf"])
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_aiperf {
        eprintln!("skipped: {python} has no aiperf; name one that has in AIPERF_PYTHON");
        return;
    }
    let read = std::process::Command::new(&python)
        .args(["-c", AIPERF])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&read.stderr);
    assert_eq!(String::from_utf8_lossy(&read.stdout), "read\n", "{said}");
}

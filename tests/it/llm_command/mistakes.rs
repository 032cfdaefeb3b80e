use super::{Target, llm};
use crate::llm::canned::Canned;

/// All that is said of a benchmark that does not take place, up to its kind: one line.
#[track_caller]
fn refusal(url: &str, flags: &[&str], code: i32) -> String {
    let said = llm(url)
        .args(["-q"])
        .args(flags.iter().copied())
        .said()
        .exits(code);
    assert_eq!(said.stdout, "");
    said.stderr
}

#[test]
fn invalid_flags_are_errors_before_any_request() {
    let nowhere = "http://127.0.0.1:1";
    for (flags, message) in [
        (
            &["-c", "0"][..],
            "--concurrency cannot be \"0\": use a whole number from 1 to 1000000",
        ),
        (
            &["--rate", "x"],
            "--rate cannot be \"x\": use requests per second, from 0.001 to 1000000",
        ),
        (
            &["--burstiness", "2"],
            "--burstiness: it belongs to a load at a rate: give --rate as well",
        ),
        (
            &["-d", "10"],
            "--duration: \"10\" lacks a unit after a number",
        ),
        (
            &["-d", "10ms"],
            "`scenarios.llm.duration` cannot be \"10ms\" (--duration): use 1s or more",
        ),
        (
            &["--rate", "1", "--burstiness", "0.005"],
            "`scenarios.llm.burstiness` cannot be 0.005 (--burstiness): use a number from 0.01 to 1000",
        ),
        (
            &["--seed", "100000000000000000"],
            "`seed` cannot be 100000000000000000 (--seed): use a whole number from 0 to 9007199254740992",
        ),
        (
            &["--dataset", "alpaca"],
            "--dataset cannot be \"alpaca\": use random, prefix, sharegpt=FILE or jsonl=FILE",
        ),
        (
            &["--dataset", "jsonl=x", "--input-len", "5"],
            "--input-len: it is the length of random prompts",
        ),
        (
            &["--goodput", "ttft"],
            "--goodput: \"ttft\" is not an objective",
        ),
        (
            &["--percentiles", "p200"],
            "--percentiles cannot be \"p200\": use numbers from 0 to 100",
        ),
        (
            &["--ignore-eos", "--api", "anthropic"],
            "--ignore-eos: the API anthropic has no field for it: remove the flag",
        ),
        (
            &["--extra-body", "{"],
            "--extra-body cannot be \"{\": it is not a JSON object (",
        ),
        (
            &["-H", "no colon"],
            "--header cannot be \"no ***\": use 'Name: value'",
        ),
        (
            &["--api", "openai"],
            "--api cannot be \"openai\": use chat, ",
        ),
        (
            &["--sweep", "users=1"],
            "--sweep: \"users\" cannot be swept",
        ),
        (
            &["--warmup", "soon"],
            "--warmup cannot be \"soon\": use a number of requests up to 1000000, or a time such as 10s",
        ),
        (
            &["--find-max-rate", "fast"],
            "--find-max-rate: \"fast\" is not a goal: ",
        ),
        (&["--workers", "0"], "--workers cannot be \"0\""),
    ] {
        let said = refusal(nowhere, flags, 104);
        assert!(
            said.starts_with(&format!("error: {message}")),
            "{flags:?}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn contradicting_flags_are_both_named() {
    for (flags, both) in [
        (
            &["--rate", "1", "--concurrency", "1"][..],
            ["--rate", "--concurrency"],
        ),
        (&["--sweep", "rate=1", "--rate", "1"], ["--sweep", "--rate"]),
        (
            &["--sweep", "rate=1", "--emit-script"],
            ["--sweep", "--emit-script"],
        ),
        (
            &["--find-max-rate", "p99(ttft)<1s", "-c", "1"],
            ["--find-max-rate", "--concurrency"],
        ),
        (&["--save-detailed"], ["--save-detailed", "--out "]),
        (
            &["--threshold", "p99(ttft)<1s", "--sweep", "rate=1"],
            ["--threshold", "--sweep"],
        ),
    ] {
        let said = refusal("http://127.0.0.1:1", flags, 104);
        assert!(
            both.iter().all(|flag| said.contains(flag)),
            "{flags:?}: {said}"
        );
    }
}

#[test]
fn a_missing_server_is_reported_in_one_line() {
    for (url, part) in [
        (
            "http://127.0.0.1:1",
            "error: cannot get the models of http://127.0.0.1:1/v1/models: Connection refused",
        ),
        ("http://no.such.host.invalid", "cannot look up the host"),
    ] {
        let said = refusal(url, &[], 1);
        assert!(said.contains(part) && said.lines().count() == 1, "{said}");
        let warmup = refusal(url, &["-m", "m"], 1);
        assert!(
            warmup.starts_with("error: the warm-up failed: ") && warmup.lines().count() == 1,
            "{warmup}"
        );
    }
    let page = Canned::start("200 OK\nContent-Type: text/html", "<html></html>", false);
    let said = refusal(&page.url(), &[], 1);
    assert!(
        said.contains("answers with text/html, not with a list of models"),
        "{said}"
    );
    let said = refusal(&page.url(), &["-m", "m"], 1);
    assert!(
        said.contains("the warm-up failed: ") && said.contains("text/html"),
        "{said}"
    );
    assert!(refusal("ftp://h", &[], 104).contains("is not a URL of a server"));
}

#[test]
fn a_refused_warm_up_ends_the_run_before_the_load() {
    let target = Target::start();
    for (query, flags, part) in [
        (
            "key=abc",
            &[][..],
            "status 401: Unauthorized; name the variable that holds the key with --bearer-env",
        ),
        (
            "models=a",
            &["-m", "b"],
            "status 404: The model `b` does not exist",
        ),
        ("fail=429", &[], "Retry-After: 1"),
        (
            "ctx=10",
            &[],
            "exceeds the available context size (10 tokens)",
        ),
    ] {
        let said = refusal(&target.url(query), flags, 1);
        assert!(
            said.starts_with("error: the warm-up failed: ") && said.contains(part),
            "{query}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_warm_up_by_time_ends_with_its_first_failure() {
    let flags = ["-m", "m", "-c", "4", "--warmup", "1h"];
    let said = refusal("target?fail=429", &flags, 1);
    assert!(said.starts_with("error: the warm-up failed: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn several_models_are_listed() {
    assert_eq!(
        refusal("target?models=tiny,large", &[], 104),
        "error: the server has 2 models: choose one with --model\n  tiny\n  large\n"
    );
}

#[test]
fn an_unusable_dataset_is_reported_with_its_location() {
    for (file, content, message) in [
        (
            "empty.jsonl",
            "",
            "--dataset: empty.jsonl: no usable prompt: ",
        ),
        (
            "bad.jsonl",
            "{\"prompt\":\"a\"}\nnot json",
            "--dataset: bad.jsonl: line 2: ",
        ),
    ] {
        let said = llm("target")
            .file(file, content)
            .args(["-q", "-n", "5", "--dataset", &format!("jsonl={file}")])
            .said()
            .exits(104);
        assert!(
            said.stderr.starts_with(&format!("error: {message}")),
            "{}",
            said.stderr
        );
    }
    let said = refusal("target", &["--dataset", "sharegpt=none.json"], 104);
    assert!(
        said.starts_with("error: --dataset: cannot read none.json: "),
        "{said}"
    );
    let said = refusal("target", &["-n", "1", "-o", "vllm=no/such/folder.json"], 1);
    assert!(
        said.starts_with("error: cannot write no/such/folder.json: "),
        "{said}"
    );
}

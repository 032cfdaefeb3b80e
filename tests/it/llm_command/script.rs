use super::{EVENTS, llm};
use crate::llm::canned::Canned;
use crate::support::ssel::Ssel;

#[test]
fn the_printed_script_sends_the_requests_of_the_command() {
    let server = Canned::events(&EVENTS);
    let flags = [
        "-m",
        "tiny",
        "-n",
        "4",
        "-c",
        "1",
        "--seed",
        "3",
        "--input-len",
        "5",
        "--output-len",
        "7",
        "--bearer-env",
        "THE_KEY",
        "-H",
        "X-Team: a \"b\"",
        "--extra-body",
        r#"{"top_k":[],"user":null,"s":"é"}"#,
        "--ignore-eos",
    ];
    let with = |more: &[&str]| {
        llm(&server.url())
            .args(flags)
            .args(more.iter().copied())
            .args(["--server-metrics", "none"])
            .env("THE_KEY", "secret")
            .said()
            .exits(0)
    };
    let script = with(&["--emit-script"]).stdout;
    assert!(!script.contains("secret"), "{script}");
    with(&[]);
    let requests = || -> Vec<String> { (0..5).map(|_| server.request()).collect() };
    let of_command = requests();
    Ssel::new()
        .file("emitted.lua", &script)
        .args(["run", "-q", "emitted.lua"])
        .env("THE_KEY", "secret")
        .said()
        .exits(0);
    let parts = |requests: &[String]| -> Vec<(String, serde_json::Value)> {
        let split = |request: &String| {
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            (head.to_owned(), serde_json::from_str(body).unwrap())
        };
        requests.iter().map(split).collect()
    };
    assert_eq!(parts(&requests()), parts(&of_command));

    let request = &of_command[0];
    for part in [
        "POST /v1/chat/completions HTTP/1.1\r\n",
        "authorization: Bearer secret\r\n",
        r#""model":"tiny""#,
        r#""max_tokens":7"#,
        r#""ignore_eos":true"#,
        r#""top_k":[]"#,
        r#""s":"é""#,
    ] {
        assert!(request.contains(part), "{part}: {request}");
    }
    let prompts: std::collections::BTreeSet<&String> = of_command.iter().collect();
    assert_eq!(prompts.len(), 5, "each request has a prompt of its own");
}

#[test]
fn the_printed_script_reads_its_key_when_it_runs() {
    let ssel = llm("http://127.0.0.1:1").args(["-m", "m", "--bearer-env", "NO_SUCH_KEY"]);
    let said = ssel.said().exits(104);
    assert_eq!(
        said.stderr,
        "error: --bearer-env: no environment variable has this name, or it is empty: give the name of the variable that \
         holds the secret, such as OPENAI_API_KEY, instead of the secret itself\n"
    );
    let said = ssel.args(["--emit-script"]).said().exits(0);
    let script = Ssel::new()
        .file("emitted.lua", said.stdout)
        .args(["run", "-q", "emitted.lua"])
        .said()
        .exits(107);
    assert!(
        script
            .stderr
            .contains("the environment variable NO_SUCH_KEY is not set"),
        "{}",
        script.stderr
    );
}

#[test]
fn a_dataset_provides_prompts_and_lengths() {
    let lines = r#"{"prompt":"one two three","output_tokens":2}
{"messages":[{"role":"user","content":"four"}],"output_tokens":3}"#;
    let said = llm("target").file("p.jsonl", lines).args([
        "-n",
        "4",
        "--warmup",
        "0",
        "--dataset",
        "jsonl=p.jsonl",
        "--seed",
        "0",
        "-o",
        "vllm=o.json",
        "--save-detailed",
    ]);
    let shown = said.said().exits(0);
    assert!(shown.stderr.contains("p.jsonl"), "{}", shown.stderr);
    let text = std::fs::read_to_string(said.folder().join("o.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&text).unwrap();
    let lens = |key: &str| saved[key].as_array().unwrap().clone();
    let pairs: std::collections::BTreeSet<(u64, u64)> = lens("input_lens")
        .iter()
        .zip(&lens("output_lens"))
        .map(|(prompt, reply)| (prompt.as_u64().unwrap(), reply.as_u64().unwrap()))
        .collect();
    assert_eq!(pairs, [(1, 3), (3, 2)].into());
}

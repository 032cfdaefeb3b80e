use std::fmt::Write as _;

use crate::support::ssel::{Ssel, init_raises, prints, run};

/// What is said about a script whose top level asks for prompts from a file with this content.
fn refused(params: &str, content: &str) -> String {
    let said = run(&format!(
        "llm.prompts{{ {params} }}\nfunction default() end"
    ))
    .file("d.json", content)
    .said()
    .exits(107);
    said.stderr.lines().next().unwrap_or_default().to_owned()
}

fn printing(script: &str, content: &str) -> String {
    let ssel: Ssel = run(script).file("d.json", content).args(["--no-summary"]);
    let said = ssel.said().exits(0);
    assert_eq!(said.stderr, "");
    said.stdout
}

const SHOW: &str = "for i = 1, #d do print(d[i].prompt or d[i].messages[1].content, d[i].prompt_tokens, d[i].max_tokens) end \
                    function default() end";

#[test]
fn a_sharegpt_file_provides_first_turns_and_answer_lengths() {
    let file = r#"[
        {"id":"a","conversations":[{"from":"human","value":"one two three four"},{"from":"gpt","value":"a b c d e f"}]},
        {"id":"b","conversations":[{"from":"gpt","value":"alone"}]},
        {"id":"c","conversations":[]},
        {"id":"d","conversations":[{"from":"user","value":"five six seven eight"},{"from":"gpt","value":"g h i"}]}
    ]"#;
    let load = "local d = llm.prompts{ sharegpt = 'd.json', count = 2 ";
    assert_eq!(
        printing(&format!("{load} }} {SHOW}"), file),
        "one two three four\t6\t8\nfive six seven eight\t6\t4\n".repeat(2)
    );
    assert_eq!(
        printing(&format!("{load}, output_len = 99 }} {SHOW}"), file),
        "one two three four\t6\t99\nfive six seven eight\t6\t99\n".repeat(2)
    );
}

#[test]
fn prompts_come_from_json_lines_or_are_random() {
    let lines = "{\"prompt\":\"a\",\"output_tokens\":5}\n\n{\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}\n";
    assert_eq!(
        printing(
            &format!("local d = llm.prompts{{ jsonl = 'd.json' }} {SHOW}"),
            lines
        ),
        "a\t2\t5\nb\t2\tnil\n".repeat(2)
    );
    let said = prints(
        r#"
        local d = llm.prompts{ random = { input_len = 20, range = 0.5 }, count = 50, seed = 7, output_len = 3 }
        local e = llm.prompts{ random = { input_len = 20, range = 0.5 }, count = 50, seed = 7, output_len = 3 }
        function default()
            local shortest, longest = math.huge, 0
            for i = 1, #d do
                local _, words = d[i].prompt:gsub("%S+", "")
                assert(d[i].prompt == e[i].prompt and d[i].max_tokens == 3 and d[i].prompt_tokens == words)
                shortest, longest = math.min(shortest, words), math.max(longest, words)
            end
            print(#d, shortest >= 10, longest <= 30, shortest < longest)
        end
        "#,
    );
    assert_eq!(said, "50\ttrue\ttrue\ttrue\n");
}

#[test]
fn a_prompt_has_the_parameters_of_a_chat() {
    let said = prints(
        r#"
        local prompts = llm.prompts{ random = { input_len = 5 }, count = 3, output_len = 2 }
        function default()
            local p = prompts[2]
            local res = llm.chat{ url = target.url("/v1"), prompt = p.prompt, messages = p.messages,
                prompt_tokens = p.prompt_tokens, max_tokens = p.max_tokens }
            print(res.prompt_tokens, res.completion_tokens, res.finish_reason)
        end
        "#,
    );
    assert_eq!(said, "5\t2\tlength\n");
}

#[test]
fn an_unusable_file_is_reported_with_its_location() {
    let table = [
        ("sharegpt = 'missing.json'", "", "cannot read "),
        ("sharegpt = 'd.json'", "", "element 1: "),
        (
            "sharegpt = 'd.json'",
            "[]",
            "no usable prompt: none of 0 conversations",
        ),
        ("sharegpt = 'd.json'", "hello", "element 1: "),
        (
            "sharegpt = 'd.json'",
            "[{\"conversations\":[{\"value\":\"a\"}",
            "element 1: ",
        ),
        (
            "jsonl = 'd.json'",
            "",
            "no usable prompt: the file has none",
        ),
        (
            "jsonl = 'd.json'",
            "{\"prompt\":\"a\"}\n{broken\n",
            "line 2: ",
        ),
        (
            "jsonl = 'd.json'",
            "{\"text\":\"a\"}\n",
            "line 1: lacks a field",
        ),
    ];
    for (params, content, expected) in table {
        let said = refused(params, content);
        assert!(
            said.contains("llm.prompts: ") && said.contains(expected) && said.contains(".json: "),
            "{params} {content:?}: {said}"
        );
    }
}

#[test]
fn each_mistake_is_reported() {
    let table = [
        (
            "{}",
            "expected one of sharegpt = FILE, jsonl = FILE and random = { input_len = N }",
        ),
        (
            "{ sharegpt = 'a', jsonl = 'b' }",
            "expected one of sharegpt = FILE",
        ),
        ("{ random = {} }", "random: input_len is missing"),
        (
            "{ random = { input_len = 5, range = 2 } }",
            "random.range: expected a number from 0 to 1, got 2",
        ),
        (
            "{ random = { input_len = 5 }, count = 0 }",
            "count: expected a whole number from 1, got 0",
        ),
        (
            "{ jsonl = 'a', max_prompt_tokens = 5 }",
            "max_prompt_tokens and max_total_tokens belong to sharegpt",
        ),
        (
            "{ shargpt = 'a' }",
            "unknown field 'shargpt'; did you mean 'sharegpt'?",
        ),
    ];
    let mut script = String::new();
    for (params, _) in table {
        let _ = writeln!(script, "print(select(2, pcall(llm.prompts, {params})))");
    }
    let said = run(&(script + "function default() end"))
        .args(["--no-summary"])
        .said()
        .exits(0);
    for (line, (params, expected)) in said.stdout.lines().zip(table) {
        assert!(
            line.contains(&format!("llm.prompts: {expected}")),
            "{params}: {line}"
        );
    }
    let late = run("function default() llm.prompts{ random = { input_len = 1 } } end").said();
    assert!(
        late.stderr
            .contains("llm.prompts: only works in the init stage"),
        "{}",
        late.stderr
    );
    let said = init_raises("llm.prompts{ random = { input_len = 1 } }[1] = 2");
    assert!(said.contains("read-only"), "{said}");
}

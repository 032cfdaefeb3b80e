use crate::support::ssel::{init_raises, iteration_prints, iteration_raises};

/// Parameters, and what is said of them.
const MISTAKES: &[(&str, &str)] = &[
    (
        "",
        "argument 1: expected a table such as { url = \"http://host:8000\", prompt = \"Hello\" }, got nil",
    ),
    (
        "{ prompt = 'x' }",
        "url: expected a URL as a string, got nil",
    ),
    (
        "{ url = '127.0.0.1:8000', prompt = 'x' }",
        "url: cannot request the URL \"127.0.0.1:8000\": ",
    ),
    ("{ url = U }", "prompt or messages is missing"),
    (
        "{ url = U, prompt = 'x', messages = {} }",
        "only one of prompt and messages can be given",
    ),
    (
        "{ url = U, promt = 'x' }",
        "unknown field 'promt'; did you mean 'prompt'?",
    ),
    (
        "{ url = U, messages = 'x' }",
        "messages: expected a list of messages such as { { role = \"user\", content = \"Hello\" } }, got \"x\"",
    ),
    (
        "{ url = U, messages = { 'x' } }",
        "messages[1]: expected { role = …, content = … }",
    ),
    (
        "{ url = U, messages = { { role = 'user', content = print } } }",
        "messages: ",
    ),
    (
        "{ url = U, prompt = 'x', api = 'openai' }",
        "api: \"openai\" is not an API: use chat, completions, anthropic, responses, ollama, gemini or llama",
    ),
    (
        "{ url = U, prompt = 'x', api = 'gemini' }",
        "gemini needs the name of a model",
    ),
    (
        "{ url = U, api = 'completions', messages = { { role = 'user', content = 'x' } } }",
        "completions takes a prompt, not messages",
    ),
    (
        "{ url = U, prompt = 'x', max_tokens = 0 }",
        "max_tokens: expected a whole number from 1, got 0",
    ),
    (
        "{ url = U, prompt = 'x', temperature = 'hot' }",
        "temperature: expected a number, got \"hot\"",
    ),
    (
        "{ url = U, prompt = 'x', seed = 1.5 }",
        "seed: expected a whole number from 0, got 1.5",
    ),
    (
        "{ url = U, prompt = 'x', text = 1 }",
        "text: expected true or false, got 1",
    ),
    (
        "{ url = U, prompt = 'x', usage = 'all' }",
        "usage: expected \"last\", \"every_chunk\" or \"none\", got \"all\"",
    ),
    (
        "{ url = U, prompt = 'x', timeout = '5 parsecs' }",
        "timeout: ",
    ),
    (
        "{ url = U, prompt = 'x', extra = { 1 } }",
        "extra: expected a table of names and values, got an array",
    ),
    (
        "{ url = U, prompt = 'x', bearer = 'a\\nb' }",
        "bearer: it contains a line break or control character",
    ),
    (
        "{ url = U, prompt = 'x', bearer = 'a', headers = { Authorization = 'b' } }",
        "only one of bearer and the header Authorization can be sent",
    ),
    (
        "{ url = U, prompt = 'x', goodput = {} }",
        "goodput: no objective is given; write one or more, such as { ttft = \"500ms\" }",
    ),
    (
        "{ url = U, prompt = 'x', goodput = { e2el = 1 } }",
        "unknown field 'e2el'; did you mean 'e2e'?",
    ),
    (
        "{ url = U, prompt = 'x', on_token = 1 }",
        "on_token: expected a function(text, time, part), got 1",
    ),
];

#[test]
fn each_mistake_names_the_field_and_what_was_expected() {
    let calls: Vec<String> = MISTAKES
        .iter()
        .map(|(params, _)| {
            format!(
                "print(select(2, pcall(llm.chat, {})))",
                if params.is_empty() { "nil" } else { params }
            )
        })
        .collect();
    let said = iteration_prints(&format!(
        "local U = 'http://127.0.0.1:1' {}",
        calls.join("\n")
    ));
    for (line, (params, expected)) in said.lines().zip(MISTAKES) {
        let message = line
            .split_once("llm.chat: ")
            .map_or(line, |(_, message)| message);
        assert!(message.starts_with(expected), "{params}: {line}");
    }
    assert_eq!(said.lines().count(), MISTAKES.len());
}

#[test]
fn a_chat_in_the_init_stage_or_in_a_sort_is_an_error() {
    let said = init_raises("llm.chat{ url = 'http://127.0.0.1:1', prompt = 'x' }");
    assert!(
        said.contains("llm.chat: cannot be used in the init stage"),
        "{said}"
    );
    let said = iteration_raises("table.sort({ 1, 2 }, function() llm.chat{} end)");
    assert!(said.contains("llm.chat: cannot wait here"), "{said}");
}

#[test]
fn a_conflicting_metric_of_the_script_is_reported() {
    let said = init_raises("metrics.counter('llm_ttft') local _ = llm.chat");
    assert!(said.contains("llm_ttft"), "{said}");
}

//! What is measured, held against a server whose times are known. Bounds are one-sided or wide: the machine may be busy.

use super::canned::Canned;
use crate::support::ssel::{iteration_prints, run};

#[test]
fn a_reply_in_one_piece_has_no_time_between_tokens() {
    let token = r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#;
    let stop = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":40}}"#;
    let mut events = vec![token; 40];
    events.extend([stop, usage, "[DONE]"]);
    let server = Canned::events(&events);
    let said = run(&format!(
        "function default() local res = llm.chat{{ url = '{}', prompt = 'x' }} \
         print(res.error, res.bunched, res.tpot, res.ttft ~= nil, res.completion_tokens, res.chunks, #res.itl) end",
        server.url()
    ))
    .said()
    .exits(0);
    assert!(
        said.stdout.contains("nil\ttrue\tnil\ttrue\t40\t40\t39"),
        "{}",
        said.stdout
    );
    assert_eq!(said.count("llm_bunched"), 1);
    assert!(said.metric("llm_ttft").is_some() && said.metric("llm_e2e").is_some());
    assert!(said.metric("llm_tpot").is_none() && said.metric("llm_itl").is_none());
}

#[test]
fn times_are_at_least_those_of_the_server_and_counts_are_exact() {
    let said = iteration_prints(
        r#"
        local function median(t)
            local sorted = { unpack(t) }
            table.sort(sorted)
            return sorted[math.ceil(#sorted / 2)]
        end
        for _, api in ipairs { "chat", "completions", "responses", "anthropic", "ollama" } do
            local res = llm.chat{ url = target.url("/?ttft=60ms&itl=10ms&tokens=21"), api = api, prompt = "one two three" }
            local itl = median(res.itl)
            print(res.chunks, #res.itl, res.completion_tokens, res.prompt_tokens,
                res.ttft >= 0.06, res.e2e >= 0.26, res.e2e >= res.ttft,
                res.bunched or itl < 0.05,
                res.bunched or math.abs(res.tpot - (res.e2e - res.ttft) / 20) < 1e-6)
        end
        "#,
    );
    let expected = "21\t20\t21\t3\ttrue\ttrue\ttrue\ttrue\ttrue\n";
    assert_eq!(said, expected.repeat(5));
}

#[test]
fn gaps_match_the_clock_of_the_server() {
    let said = iteration_prints(
        r#"
        local function median(t)
            table.sort(t)
            return t[math.ceil(#t / 2)]
        end
        for _, api in ipairs { "chat", "completions", "responses", "anthropic" } do
            local errors, arrived, sent = {}, nil, nil
            local res = llm.chat{
                url = target.url("/?stamp=1&ttft=20ms&itl=10ms&tokens=30"), api = api, prompt = "x",
                on_token = function(text, time)
                    local stamp = tonumber(text)
                    if sent then errors[#errors + 1] = math.abs((time - arrived) - (stamp - sent)) end
                    arrived, sent = time, stamp
                end,
            }
            print(res.error, #errors, #res.itl, median(errors) < 0.01)
        end
        "#,
    );
    assert_eq!(said, "nil\t29\t29\ttrue\n".repeat(4));
}

#[test]
fn comments_roles_and_usage_do_not_count_as_tokens() {
    // The opening event comes at once, pings come in between, and the first token after 80 ms.
    let said = iteration_prints(
        r#"
        local res = llm.chat{ url = target.url("/v1?server=vendor&ttft=80ms&ping=10ms&tokens=4&usage=always"), prompt = "x" }
        print(res.ttft >= 0.08, res.ttfb <= res.first_chunk, res.first_chunk < res.ttft, res.chunks, #res.itl)
        "#,
    );
    assert_eq!(said, "true\ttrue\ttrue\t4\t3\n");
}

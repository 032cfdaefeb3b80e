use super::canned::Canned;
use crate::support::ssel::{iteration_prints, run};

/// What a question for this URL comes to: status, kind and message of the error, text.
fn asked(url: &str, more: &str) -> String {
    iteration_prints(&format!(
        "local r = llm.chat{{ url = {url}, prompt = 'x y', {more} }} \
         print(r.status .. ' ' .. r.error.kind .. ': ' .. r.error.message .. ' | ' .. r.text)"
    ))
    .trim_end_matches('\n')
    .to_owned()
}

#[test]
fn each_fault_of_a_stream_has_its_kind_in_every_api() {
    let table = [
        (
            "status:503",
            "503 status: status 503: failed, as requested | ",
        ),
        (
            "429",
            "429 status: status 429: Rate limit reached, as requested (Retry-After: 1) | ",
        ),
        (
            "error-event",
            "200 error_event: The engine failed, as requested. | light paper",
        ),
        (
            "error-then-done",
            "200 error_event: The engine failed, as requested. | light paper",
        ),
        (
            "truncate",
            "200 truncated: the body ended before its declared end",
        ),
        (
            "reset",
            "200 reset: the connection was lost in the middle of the body",
        ),
        ("malformed", "200 malformed: 1 chunk that is not what "),
        ("no-done", "200 truncated: the stream ended without "),
    ];
    let endpoints = [
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/responses",
        "/v1/messages",
        "/api/chat",
    ];
    let faults = table.map(|(fault, _)| format!("'{fault}'")).join(", ");
    let paths = endpoints.map(|path| format!("'{path}'")).join(", ");
    let said = iteration_prints(&format!(
        "for _, path in ipairs {{ {paths} }} do for _, fault in ipairs {{ {faults} }} do \
         local r = llm.chat{{ url = target.url(path .. '?tokens=4&fail=' .. fault), prompt = 'x' }} \
         print(r.status .. ' ' .. r.error.kind .. ': ' .. r.error.message .. ' | ' .. r.text) end end"
    ));
    let mut lines = said.lines();
    for path in endpoints {
        for (fault, expected) in table {
            let line = lines.next().unwrap();
            assert!(line.starts_with(expected), "{path} {fault}: {line}");
        }
    }
}

#[test]
fn silence_is_a_stall_despite_keep_alives() {
    let table = [
        "/v1?fail=stall&tokens=4",
        "/v1?fail=stall&tokens=4&ping=5ms",
        "/v1/messages?fail=stall&tokens=4&ping=5ms&server=vendor",
        "/v1?ttft=1h&ping=5ms",
        "/v1?headers_delay=1h",
    ];
    for path in table {
        let said = asked(&format!("target.url('{path}')"), "stall_timeout = '150ms'");
        assert!(
            said.contains(" stall: stall_timeout of 150ms: "),
            "{path}: {said}"
        );
    }
}

#[test]
fn exceeding_the_limit_of_the_exchange_is_a_timeout() {
    for path in [
        "/v1?itl=1h",
        "/v1?ttft=1h",
        "/v1?headers_delay=1h",
        "/api/chat?itl=1h",
    ] {
        let said = asked(
            &format!("target.url('{path}')"),
            "timeout = '150ms', stall_timeout = '1h'",
        );
        assert!(
            said.contains(" timeout: timeout of 150ms: "),
            "{path}: {said}"
        );
    }
}

#[test]
fn refusals_have_the_message_of_the_server() {
    let table = [
        ("key=secret", "", "401 status: status 401: Unauthorized | "),
        (
            "models=a,b",
            "model = 'zzz'",
            "404 status: status 404: The model `zzz` does not exist.",
        ),
        ("ctx=1", "", "400 status: status 400: "),
    ];
    for (query, more, expected) in table {
        let said = asked(&format!("target.url('/v1?{query}')"), more);
        assert!(said.starts_with(expected), "{said}");
    }
    let said = asked("target.url('/nothing/here')", "");
    assert!(said.starts_with("404 status: status 404: "), "{said}");
}

#[test]
fn an_answer_other_than_a_stream_is_a_failure() {
    let html = "<html><title>502 Bad Gateway</title></html>";
    let table = [
        (
            "200 OK\nContent-Type: text/html",
            html,
            "200 content_type: the response is \"text/html\", not text/event-stream | ",
        ),
        (
            "502 Bad Gateway\nContent-Type: text/html",
            html,
            "502 status: status 502 | ",
        ),
        (
            "200 OK",
            "",
            "200 content_type: the response has no content type, so it is not text/event-stream | ",
        ),
        (
            "200 OK\nContent-Type: application/json",
            r#"{"error":"busy"}"#,
            "200 content_type: the response is \"application/json\", not text/event-stream; it says: busy | ",
        ),
        (
            "200 OK\nContent-Type: text/event-stream",
            "",
            "200 truncated: the stream ended without any chunk | ",
        ),
        (
            "503 Busy\nRetry-After: 7",
            "later",
            "503 status: status 503: later (Retry-After: 7) | ",
        ),
    ];
    for (head, body, expected) in table {
        let server = Canned::start(head, body, false);
        assert_eq!(asked(&format!("'{}'", server.url()), ""), expected);
    }
}

#[test]
fn failures_of_missing_servers_have_kinds() {
    for (url, expected) in [
        (
            "http://127.0.0.1:1",
            "0 connect: cannot connect to 127.0.0.1:1: ",
        ),
        ("http://nowhere.invalid", "0 dns: cannot look up the host"),
    ] {
        let said = asked(&format!("'{url}'"), "");
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn a_reply_that_is_complete_does_not_wait_for_the_end_of_its_body() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
    let server = Canned::start("200 OK\nContent-Type: text/event-stream", body, true);
    let said = iteration_prints(&format!(
        "local r = llm.chat{{ url = '{}', prompt = 'x' }} print(r.error, r.text, r.done)",
        server.url()
    ));
    assert_eq!(said, "nil\ta\ttrue\n");
}

#[test]
fn a_server_that_drops_its_connections_loses_no_reply() {
    let said = iteration_prints(
        "for i = 1, 20 do local r = llm.chat{ url = target.url('/v1?server=llama&tokens=2'), prompt = 'x' } \
         assert(not r.error, tostring(r.error)) end print('all')",
    );
    assert_eq!(said, "all\n");
}

#[test]
fn a_request_can_be_cancelled_before_and_within_the_answer() {
    let said = run(
        "function default() for _, query in ipairs { 'ttft=1m', 'ttft=10ms&itl=1m' } do \
         local res = llm.chat{ url = target.url('/v1?' .. query), prompt = 'x', cancel_after = '200ms' } \
         print(res.error.kind, res.finish_reason) end \
         print(llm.chat{ url = target.url('/v1?tokens=3'), prompt = 'x', cancel_after = '1m' }.error) end",
    )
    .said()
    .exits(0);
    assert!(
        said.stdout
            .contains("cancelled\tnil\ncancelled\tnil\nnil\n"),
        "{}",
        said.stdout
    );
    assert_eq!(said.count("llm_cancelled"), 2);
    assert_eq!(
        (said.count("llm_requests"), said.count("llm_errors")),
        (3, 0)
    );
    assert_eq!(said.metric("http_req_failed").unwrap(), "0.00% 0 out of 3");
}

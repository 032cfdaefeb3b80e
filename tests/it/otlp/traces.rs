//! Spans: the header of a request and the exported span match.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Receiver, accepted, attribute, each, number};
use crate::support::ssel::run;

fn spans(requests: &[Value]) -> Vec<&Value> {
    let path = ["resourceSpans", "scopeSpans", "spans"];
    each(accepted(requests, "/v1/traces"), &path)
}

/// Bytes as the official library writes them, in hexadecimal digits.
fn hex(value: &Value) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = value.as_str().unwrap().trim_end_matches('=');
    let (mut bits, mut count, mut out) = (0_u32, 0, String::new());
    for digit in text.bytes() {
        let place = DIGITS.iter().position(|own| *own == digit).unwrap();
        bits = (bits << 6) | u32::try_from(place).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            let _ = write!(out, "{:02x}", (bits >> count) & 0xff);
        }
    }
    out
}

fn events(span: &Value) -> Vec<&str> {
    let events = span["events"].as_array();
    events
        .into_iter()
        .flatten()
        .map(|event| event["name"].as_str().unwrap())
        .collect()
}

#[test]
fn the_server_gets_the_id_of_the_exported_span() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let script = r#"
        options = { iterations = 3, tags = { team = "blue" } }
        function default()
          local r = http.get(target.url("/echo"), { headers = { Authorization = "Bearer topsecret" } })
          print(r:json().headers.traceparent)
        end
    "#;
    let said = run(script)
        .args(["--no-summary", "-o", &receiver.output(",traces")])
        .said()
        .exits(0);
    let requests = receiver.received();
    let mut told: Vec<&str> = said.stdout.lines().collect();
    told.sort_unstable();
    let spans = spans(&requests);
    let mut sent: Vec<String> = spans
        .iter()
        .map(|span| format!("00-{}-{}-01", hex(&span["traceId"]), hex(&span["spanId"])))
        .collect();
    sent.sort();
    assert_eq!(told, sent);
    assert!(
        !requests
            .iter()
            .any(|request| request.to_string().contains("topsecret"))
    );
    for span in spans {
        assert_eq!(
            (&span["name"], &span["kind"]),
            (&"GET".into(), &"SPAN_KIND_CLIENT".into())
        );
        assert_eq!(
            attribute(span, "http.response.status_code").map(number),
            Some(200.0)
        );
        assert_eq!(attribute(span, "scenario").unwrap(), "default");
        assert_eq!(attribute(span, "team").unwrap(), "blue");
        assert_eq!(attribute(span, "network.protocol.version").unwrap(), "1.1");
        assert!(
            attribute(span, "url.full")
                .unwrap()
                .as_str()
                .unwrap()
                .ends_with("/echo")
        );
        assert!(span["status"].get("code").is_none());
        // The phases are within the whole request, which is recent.
        let length = number(&span["endTimeUnixNano"]) - number(&span["startTimeUnixNano"]);
        let waiting = number(attribute(span, "ssel.waiting").unwrap()) * 1e9;
        assert!(0.0 < waiting && waiting <= length, "{span}");
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let age = now.as_secs_f64() - number(&span["startTimeUnixNano"]) / 1e9;
        assert!((0.0..300.0).contains(&age), "{age}");
    }
}

#[test]
fn spans_have_the_events_of_streams_and_the_kinds_of_failures() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let script = r#"
        options = { iterations = 1 }
        function default()
          sse.open(target.url("/.sse?n=5&interval=2ms"), { tags = { name = "ticks" } }, function() end)
          llm.chat { url = target.url("/v1/chat/completions?tokens=6&itl=2ms"), model = "tiny", prompt = "Hi", max_tokens = 6 }
          http.get(target.url("/status/404"))
          http.get("http://127.0.0.1:1/")
          llm.chat { url = target.url("/v1/chat/completions?fail=429"), model = "tiny", prompt = "Hi" }
        end
    "#;
    run(script)
        .args(["--no-summary", "-o", &receiver.output(",traces")])
        .said()
        .exits(0);
    let requests = receiver.received();
    let spans = spans(&requests);
    assert_eq!(spans.len(), 5);
    let stream = spans[0];
    assert_eq!(stream["name"], "GET ticks");
    assert_eq!(events(stream), ["first_event", "last_event"]);
    assert_eq!(number(attribute(stream, "ssel.events").unwrap()), 5.0);
    let reply = spans[1];
    assert_eq!(reply["name"], "chat tiny");
    assert_eq!(events(reply), ["first_token", "last_token"]);
    for (name, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "tiny"),
    ] {
        assert_eq!(attribute(reply, name).unwrap(), value);
    }
    assert_eq!(
        number(attribute(reply, "gen_ai.usage.output_tokens").unwrap()),
        6.0
    );
    let failed = |span: &Value| {
        assert_eq!(span["status"]["code"], "STATUS_CODE_ERROR", "{span}");
        attribute(span, "error.type")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let kinds: Vec<String> = spans[2..].iter().map(|span| failed(span)).collect();
    assert_eq!(kinds, ["404", "connect", "429"]);
}

#[test]
fn only_sampled_requests_carry_the_header() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let script = r#"
        options = { iterations = 400, vus = 4 }
        function default()
          if http.get(target.url("/echo")):json().headers.traceparent then print("sampled") end
        end
    "#;
    let said = run(script)
        .args(["--no-summary", "-o", &receiver.output(",traces=0.25")])
        .said()
        .exits(0);
    let requests = receiver.received();
    let sampled = said.stdout.lines().count();
    assert_eq!(spans(&requests).len(), sampled);
    // Practically impossible by chance.
    assert!((40..180).contains(&sampled), "{sampled}");
}

#[test]
fn the_header_is_not_added_without_spans_or_beside_one_of_the_script() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let mine = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let script = format!(
        "options = {{ iterations = 1 }}
        function default()
          print(http.get(target.url('/echo')):json().headers.traceparent == nil)
          print(http.get(target.url('/echo'), {{ headers = {{ traceparent = '{mine}' }} }}):json().headers.traceparent)
        end"
    );
    let prints = |more: &str| {
        let said = run(&script)
            .args(["--no-summary", "-o", &receiver.output(more)])
            .said()
            .exits(0);
        said.stdout
    };
    assert_eq!(prints(""), format!("true\n{mine}\n"));
    assert_eq!(prints(",traces"), format!("false\n{mine}\n"));
    assert_eq!(spans(&receiver.received()).len(), 1);
}

#[test]
fn interrupted_requests_have_spans() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let script = r#"
        options = { duration = "1s", vus = 1, graceful_stop = "0s" }
        function default()
          spawn(function() http.get(target.url("/delay/1h")) end)
          sse.open(target.url("/.sse?n=100000&interval=10ms"), function() end)
        end
    "#;
    run(script)
        .args(["--no-summary", "-o", &receiver.output(",traces")])
        .said()
        .exits(0);
    let requests = receiver.received();
    let spans = spans(&requests);
    let of = |end: &str| {
        let is_it = |span: &&&Value| {
            attribute(span, "url.full")
                .unwrap()
                .as_str()
                .unwrap()
                .contains(end)
        };
        *spans.iter().find(is_it).unwrap()
    };
    assert_eq!(
        attribute(of("/delay"), "error.type").unwrap(),
        "interrupted"
    );
    assert_eq!(events(of("/.sse"))[0], "first_event");
}

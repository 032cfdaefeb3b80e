use crate::support::ssel::{init_raises, iteration_raises};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn each_misuse_names_function_field_and_line() {
    for (call, message) in [
        (
            "sse.open()",
            "sse.open: argument 1 (url): expected a URL as a string, got nil",
        ),
        (
            "sse.open('ftp://x/', function() end)",
            "sse.open: argument 1 (url): ",
        ),
        (
            "sse.open('not a url', function() end)",
            "sse.open: argument 1 (url): ",
        ),
        (
            "sse.open('http://x/')",
            "sse.open: argument 3 (setup): expected a function(client) as the last argument, got nil",
        ),
        (
            "sse.open('http://x/', 7, function() end)",
            "sse.open: argument 2 (params): expected a table, got 7",
        ),
        (
            "sse.open('http://x/', { timout = 1 }, print)",
            "sse.open: unknown field 'timout'; did you mean 'timeout'?",
        ),
        (
            "sse.open('http://x/', { 1 }, print)",
            "sse.open: unknown field 1",
        ),
        (
            "sse.open('http://x/', { timeout = 'soon' }, print)",
            "sse.open: timeout: ",
        ),
        (
            "sse.open('http://x/', { timeout = -1 }, print)",
            "sse.open: timeout: expected seconds as a number, or a duration such as",
        ),
        (
            "sse.open('http://x/', { idle_timeout = {} }, print)",
            "sse.open: idle_timeout: expected seconds",
        ),
        (
            "sse.open('http://x/', { max_events = 0 }, print)",
            "sse.open: max_events: expected a whole number from 1, got 0",
        ),
        (
            "sse.open('http://x/', { max_events = 1.5 }, print)",
            "sse.open: max_events: expected a whole number from 1, got 1.5",
        ),
        (
            "sse.open('http://x/', { redirects = -1 }, print)",
            "sse.open: redirects: expected a whole number from 0, got -1",
        ),
        (
            "sse.open('http://x/', { method = 'A B' }, print)",
            "sse.open: method: ",
        ),
        (
            "sse.open('http://x/', { headers = 'x' }, print)",
            "sse.open: headers: expected a table, got \"x\"",
        ),
        (
            "sse.open('http://x/', { headers = { ['a b'] = '1' } }, print)",
            "sse.open: headers: ",
        ),
        (
            "sse.open('http://x/', { headers = { a = '1\\n2' } }, print)",
            "sse.open: headers: ",
        ),
        (
            "sse.open('http://x/', { headers = { a = print } }, print)",
            "sse.open: headers[\"a\"]: expected a string, got a function",
        ),
        (
            "sse.open('http://x/', { body = 7 }, print)",
            "sse.open: body: expected a string, or a table to send as JSON, got 7",
        ),
        (
            "sse.open('http://x/', { body = { print } }, print)",
            "sse.open: body: a function has no JSON form",
        ),
        (
            "sse.open('http://x/', { tags = { a = {} } }, print)",
            "sse.open: tags.a: expected a string, got a table",
        ),
        (
            "sse.open('http://x/', { jar = 1 }, print)",
            "sse.open: jar: expected true, false, or a jar made by http.cookie_jar, got 1",
        ),
        (
            "sse.open('http://x/', { reconnect = 1 }, print)",
            "sse.open: reconnect: expected true or { max = N }, got 1",
        ),
        (
            "sse.open('http://x/', { reconnect = { mx = 1 } }, print)",
            "sse.open: reconnect: unknown field 'mx'; did you mean 'max'?",
        ),
        (
            "sse.connect('http://x/', { timout = 1 })",
            "sse.connect: unknown field 'timout'; did you mean 'timeout'?",
        ),
        (
            "sse.open('http://x/', function(c) c.on('event', print) end)",
            "client:on: call it with a colon",
        ),
        (
            "sse.open('http://x/', function(c) c:on('events', print) end)",
            "client:on: argument 1 (name): expected one of open, event, comment, error, close, got \"events\"",
        ),
        (
            "sse.open('http://x/', function(c) c:on('event', 7) end)",
            "client:on: argument 2: expected a function, got 7",
        ),
        (
            "sse.connect(target.url('/.sse')).next()",
            "stream:next: the stream: expected a stream made by sse.connect; call it with a colon, got nil",
        ),
    ] {
        let said = iteration_raises(&format!("\n  {call}"));
        let expected = format!("error: script.lua:2: {message}");
        assert!(
            said.starts_with(&expected),
            "{call}\n     said {said}\n expected {expected}"
        );
    }
}

#[test]
fn a_first_handler_after_the_request_is_refused() {
    let said = iteration_raises(
        "sse.open(target.url('/.sse?n=1'), function(c) c:on('open', function() c:on('event', print) end) end)",
    );
    assert_eq!(
        said,
        "error: script.lua:1: client:on: the first handler for 'event' must be set in the setup function, \
         before the request is sent"
    );
}

#[test]
fn network_calls_in_init_are_refused() {
    for call in [
        "sse.open('http://127.0.0.1:1/', function() end)",
        "sse.connect('http://127.0.0.1:1/')",
    ] {
        let said = init_raises(call);
        assert!(
            said.contains("script.lua:1: sse.")
                && said.contains("cannot be used in the init stage"),
            "{said}"
        );
    }
}

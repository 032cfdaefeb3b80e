//! `http`: requests whose responses are read as a whole.

use std::time::Duration;

use super::kit::{Bench, misuse, printed};

#[test]
fn a_response_has_status_headers_body_and_timings() {
    let text = "function default()
           local res = http.get(target.url('/echo?a=b'), { headers = { ['X-Trace'] = { 1, 'two' } } })
           local echo = res:json()
           print(res.status, res.url == target.url('/echo?a=b'), res.proto, res.remote_ip, res.error)
           print(res.headers['Content-Type'], #res.body > 0)
           print(echo.method, echo.path, echo.query.a, table.concat(echo.headers['x-trace'], '+'), echo.body)
           local sum = 0
           for _, name in ipairs { 'blocked', 'lookup', 'connecting', 'tls', 'sending', 'waiting', 'receiving' } do
             assert(res.timings[name] >= 0, name)
             sum = sum + res.timings[name]
           end
           print(res.timings.waiting > 0, math.abs(sum - res.timings.duration) < 1e-6)
         end";
    let expected = "200\ttrue\tHTTP/1.1\t127.0.0.1\tnil\n\
                    application/json\ttrue\n\
                    GET\t/echo\tb\t1+two\t\n\
                    true\ttrue\n";
    assert_eq!(printed(text), expected);
}

#[test]
fn each_function_sends_its_method_and_body() {
    let text = "function default()
           local url = target.url('/echo')
           for _, verb in ipairs { 'post', 'put', 'patch', 'delete', 'options' } do
             local echo = http[verb](url, verb .. ' it'):json()
             print(echo.method, echo.body, echo.headers['content-type'])
           end
           local head = http.head(url)
           print(head.status, head.body == '')
           print(http.request('brew', url, 'tea', { tags = {} }):json().method)
           print(http.delete(url):json().method, http.post(url):json().headers['content-length'])
         end";
    let expected = "POST\tpost it\tnil\n\
                    PUT\tput it\tnil\n\
                    PATCH\tpatch it\tnil\n\
                    DELETE\tdelete it\tnil\n\
                    OPTIONS\toptions it\tnil\n\
                    200\ttrue\n\
                    BREW\n\
                    DELETE\t0\n";
    assert_eq!(printed(text), expected);
}

#[test]
fn a_table_is_sent_as_json_and_a_form_as_a_form() {
    let text = "function default()
           local url = target.url('/echo')
           local function show(res)
             local echo = res:json()
             print(echo.headers['content-type'], echo.body)
           end
           show(http.post(url, { a = { 1, 2 } }))
           show(http.post(url, nil, { json = { a = 1 }, headers = { ['Content-Type'] = 'application/ld+json' } }))
           show(http.post(url, nil, { json = 'text' }))
           show(http.post(url, nil, { form = { b = { 'x y', 2, true }, a = 'ä&=+' } }))
           show(http.post(url, nil, { form = {} }))
         end";
    let expected = "application/json\t{\"a\":[1,2]}\n\
                    application/ld+json\t{\"a\":1}\n\
                    application/json\t\"text\"\n\
                    application/x-www-form-urlencoded\ta=%C3%A4%26%3D%2B&b=x+y&b=2&b=true\n\
                    application/x-www-form-urlencoded\t\n";
    assert_eq!(printed(text), expected);
}

#[test]
fn credentials_are_sent() {
    let text = "function default()
           local url = target.url('/basic-auth/ann/s%20ecret')
           print(http.get(url).status, http.get(url, { auth = { 'ann', 's ecret' } }).status)
           print(http.get(target.url('/echo'), { bearer = 'T0k' }):json().headers.authorization)
         end";
    assert_eq!(printed(text), "401\t200\nBearer T0k\n");
}

#[test]
fn redirects_are_followed_by_default() {
    let text = "function default()
           local url = target.url('/redirect/2?to=/echo')
           local res = http.get(url)
           print(res.status, res.url == target.url('/echo'))
           local res = http.get(url, { redirects = 0 })
           print(res.status, res.headers.location, res.error)
           local res = http.get(url, { redirects = 1 })
           print(res.status, res.error.kind)
         end";
    let mut bench = Bench::new(text).watching(&["http_req_failed{status:302}"]);
    bench.iterate().unwrap();
    let printed = bench.printed();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], "200\ttrue");
    assert!(
        lines[1].starts_with("302\t/redirect/1") && lines[1].ends_with("\tnil"),
        "{printed}"
    );
    assert_eq!(lines[2], "302\tredirect");
    // A permitted redirect is a success; one too many is a failure. Each call is one request.
    assert_eq!(bench.samples("http_req_failed{status:302}"), (2, 1.0));
    assert_eq!(bench.samples("http_reqs"), (3, 3.0));
}

#[test]
fn failures_of_the_network_are_values() {
    let text = "function default()
           local function show(res)
             local ok, message = pcall(res.json, res)
             print(res.status, res.error.kind, res.body, #tostring(res.error) > 0, ok, (message:gsub(': .*: ', ': ')))
           end
           show(http.get('http://127.0.0.1:1/'))
           show(http.get(target.url('/delay/1h'), { timeout = '20ms' }))
           show(http.get(target.url('/fault/truncate?after=64')))
           show(http.get(target.url('/fault/bad-status-line')))
           show(http.get(target.url('/bytes/40000000')))
           local res = http.get(target.url('/status/503?body=busy'))
           print(res.status, res.error, res.body)
         end";
    let mut bench = Bench::new(text).watching(&[
        "http_req_failed{error:timeout}",
        "http_req_failed{error:truncated,status:200}",
        "http_req_failed{status:503,expected_response:false}",
    ]);
    bench.iterate().unwrap();
    let printed = bench.printed();
    let kinds: Vec<&str> = printed
        .lines()
        .map(|line| {
            line.rsplit_once("\tnil\ttrue\tfalse\t")
                .map_or(line, |p| p.0)
        })
        .collect();
    let expected = [
        "0\tconnect",
        "0\ttimeout",
        "200\ttruncated",
        "0\tprotocol",
        "200\ttoo_large",
        "503\tnil\tbusy",
    ];
    assert_eq!(kinds, expected, "{printed}");
    assert_eq!(bench.samples("http_req_failed"), (6, 6.0));
    assert_eq!(bench.samples("http_req_failed{error:timeout}").0, 1);
    assert_eq!(
        bench
            .samples("http_req_failed{error:truncated,status:200}")
            .0,
        1
    );
    assert_eq!(
        bench
            .samples("http_req_failed{status:503,expected_response:false}")
            .0,
        1
    );
}

#[test]
fn each_request_is_counted_once_with_its_tags() {
    let watched = [
        "http_reqs{method:GET,status:200,proto:HTTP/1.1,expected_response:true,scenario:default}",
        "http_reqs{name:upload,kind:demo,group:::files,method:PUT}",
        "http_req_waiting{name:upload}",
        "data_sent{name:upload}",
        "data_received{name:upload}",
    ];
    let text = "function default()
           http.get(target.url('/echo?secret=1'))
           group('files', function()
             http.put(target.url('/echo'), ('x'):rep(1000), { tags = { name = 'upload', kind = 'demo' } })
           end)
         end";
    let mut bench = Bench::new(text).watching(&watched);
    bench.iterate().unwrap();
    assert_eq!(bench.samples(watched[0]), (1, 1.0));
    assert_eq!(bench.samples(watched[1]), (1, 1.0));
    assert_eq!(bench.samples(watched[2]).0, 1);
    assert!(bench.samples(watched[3]).1 > 1000.0);
    assert!(bench.samples(watched[4]).1 > 1000.0);
    for metric in [
        "duration",
        "failed",
        "blocked",
        "connecting",
        "tls_handshaking",
        "sending",
        "receiving",
    ] {
        assert_eq!(
            bench.samples(&format!("http_req_{metric}")).0,
            2,
            "{metric}"
        );
    }
    assert_eq!(bench.samples("http_req_failed"), (2, 0.0));
}

#[test]
fn a_request_on_a_closed_connection_is_sent_again_and_counted() {
    let text = "function default()
           local url = target.url('/fault/close-idle')
           print(http.get(url).error, http.get(url).error)
         end";
    let mut bench = Bench::new(text);
    bench.iterate().unwrap();
    assert_eq!(bench.printed(), "nil\tnil\n");
    assert_eq!(bench.samples("http_reqs"), (2, 2.0));
    assert_eq!(bench.samples("http_reconnects"), (1, 1.0));
}

#[test]
fn a_request_interrupted_before_its_answer_has_failed() {
    let text = "function default() http.get(target.url('/delay/1h')) end";
    let mut bench = Bench::new(text);
    assert!(bench.iterate_for(Duration::from_millis(50)).is_none());
    assert_eq!(bench.samples("http_reqs").0, 1);
    assert_eq!(bench.samples("http_req_failed"), (1, 1.0));
    assert_eq!(bench.samples("http_req_duration").0, 0);
}

#[test]
fn a_request_interrupted_within_its_answer_counts_with_its_bytes() {
    let text = "function default() http.get(target.url('/fault/stall?after=1')) end";
    let mut bench = Bench::new(text);
    assert!(bench.iterate_for(Duration::from_millis(200)).is_none());
    assert_eq!(bench.samples("http_reqs").0, 1);
    assert_eq!(bench.samples("http_req_failed"), (1, 0.0));
    assert!(bench.samples("data_received").1 > 0.0);
}

#[test]
fn a_stream_closed_before_its_answer_is_counted() {
    let closed = "function default()
           local client
           spawn(function() sleep('20ms') client:close() end)
           local res = sse.open(target.url('/delay/1h'), function(own) client = own end)
           print(res.status, res.error)
         end";
    let mut bench = Bench::new(closed);
    bench.iterate().unwrap();
    assert_eq!(bench.printed(), "0\tcancelled before an answer\n");
    let cut_off = "function default() sse.open(target.url('/delay/1h'), function() end) end";
    let mut other = Bench::new(cut_off);
    assert!(other.iterate_for(Duration::from_millis(50)).is_none());
    for bench in [&mut bench, &mut other] {
        assert_eq!(bench.samples("http_reqs").0, 1);
        assert_eq!(bench.samples("http_req_failed"), (1, 1.0));
        assert_eq!(bench.samples("sse_errors"), (1, 1.0));
        assert_eq!(bench.samples("http_req_duration").0, 0);
    }
}

#[test]
fn a_jar_holds_cookies_for_http_and_sse() {
    let text = "function default()
           local url = target.url('/')
           local jar = http.cookie_jar()
           print(jar:set(url, 'a', '1'), jar:set(url, 'b', 'x=y'), jar:get(url).b)
           local function sent(params) return http.get(target.url('/echo'), params):json().headers.cookie end
           print(sent { jar = jar }, sent(), sent { jar = false })
           sse.open(target.url('/echo/sse'), { jar = jar }, function(client)
             client:on('event', function(event) print(event:json().headers.cookie) end)
           end)
           http.get(target.url('/cookies/set?c=2'), { jar = jar })
           print(jar:get(url).c, sent())
           http.get(target.url('/cookies/set?mine=1'))
           print(sent(), sent { jar = false })
           jar:clear()
           print(next(jar:get(url)))
         end";
    let printed = printed(text);
    let lines: Vec<&str> = printed.lines().collect();
    let either = |cookies: &str| cookies == "a=1; b=x=y" || cookies == "b=x=y; a=1";
    assert_eq!(lines[0], "true\ttrue\tx=y");
    assert!(
        lines[1].strip_suffix("\tnil\tnil").is_some_and(either),
        "{printed}"
    );
    assert!(either(lines[2]), "{printed}");
    assert_eq!(lines[3..], ["2\tnil", "mine=1\tnil", "nil"]);
}

#[test]
fn requests_wait_like_sleep() {
    let text = "function default()
           local answers = setmetatable({}, { __index = function(_, path)
             return http.get(target.url(path)).status
           end })
           print(pcall(function() return answers['/status/204'] end))
           local paths = coroutine.wrap(function()
             for _, code in ipairs { 201, 202 } do
               coroutine.yield(http.get(target.url('/status/' .. code)).status)
             end
           end)
           for status in paths do print(status) end
         end
         print(pcall(http.get, 'http://127.0.0.1:1/'))";
    let mut bench = Bench::new(text);
    let refusal = "http.get: cannot be used in the init stage";
    let first = bench.printed();
    assert!(
        first.starts_with("false\t") && first.contains(refusal),
        "{first}"
    );
    bench.iterate().unwrap();
    assert!(bench.printed().ends_with("true\t204\n201\n202\n"));
}

#[test]
fn misuse_names_function_and_place() {
    for (code, message) in [
        (
            "http.get()",
            "http.get: argument 1 (url): expected a URL as a string, got nil",
        ),
        (
            "http.get('x')",
            "http.get: argument 1 (url): cannot request the URL",
        ),
        (
            "http.get('http://a/', 5)",
            "http.get: argument 2 (params): expected a table, got 5",
        ),
        (
            "http.get('http://a/', nil, {})",
            "http.get: argument 3: expected no more than 2 arguments, got a table",
        ),
        (
            "http.get('http://a/', { timout = 1 })",
            "http.get: unknown field 'timout'; did you mean 'timeout'?",
        ),
        (
            "http.get('http://a/', { jar = 5 })",
            "http.get: jar: expected true, false, or a jar",
        ),
        (
            "http.post('http://a/', 5)",
            "http.post: argument 2 (body): expected a string, or a table",
        ),
        (
            "http.post('http://a/', 'b', { json = 1 })",
            "http.post: only one of body, json and form",
        ),
        (
            "http.post('http://a/', nil, { form = 'a=b' })",
            "http.post: form: expected a table, got \"a=b\"",
        ),
        (
            "http.request('a b', 'http://a/')",
            "http.request: argument 1 (method): \"A B\" is not an HTTP method",
        ),
        (
            "http.get('http://a/', { auth = 'ann' })",
            "http.get: auth: expected { user, password }, got \"ann\"",
        ),
        (
            "http.get('http://a/', { auth = { 'ann' } })",
            "http.get: auth[2] (password): expected a string, got nil",
        ),
        (
            "http.get('http://a/', { auth = { 'a', 'b' }, bearer = 't' })",
            "http.get: only one of auth, bearer",
        ),
        (
            "http.get('http://a/', { headers = { A = '\\n' } })",
            "http.get: headers: the value of the header \"A\"",
        ),
        (
            "http.cookie_jar():set('http://a/', 'a;b', 'c')",
            "jar:set: argument 2 (name): \"a;b\" cannot be the name",
        ),
        (
            "http.cookie_jar():set('http://a/', 'a', 'c; Domain=b')",
            "jar:set: argument 3 (value): a cookie's value",
        ),
    ] {
        let found = misuse(code);
        assert!(found.starts_with(message), "{code} gave {found}");
    }
    let found = misuse("http.get('http://a/', { bearer = 'S3cret\\n' })");
    assert!(
        found.starts_with("http.get: bearer: ") && !found.contains("S3cret"),
        "{found}"
    );
}

use crate::support::ssel::{iteration_prints, run};

/// Posts to the echo and prints the answer.
fn echoed(params: &str, what: &str) -> String {
    iteration_prints(&format!(
        r#"
        local res = sse.open(target.url("/echo/sse?a=1"), {params}, function(client)
            client:on("event", function(event)
                local r = event:json()
                print({what})
            end)
        end)
        if res.error then print(res.error) end
        "#
    ))
}

#[test]
fn the_method_is_get_unless_given_in_any_case() {
    assert_eq!(
        echoed("{}", "r.method, r.path, 'a=' .. r.query.a"),
        "GET\t/echo/sse\ta=1\n"
    );
    assert_eq!(echoed("{ method = 'post' }", "r.method"), "POST\n");
    assert_eq!(echoed("{ method = 'DELETE' }", "r.method"), "DELETE\n");
}

#[test]
fn headers_may_be_texts_numbers_or_lists() {
    let params =
        "{ headers = { Authorization = 'Bearer XXXX', ['X-N'] = 7, ['X-L'] = { 'a', 'b' } } }";
    assert_eq!(
        echoed(
            params,
            "r.headers.authorization, r.headers['x-n'], json.encode(r.headers['x-l'])"
        ),
        "Bearer XXXX\t7\t[\"a\",\"b\"]\n"
    );
}

#[test]
fn default_headers_are_sent_unless_the_script_sets_its_own() {
    let what =
        "r.headers.accept, r.headers['cache-control'], (r.headers['user-agent']:gsub('%d.*', ''))";
    assert_eq!(echoed("{}", what), "text/event-stream\tno-store\tssel/\n");
    assert_eq!(
        echoed(
            "{ headers = { accept = '*/*', ['User-Agent'] = 'me', ['Cache-Control'] = 'no-cache' } }",
            what
        ),
        "*/*\tno-cache\tme\n"
    );
}

#[test]
fn a_text_is_sent_unchanged_and_a_table_as_json() {
    let what = "r.body, r.headers['content-type'], r.headers['content-length']";
    assert_eq!(
        echoed("{ method = 'POST', body = ' {} ' }", what),
        " {} \tnil\t4\n"
    );
    assert_eq!(
        echoed("{ method = 'POST', body = { list = { 1, 2 } } }", what),
        "{\"list\":[1,2]}\tapplication/json\t14\n"
    );
    let own =
        "{ method = 'POST', body = { 1 }, headers = { ['content-type'] = 'application/x-mine' } }";
    assert_eq!(echoed(own, what), "[1]\tapplication/x-mine\t3\n");
    assert_eq!(
        echoed("{ method = 'POST', body = '\\0\\255' }", "r.body_base64"),
        "AP8=\n"
    );
}

#[test]
fn all_samples_of_a_stream_have_its_tags() {
    let script = r#"
        options = { thresholds = {
            ["sse_event{my_tag:hello,flag:true,n:7}"] = "count==3",
            ["http_reqs{name:renamed}"] = "count==1",
            ["http_reqs{method:GET,status:200,proto:HTTP/1.1,expected_response:true,scenario:default}"] = "count==1",
        } }
        function default()
            local tags = { my_tag = "hello", flag = true, n = 7, name = "renamed" }
            sse.open(target.url("/.sse?n=3&interval=1ms"), { tags = tags }, function() end)
        end
    "#;
    run(script).said().exits(0);
}

#[test]
fn without_a_name_the_tag_is_the_url_without_its_query() {
    let script = r#"
        local base = target.url("/.sse")
        options = { thresholds = { ["http_reqs{name:" .. base .. "}"] = "count==1" } }
        function default() sse.open(base .. "?n=1", function() end) end
    "#;
    run(script).said().exits(0);
}

#[test]
fn a_vu_keeps_cookies_within_an_iteration() {
    let script = r#"
        options = { iterations = 2 }
        local function cookies(params)
            local res = sse.open(target.url("/cookies"), params, function() end)
            return json.encode(json.decode(res.body).cookies)
        end
        function default()
            local before = cookies {}
            sse.open(target.url("/cookies/set?k=v"), { jar = false }, function() end)
            local without = cookies {}
            sse.open(target.url("/cookies/set?k=v"), function() end)
            print(before, without, cookies {}, cookies { jar = false })
        end
    "#;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(
        said.stdout,
        "{}\t{}\t{\"k\":\"v\"}\t{}\n{}\t{}\t{\"k\":\"v\"}\t{}\n"
    );
}

#[test]
fn max_events_and_max_duration_end_a_stream_without_an_error() {
    let script = r#"
        function default()
            local url = target.url("/.sse?interval=2ms")
            local n = 0
            local res = sse.open(url, { max_events = 5 }, function(client)
                client:on("event", function() n = n + 1 end)
                client:on("error", function(err) print(err) end)
            end)
            print(res.error, res.events, n)
            local res = sse.open(target.url("/.sse?n=100&batch=100&interval=0"), { max_events = 7 }, function() end)
            print(res.error, res.events)
            local res = sse.open(url, { max_duration = "50ms" }, function() end)
            print(res.error, res.events > 1, res.timings.duration >= 0.05)
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "nil\t5\t5\nnil\t7\nnil\ttrue\ttrue");
    assert_eq!(
        said.metric("http_req_failed").as_deref(),
        Some("0.00% 0 out of 3")
    );
}

#[test]
fn url_and_params_may_be_computed() {
    // A table with defaults in its metatable, as in scripts that share parameters.
    let body = r#"
        local shared = { method = "POST", body = "shared" }
        local params = setmetatable({ headers = { a = "1" } }, { __index = shared })
        sse.open(target.url("/echo/sse"), params, function(client)
            client:on("event", function(event) print(event:json().method, event:json().body) end)
        end)
    "#;
    assert_eq!(iteration_prints(body), "POST\tshared\n");
}

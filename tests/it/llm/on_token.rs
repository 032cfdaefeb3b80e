use crate::support::ssel::{iteration_prints, iteration_raises, run};

#[test]
fn each_fragment_has_its_time_and_kind() {
    let said = iteration_prints(
        r#"
        for _, api in ipairs { "chat", "anthropic", "ollama" } do
            local pieces, last = {}, 0
            local res = llm.chat{
                url = target.url("/?reasoning=2&tokens=2"), api = api, prompt = "x", text = false,
                on_token = function(text, time, part)
                    assert(time >= last)
                    pieces[#pieces + 1], last = part .. ":" .. text, time
                end,
            }
            print(table.concat(pieces, "|"), res.text, last == res.e2e)
        end
        local tool = {}
        llm.chat{ url = target.url("/v1?tool=1"), prompt = "x", on_token = function(text, _, part) tool[#tool + 1] = part end }
        print(tool[1])
        "#,
    );
    let (pieces, tool) = said.trim_end().rsplit_once('\n').unwrap();
    for line in pieces.lines() {
        // Lines of one read are one piece.
        let text: String = line.replace("|reasoning:", "").replace("|content: ", " ");
        assert_eq!(
            text,
            "reasoning:circle bridge|content:light paper\tnil\ttrue"
        );
    }
    assert_eq!((pieces.lines().count(), tool), (3, "tool"));
}

#[test]
fn a_handler_can_wait_and_send_requests_without_affecting_times() {
    let said = iteration_prints(
        r#"
        local url, inner, slept = target.url("/v1?tokens=3&itl=1ms"), 0, now()
        local res = llm.chat{ url = url, prompt = "x", on_token = function(text, time)
            sleep("100ms")
            inner = inner + llm.chat{ url = url, prompt = "y" }.chunks
        end }
        print(res.error, inner, now() - slept >= 0.3, res.e2e < 0.3)
        "#,
    );
    assert_eq!(said, "nil\t9\ttrue\ttrue\n");
}

#[test]
fn false_ends_the_reply_immediately() {
    let said = iteration_prints(
        r#"
        local n = 0
        local res = llm.chat{ url = target.url("/v1?fail=stall&fail_after=2&tokens=9"), prompt = "x", on_token = function()
            n = n + 1
            return n < 2
        end }
        print(n, res.error.kind, res.text, res.done)
        "#,
    );
    assert_eq!(said, "2\tcancelled\tlight paper\tfalse\n");
}

#[test]
fn an_error_in_a_handler_has_its_place_and_the_reply_counts() {
    let body = "llm.chat{ url = target.url('/v1?tokens=3&fail=stall'), prompt = 'x',\n on_token = function() error('no!') end }";
    let said = iteration_raises(body);
    assert!(said.contains("script.lua:2: no!"), "{said}");
    let said = run(&format!(
        "function default() pcall(function() {body} end) end"
    ))
    .said()
    .exits(0);
    assert_eq!(
        (said.count("llm_requests"), said.count("llm_cancelled")),
        (1, 1)
    );
}

#[test]
fn tasks_setup_and_teardown_can_chat_concurrently() {
    let said = run(
        r#"
        local function ask(path) return llm.chat{ url = target.url(path), prompt = "x" } end
        function setup() return ask("/v1?tokens=1").text end
        function default(first)
            local tasks = {}
            for i = 1, 5 do
                tasks[i] = spawn(function()
                    local res = llm.chat{ url = target.url("/v1?itl=1ms&tokens=" .. i), prompt = "x", on_token = function() sleep(0) end }
                    return res.chunks
                end)
            end
            local n = 0
            for _, task in ipairs(tasks) do n = n + task:wait() end
            print(first, n)
        end
        function teardown(first) print(first, ask("/v1?tokens=2").text) end
        "#,
    )
    .said()
    .exits(0);
    assert_eq!(said.printed(), "light\t15\nlight\tlight paper");
    assert_eq!(said.count("llm_requests"), 7);
}

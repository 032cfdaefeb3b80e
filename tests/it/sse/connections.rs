use crate::support::ssel::run;

/// Prints the numbers of the connection and of the request on it, which the echo returns.
const ECHO: &str = r#"
    local function echo(path)
        local stream = sse.connect(target.url("/echo/sse"))
        local r = stream:next():json()
        stream:next()
        return r.connection .. "/" .. r.request
    end
"#;

#[test]
fn a_vu_keeps_its_connection_across_iterations() {
    let script =
        format!("options = {{ iterations = 3 }} {ECHO} function default() print(echo()) end");
    let said = run(&script).args(["--no-summary"]).said().exits(0);
    let lines: Vec<&str> = said.stdout.lines().collect();
    let connection = lines[0].split_once('/').unwrap().0;
    assert_eq!(
        lines,
        [
            format!("{connection}/1"),
            format!("{connection}/2"),
            format!("{connection}/3")
        ]
    );
}

#[test]
fn connections_are_not_reused_if_the_options_say_so() {
    let script = format!(
        "options = {{ iterations = 2 }} {ECHO} function default() print(echo(), echo()) end"
    );
    let numbers = |flag: &str| {
        let said = run(&script).args(["--no-summary", flag]).said().exits(0);
        let requests = |line: &str| {
            line.split('\t')
                .map(|e| e.split_once('/').unwrap().1.to_owned())
                .collect()
        };
        said.stdout
            .lines()
            .map(requests)
            .collect::<Vec<Vec<String>>>()
    };
    assert_eq!(numbers("--no-connection-reuse"), [["1", "1"], ["1", "1"]]);
    assert_eq!(
        numbers("--no-vu-connection-reuse"),
        [["1", "2"], ["1", "2"]]
    );
}

#[test]
fn vus_do_not_share_connections() {
    let script = format!(
        "options = {{ scenarios = {{ a = {{ executor = 'per-vu-iterations', vus = 3, iterations = 2 }} }} }} \
         {ECHO} function default() print(echo()) end"
    );
    let said = run(&script).args(["--no-summary"]).said().exits(0);
    let mut connections: Vec<&str> = said
        .stdout
        .lines()
        .map(|line| line.split_once('/').unwrap().0)
        .collect();
    connections.sort_unstable();
    connections.dedup();
    assert_eq!(connections.len(), 3, "{}", said.stdout);
}

#[test]
fn a_keep_alive_connection_that_the_server_closes_is_not_a_failure() {
    let script = r#"
        options = { iterations = 200 }
        function default()
            local res = sse.open(target.url("/fault/close-after-reply"), function() end)
            if res.error then print(res.error) end
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "");
    assert_eq!(
        said.metric("http_req_failed").as_deref(),
        Some("0.00% 0 out of 200")
    );
    assert_eq!(
        (said.count("http_reqs"), said.count("sse_errors")),
        (200, 0)
    );
}

#[test]
fn a_request_on_a_connection_that_is_closing_is_sent_again_on_a_new_one() {
    let script = r#"
        options = { iterations = 50, summary_mode = "full" }
        function default()
            local res = sse.open(target.url("/fault/close-idle"), function() end)
            if res.error then print(res.error) end
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "");
    assert_eq!(
        said.metric("http_req_failed").as_deref(),
        Some("0.00% 0 out of 50")
    );
    assert!(said.count("http_reconnects") > 0, "{}", said.stdout);
}

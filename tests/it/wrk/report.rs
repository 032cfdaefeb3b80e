use super::{count, target, url};
use crate::support::ssel::Ssel;

/// Replaces figures and their units by N, and several blanks by one.
fn shape(text: &str) -> String {
    let word = |word: &str| {
        let figure = word.starts_with(|c: char| c.is_ascii_digit());
        if figure { "N".into() } else { word.to_owned() }
    };
    let line = |line: &str| {
        let indent = &line[..line.len() - line.trim_start().len()];
        indent.to_owned()
            + &line
                .split_whitespace()
                .map(word)
                .collect::<Vec<_>>()
                .join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_report_has_the_layout_of_wrk() {
    let target = target();
    let url = url(&target, "/health");
    let said = Ssel::new()
        .args(["wrk", "-t2", "-c4", "-d", "300ms", "--latency", &url])
        .said()
        .exits(0);
    assert!(
        said.stdout.starts_with(&format!(
            "Running 300ms test @ {url}\n  2 threads and 4 connections\n"
        )),
        "{}",
        said.stdout
    );
    let rest: Vec<&str> = said.stdout.lines().skip(1).collect();
    assert_eq!(
        shape(&rest.join("\n")),
        "  N threads and N connections\n  Thread Stats Avg Stdev Max +/- Stdev\n    Latency N N N N\n    Req/Sec N N N N\n  \
         Latency Distribution\n     N N\n     N N\n     N N\n     N N\n  N requests in N N read\n\
         Requests/sec: N\nTransfer/sec: N"
    );
    assert!(count(&said, "requests") > 0);
    assert_eq!(said.stderr, "");
}

#[test]
fn status_codes_from_400_have_a_line() {
    let target = target();
    let run = |path: &str| {
        let url = url(&target, path);
        let ssel = Ssel::new().args(["wrk", "-t1", "-c1", "-d", "300ms", &url]);
        ssel.said().exits(0)
    };
    let said = run("/status/404");
    let line = format!("  Non-2xx or 3xx responses: {}\n", count(&said, "requests"));
    assert!(said.stdout.contains(&line), "{}", said.stdout);
    let said = run("/status/302");
    assert!(!said.stdout.contains("Non-2xx"), "{}", said.stdout);
}

#[test]
fn headers_of_the_command_line_are_sent() {
    let target = target();
    let script = "function response(_, _, body) local got = json.decode(body).headers \
                  print(got['x-one'], got['host'], got['x-two']) wrk.thread:stop() end";
    let said = super::wrk(&url(&target, "/echo"), script)
        .args([
            "-H",
            "X-One: a: b",
            "-H",
            "Host: elsewhere",
            "-H",
            "X-Two:c",
        ])
        .said()
        .exits(0);
    assert_eq!(super::printed(&said), ["a: b\telsewhere\tc"]);
}

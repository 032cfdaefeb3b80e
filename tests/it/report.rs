//! The report page of a run, and the live page. tests/browser tests them in a browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use crate::support::ssel::run;

const SCRIPT: &str = "options = { vus = 2, duration = '2s', thresholds = { http_req_failed = 'rate < 0.9' } }
function default()
  sse.open(target.url('/.sse?n=10&interval=20ms'), {}, function(client) client:on('event', function() end) end)
  http.get(target.url('/status/503'))
end";

#[test]
fn a_report_has_the_figures_of_the_summary() {
    let ssel = run(SCRIPT).args(["--report", "report.html"]);
    let said = ssel.said().exits(0);
    let page = std::fs::read_to_string(ssel.folder().join("report.html")).unwrap();
    assert!(
        page.contains(&format!("<dd>{}</dd>", said.count("sse_event"))),
        "the events of the summary"
    );
    for part in [
        "rate &lt; 0.9",
        "sse_first_event",
        "503",
        "chart-streams",
        "The run passed.",
    ] {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn an_unwritable_report_is_reported_before_the_load() {
    let said = run(SCRIPT)
        .args(["--report", "no/such/report.html"])
        .said()
        .exits(1);
    assert!(
        said.stderr.contains("no/such/report.html") && said.stdout.is_empty(),
        "{}",
        said.stderr
    );
}

#[test]
fn the_live_page_is_served_during_the_run() {
    let ssel = run(SCRIPT).args(["--live", "-d", "20s"]);
    let mut child = ssel.command().spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines
        .find_map(|line| line.ok().filter(|line| line.contains("live page: http://")))
        .unwrap();
    let address = line
        .split("http://")
        .nth(1)
        .unwrap()
        .trim_end_matches('/')
        .to_owned();
    let mut socket = TcpStream::connect(&address).unwrap();
    write!(
        socket,
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut page = String::new();
    socket.read_to_string(&mut page).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        page.starts_with("HTTP/1.1 200") && page.contains("data-live=\"events\""),
        "{page}"
    );
}

#[test]
fn an_unusable_address_ends_the_run_before_it_starts() {
    let said = run(SCRIPT).args(["--live=300.0.0.1:1"]).said().exits(104);
    assert!(said.stderr.contains("--live"), "{}", said.stderr);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let said = run(SCRIPT)
        .args([format!("--live={}", taken.local_addr().unwrap()).as_str()])
        .said()
        .exits(1);
    assert!(
        said.stderr.contains("cannot serve the live page"),
        "{}",
        said.stderr
    );
}

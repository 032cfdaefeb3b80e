//! Saved runs of `ssel wrk`.

use rusqlite::Connection;

use crate::support::ssel::Ssel;

#[test]
fn a_run_is_saved_by_the_second_and_reported() {
    let target = super::target();
    let ssel = Ssel::new().args([
        "wrk",
        "-c",
        "4",
        "-d",
        "2",
        "--save",
        "run.ssel",
        "--label",
        "server=a",
        "-H",
        "Authorization: Bearer sk-1",
        &super::url(&target, "/status/200"),
    ]);
    let said = ssel.said().exits(0);
    let path = ssel.folder().join("run.ssel");
    let db = Connection::open(&path).unwrap();
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, f64>(0)).unwrap();
    let requests = number("SELECT sum(sum) FROM metrics WHERE metric = 'http_reqs'");
    let line = said
        .stdout
        .lines()
        .find(|line| line.contains(" requests in "))
        .unwrap();
    let shown: f64 = line.split_whitespace().next().unwrap().parse().unwrap();
    assert!((requests - shown).abs() < 0.5, "{requests} {line}");
    assert!(number("SELECT count(*) FROM client") >= 2.0);
    assert!(
        number(
            "SELECT p99 FROM totals JOIN series ON id = series WHERE metric = 'http_req_duration'"
        ) > 0.0
    );
    let text = |sql: &str| {
        db.query_row(sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    assert_eq!(text("SELECT verdict FROM run"), "passed");
    assert!(!text("SELECT options FROM run").contains("sk-1"));
    let report = Ssel::new()
        .args(["report", path.to_str().unwrap()])
        .said()
        .exits(0);
    assert!(
        report.stdout.contains("ssel wrk http://"),
        "{}",
        report.stdout
    );
    assert!(report.metric("http_reqs").is_some(), "{}", report.stdout);
}

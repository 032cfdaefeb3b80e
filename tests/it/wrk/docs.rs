use super::{target, url, wrk};
use crate::support::ssel::{Ssel, project};

fn page() -> String {
    std::fs::read_to_string(project("docs/wrk.md")).unwrap()
}

#[test]
fn every_flag_is_on_the_page() {
    let help = Ssel::new().args(["wrk", "--help"]).said().exits(0).stdout;
    let text = page();
    let flags = help
        .split_whitespace()
        .filter(|word| word.starts_with("--"));
    let mut count = 0;
    for flag in flags.map(|flag| flag.trim_end_matches([',', '.'])) {
        assert!(text.contains(flag), "docs/wrk.md does not mention {flag}");
        count += 1;
    }
    assert!(count > 8, "{help}");
}

#[test]
fn the_scripts_of_the_page_run() {
    let target = target();
    let text = page();
    let blocks: Vec<&str> = text
        .split("```lua\n")
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap())
        .collect();
    assert!(blocks.len() > 3, "the page has examples");
    for block in blocks {
        let said = wrk(&url(&target, "/echo"), block)
            .instead_of("-d1m", "-d300ms")
            .said()
            .exits(0);
        assert_eq!(said.stderr, "", "{block}");
        assert!(
            super::count(&said, "requests") + super::count(&said, "events") > 0,
            "{block}: {}",
            said.stdout
        );
    }
}

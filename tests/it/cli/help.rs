use crate::support::golden::golden;
use crate::support::ssel::Ssel;

/// The standard output, with the width for no terminal.
fn shown(arguments: &[&str]) -> String {
    let said = Ssel::new()
        .args(arguments.iter().copied())
        .env("COLUMNS", "100")
        .said()
        .exits(0);
    assert_eq!(said.stderr, "");
    said.stdout
}

#[test]
fn the_help_of_the_program_matches_its_snapshot() {
    golden("help", &shown(&["--help"]));
}

#[test]
fn the_help_of_run_matches_its_snapshot() {
    golden("help_of_run", &shown(&["run", "--help"]));
}

#[test]
fn the_help_of_serve_matches_its_snapshot() {
    golden("help_of_serve", &shown(&["serve", "--help"]));
}

#[test]
fn the_help_of_wrk_matches_its_snapshot() {
    golden("help_of_wrk", &shown(&["wrk", "--help"]));
}

#[test]
fn without_a_command_help_is_shown_as_an_error() {
    let said = Ssel::new().said().exits(104);
    assert!(said.stderr.contains("Usage: ssel"), "{}", said.stderr);
    let said = Ssel::new().args(["run"]).said().exits(104);
    assert!(said.stderr.contains("<SCRIPT>"), "{}", said.stderr);
}

#[test]
fn the_help_of_llm_matches_its_snapshot() {
    golden("help_of_llm", &shown(&["llm", "--help"]));
}

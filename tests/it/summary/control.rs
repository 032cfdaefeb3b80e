use crate::llm::canned::Canned;
use crate::support::ssel::{Ssel, run};

#[test]
fn foreign_text_cannot_move_the_cursor_or_forge_lines() {
    let said = run(r#"
        function default()
            exec.vu.tags.team = "a\27[31mb"
            group("g\27]0;title\7", function()
                check(1, { ["fine\27[2J\n    ✓ forged"] = true, ["bad\155"] = false })
            end)
            error("boom\27[31m\rgone")
        end
        "#)
    .args(["--summary-mode", "full", "-o", "json=samples.json"]);
    let json = said.folder().join("samples.json");
    let spoken = said.said();
    for text in [&spoken.stdout, &spoken.stderr] {
        let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(!text.contains(obeyed), "{text:?}");
    }
    let line = "✓ fine\\x1b[2J\\n    ✓ forged";
    assert!(spoken.stdout.contains(line), "{}", spoken.stdout);
    assert!(
        !spoken.stdout.contains("\n    ✓ forged"),
        "{}",
        spoken.stdout
    );
    assert!(
        spoken.stderr.contains("boom\\x1b[31m\\rgone"),
        "{}",
        spoken.stderr
    );
    // Output for programs is exact.
    let lines = std::fs::read_to_string(json).unwrap();
    assert!(lines.contains(r"a\u001b[31mb"), "{lines}");
}

#[test]
fn a_server_cannot_send_control_codes_to_the_terminal() {
    let list = r#"{"data":[{"id":"one\u001b[2J"},{"id":"two\u202e"}]}"#;
    let server = Canned::start(
        "200 OK\nContent-Type: application/json\nConnection: close",
        list,
        false,
    );
    let said = Ssel::new().args(["llm", &server.url()]).said();
    assert!(
        said.stderr.contains("one\\x1b[2J") && said.stderr.contains("two\\u{202e}"),
        "{:?}",
        said.stderr
    );
    assert!(
        !said.stderr.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        said.stderr
    );
}

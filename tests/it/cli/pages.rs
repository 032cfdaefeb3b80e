use crate::support::ssel::Ssel;

#[test]
fn every_shell_gets_completions_of_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = Ssel::new().args(["completions", shell]).said().exits(0);
        for word in ["inspect", "summary-export", "no-color"] {
            assert!(
                said.stdout.contains(word),
                "{shell} knows nothing of {word}"
            );
        }
    }
    let said = Ssel::new().args(["completions", "tcsh"]).said().exits(104);
    assert!(said.stderr.contains("bash"), "{}", said.stderr);
}

#[test]
fn there_is_a_page_for_each_command() {
    let ssel = Ssel::new().args(["man", "--dir", "share/man/man1"]);
    assert_eq!(ssel.said().exits(0).stdout, "");
    let page = |name: &str| {
        std::fs::read_to_string(ssel.folder().join("share/man/man1").join(name)).unwrap()
    };
    let main = page("ssel.1");
    assert_eq!(Ssel::new().args(["man"]).said().exits(0).stdout, main);
    let commands: Vec<&str> = main
        .lines()
        .filter_map(|line| line.strip_suffix("(1)"))
        .collect();
    assert!(commands.len() > 6, "{commands:?}");
    for command in commands {
        let name = command.replace("\\-", "-") + ".1";
        let page = page(&name);
        assert!(page.contains(command), "{name}");
        assert!(page.contains(".SH \"EXAMPLE"), "{name}");
    }
    let run = page("ssel-run.1");
    for words in [
        "summary\\-export",
        ".SH \"ENVIRONMENT\"",
        ".SH \"EXIT STATUS\"",
        ".SH \"DOCUMENTATION\"",
    ] {
        assert!(run.contains(words), "{words}");
    }
    // Examples keep their lines, and notes are filled.
    let compare = page("ssel-compare.1");
    assert!(
        compare.contains(".fi\n.SH \"NOTES\"\nIntervals"),
        "{compare}"
    );
}

#[test]
fn an_unwritable_folder_is_named() {
    let ssel = Ssel::new()
        .file("taken", "")
        .args(["man", "--dir", "taken"]);
    let said = ssel.said().exits(1);
    assert!(
        said.stderr
            .starts_with("error: cannot write the pages to taken: "),
        "{}",
        said.stderr
    );
}

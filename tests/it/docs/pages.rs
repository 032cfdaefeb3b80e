use std::path::Path;

use crate::support::ssel::{iteration_prints, project, run};

fn page(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap()
}

#[test]
fn the_page_of_the_target_lists_exactly_its_routes() {
    let listed = iteration_prints(
        "for _, path in ipairs { '/', '/fault' } do print(sse.open(target.url(path), function() end).body) end",
    );
    let text = page("docs/target.md");
    let mut routes = 0;
    for line in listed.lines().filter(|line| line.starts_with('/')) {
        let route = line.split_whitespace().next().unwrap();
        let shown = match route
            .strip_prefix("/fault/")
            .filter(|kind| *kind != "{kind}")
        {
            Some(kind) => format!("| `{kind}` |"),
            None => format!("`{route}`"),
        };
        assert!(
            text.contains(&shown),
            "docs/target.md does not mention {route}"
        );
        routes += 1;
    }
    assert!(routes > 30, "{listed}");
    for line in text.lines().filter_map(|line| line.strip_prefix("| `/")) {
        let route = format!("/{}", line.split('`').next().unwrap());
        assert!(listed.contains(&route), "the target does not list {route}");
    }
}

#[test]
fn every_option_is_on_its_page() {
    let text = page("docs/options.md");
    for key in ssel::internals::KEYS {
        let start = format!("| `{}` | ", key.name);
        let row = text.lines().find_map(|line| line.strip_prefix(&start));
        let row = row.unwrap_or_else(|| panic!("docs/options.md does not mention {}", key.name));
        let usage = key.flag.map_or(String::new(), |flag| {
            let usage = flag.usage.replacen(" --", "`, `--", 1);
            format!("`{usage}`")
        });
        assert!(row.starts_with(&usage), "{}: {row}", key.name);
        assert_eq!(
            row.starts_with('|'),
            usage.is_empty(),
            "{}: {row}",
            key.name
        );
    }
}

#[test]
fn every_flag_is_on_the_page_of_options() {
    let text = page("docs/options.md");
    for command in ["run", "eval", "inspect", "new", "serve", "man"] {
        let help = crate::support::ssel::Ssel::new()
            .args([command, "--help"])
            .said()
            .exits(0)
            .stdout;
        let flags = help
            .split_whitespace()
            .filter(|word| word.starts_with("--") && word.len() > 2);
        for flag in flags
            .map(|flag| flag.split('[').next().unwrap_or(flag))
            .map(|flag| {
                flag.split('[')
                    .next()
                    .unwrap_or_default()
                    .trim_end_matches([',', '.'])
            })
            .filter(|flag| *flag != "--help")
        {
            assert!(
                mentions(&text, flag),
                "docs/options.md does not mention {flag}"
            );
        }
    }
}

/// Whether a text contains a flag, rather than a longer one that begins with it.
fn mentions(text: &str, flag: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || c == '-');
    let mut found = text.match_indices(flag);
    found.any(|(at, flag)| !goes_on(&text[at + flag.len()..]))
}

#[test]
fn a_longer_flag_does_not_count_as_a_mention_of_a_shorter_one() {
    assert!(mentions("`--seed N`", "--seed") && mentions("--seeds, --seed", "--seed"));
    assert!(!mentions("--seed-file FILE", "--seed"));
}

#[test]
fn the_page_of_the_summary_lists_exactly_the_metrics() {
    let script = "function default() end function handle_summary(s) \
                  for name in pairs(s.metrics) do print(name) end return {} end";
    let said = run(script).said().exits(0);
    let text = page("docs/summary.md");
    let text = text.split("\n## What is shown").next().unwrap();
    let metrics: Vec<&str> = said.stdout.lines().collect();
    assert!(metrics.len() > 15, "{metrics:?}");
    for metric in &metrics {
        assert!(
            text.contains(&format!("`{metric}`")),
            "docs/summary.md does not mention {metric}"
        );
    }
    let rows = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .map(|row| row.split('`').next().unwrap());
    for row in rows.filter(|row| {
        ["sse_", "http_", "data_", "iteration"]
            .iter()
            .any(|start| row.starts_with(start))
    }) {
        assert!(metrics.contains(&row), "there is no metric {row}");
    }
}

#[test]
fn every_exit_code_is_on_the_page_of_options() {
    let source = page("src/cli/exit_code.rs");
    let text = page("docs/options.md");
    let codes: Vec<&str> = source
        .split("= Code(")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap())
        .collect();
    assert!(codes.len() > 8, "{codes:?}");
    for code in codes {
        assert!(
            text.contains(&format!("\n| {code} | ")),
            "docs/options.md does not mention the exit code {code}"
        );
    }
}

#[test]
fn every_kind_of_error_is_on_the_page_of_streams_and_in_its_stub() {
    let (text, stub) = (page("docs/lua/sse.md"), page("docs/lua/meta/sse.lua"));
    for kind in ssel::http::ErrorKind::ALL {
        let kind = kind.as_str();
        assert!(
            text.contains(&format!("`{kind}`")),
            "docs/lua/sse.md does not mention {kind}"
        );
        assert!(
            stub.contains(&format!("| \"{kind}\"")),
            "docs/lua/meta/sse.lua does not mention {kind}"
        );
    }
}

#[test]
fn every_relative_link_has_a_target() {
    let mut pages = vec![
        project("README.md"),
        project("CONTRIBUTING.md"),
        project("CHANGELOG.md"),
    ];
    for folder in ["docs", "docs/lua"] {
        pages.extend(
            std::fs::read_dir(project(folder))
                .unwrap()
                .map(|entry| entry.unwrap().path()),
        );
    }
    let mut links = 0;
    for page in pages
        .iter()
        .filter(|page| page.extension().is_some_and(|extension| extension == "md"))
    {
        let text = std::fs::read_to_string(page).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
        {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            if path.contains("://") {
                continue;
            }
            let target = if path.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(path)
            };
            assert!(target.exists(), "{}: {link} leads nowhere", page.display());
            if !anchor.is_empty() {
                let headings = std::fs::read_to_string(&target).unwrap();
                let found = headings
                    .lines()
                    .filter(|line| line.starts_with('#'))
                    .any(|line| slug(line) == anchor);
                assert!(found, "{}: {link} has no such heading", page.display());
            }
            links += 1;
        }
    }
    assert!(links > 30, "only {links} links were found");
}

#[test]
fn every_page_is_in_the_summary_of_the_site() {
    let summary = page("docs/SUMMARY.md");
    for folder in ["", "lua/"] {
        let entries = std::fs::read_dir(project(&format!("docs/{folder}"))).unwrap();
        for name in entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
            let is_page = Path::new(&name)
                .extension()
                .is_some_and(|kind| kind == "md");
            assert!(
                !is_page || name == "SUMMARY.md" || summary.contains(&format!("({folder}{name})")),
                "docs/SUMMARY.md does not have {folder}{name}"
            );
        }
    }
}

/// The anchor of a heading on the usual hosts.
fn slug(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
    heading
        .trim_start_matches('#')
        .trim()
        .to_lowercase()
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

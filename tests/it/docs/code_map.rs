//! The code map, docs/code-map.md, generated from the first sentence of each source file's documentation.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::architecture::{FACES, LAYERS};
use crate::support::ssel::project;

const PAGE: &str = "docs/code-map.md";

const HEAD: &str = "# Code map

Every source file of ssel with the first sentence of its documentation, module by module, from the top [layer](architecture.md#layers)
down. A test writes this page: `INSTA_UPDATE=always cargo test --test it code_map`.
";

/// The comment marks of descriptions, by file extension.
const MARKS: &[(&str, &[&str])] = &[
    ("rs", &["//!", "///"]),
    ("lua", &["--"]),
    ("sql", &["--"]),
    ("js", &["//"]),
    ("txt", &["#"]),
];

fn marks(name: &str) -> Option<&'static [&'static str]> {
    let ending = name.rsplit('.').next()?;
    let (_, marks) = MARKS.iter().find(|(known, _)| *known == ending)?;
    Some(marks)
}

#[test]
fn the_code_map_matches_the_source() {
    let (map, undocumented) = map();
    assert!(
        undocumented.is_empty(),
        "files that do not say in their first lines what they do: {undocumented:?}"
    );
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(project(PAGE), map).unwrap();
        return;
    }
    let page = std::fs::read_to_string(project(PAGE)).unwrap_or_default();
    for (number, (is, should)) in page.lines().zip(map.lines()).enumerate() {
        assert_eq!(
            is,
            should,
            "{PAGE}:{}; write it anew: INSTA_UPDATE=always cargo test --test it code_map",
            number + 1
        );
    }
    assert_eq!(page.lines().count(), map.lines().count(), "{PAGE}");
}

/// The page, and the files that have no first sentence.
fn map() -> (String, Vec<String>) {
    // By module, each file's path inside `src` with its sentence.
    let mut modules: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut undocumented = Vec::new();
    for (root, prefix) in [("src", ""), ("crates/ssel-sse/src", "sse/")] {
        let mut files = Vec::new();
        collect(&project(root), prefix, &mut files);
        for (path, text) in files {
            match sentence(&path, &text) {
                Some(sentence) => {
                    let module = path.split(['/', '.']).next().unwrap().to_owned();
                    modules.entry(module).or_default().push((path, sentence));
                }
                None => undocumented.push(path),
            }
        }
    }
    let mut page = HEAD.to_owned();
    for module in FACES.iter().chain(LAYERS.iter().copied().flatten()) {
        let mut files = modules.remove(*module).unwrap_or_default();
        files.sort();
        let is_root = |path: &str| {
            [
                format!("{module}.rs"),
                format!("{module}/mod.rs"),
                format!("{module}/lib.rs"),
            ]
            .iter()
            .any(|root| root == path)
        };
        let _ = write!(page, "\n## {module}\n");
        for (_, sentence) in files.iter().filter(|(path, _)| is_root(path)) {
            let _ = write!(page, "\n{sentence}\n");
        }
        files.retain(|(path, _)| !is_root(path));
        if !files.is_empty() {
            page.push_str("\n| file | |\n|---|---|\n");
        }
        for (path, sentence) in files {
            let inside = path.strip_prefix(&format!("{module}/")).unwrap_or(&path);
            let _ = writeln!(page, "| `{inside}` | {} |", sentence.replace('|', "\\|"));
        }
    }
    assert!(modules.is_empty(), "modules without a layer: {modules:?}");
    (page, undocumented)
}

/// The source files of a folder except tests: their paths and their text.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "vendor" || name.split('.').next() == Some("tests") {
            continue;
        }
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), files);
        } else if marks(&name).is_some() {
            let text = std::fs::read_to_string(&path).unwrap();
            files.push((format!("{prefix}{name}"), text));
        }
    }
}

/// The first sentence of the description of a file: its inner doc comment, else the doc comment of its first item.
fn sentence(path: &str, text: &str) -> Option<String> {
    let paragraph = marks(path)?.iter().find_map(|mark| {
        let lines = text.lines().map(|line| line.strip_prefix(mark));
        let words: Vec<&str> = lines
            .skip_while(Option::is_none)
            .map_while(|line| line.map(str::trim).filter(|line| !line.is_empty()))
            .collect();
        (!words.is_empty()).then(|| words.join(" "))
    })?;
    // A sentence ends before a capital letter; "et al. 1955" continues.
    let mut ends = paragraph.match_indices(". ").map(|(at, _)| at + 1);
    let end = ends
        .find(|end| {
            paragraph[end + 1..].starts_with(|c: char| c.is_uppercase() || "[`".contains(c))
        })
        .unwrap_or(paragraph.len());
    Some(unlinked(&paragraph[..end]))
}

/// `text` without links, whose targets make sense only in the source: ``[`Tally`](super::Tally)`` becomes `` `Tally` ``.
fn unlinked(text: &str) -> String {
    let mut parts = text.split("[`");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("`]").unwrap_or((part, ""));
        let rest = rest
            .strip_prefix('(')
            .and_then(|target| target.split_once(')'))
            .map_or(rest, |(_, rest)| rest);
        let _ = write!(whole, "`{name}`{rest}");
    }
    whole
}

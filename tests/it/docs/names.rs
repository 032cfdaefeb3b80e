//! The documents for developers name only files, tests and constants that exist.

use std::path::Path;

use crate::support::ssel::project;

#[test]
fn documents_for_developers_name_only_existing_files_and_items() {
    let (mut paths, mut source) = (Vec::new(), String::new());
    let folders = [
        "src",
        "crates",
        "tests",
        "benches",
        "examples",
        "fuzz",
        "docs",
        "scripts",
        "packaging",
    ];
    for folder in folders {
        walk(
            &project(folder),
            &format!("/{folder}"),
            &mut paths,
            &mut source,
        );
        paths.push(format!("/{folder}"));
    }
    let mut missing = Vec::new();
    for page in ["docs/architecture.md", "CONTRIBUTING.md"] {
        let text = std::fs::read_to_string(project(page)).unwrap();
        for name in text.split('`').skip(1).step_by(2) {
            let is_there = if is_path(name) {
                let end = format!("/{}", name.trim_end_matches('/'));
                // A file without its folder is one of the source.
                let is_meant = |path: &&String| name.contains('/') || path.starts_with("/src/");
                let mut meant = paths.iter().filter(is_meant);
                meant.any(|path| path.ends_with(&end))
            } else if is_test(name) {
                source.contains(&format!("fn {name}("))
            } else if is_constant(name) {
                source.contains(name)
            } else {
                true
            };
            if !is_there {
                missing.push(format!("{page}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

/// A path, unless it contains a placeholder, such as `src/cli/commands/NAME.rs`.
fn is_path(name: &str) -> bool {
    let characters = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let ends = [".rs", ".lua", ".sql", ".sh", ".md", "/"];
    name.chars().all(characters)
        && ends.iter().any(|end| name.ends_with(end))
        && !name.starts_with(['.', '/'])
        && !name.contains("NAME")
}

/// Names of tests have several words.
fn is_test(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.matches('_').count() >= 2
}

fn is_constant(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c == '_') && name.len() > 3 && name != "NAME"
}

/// All paths below a folder, and the text of all Rust files.
fn walk(folder: &Path, path: &str, paths: &mut Vec<String>, source: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap().path();
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        let path = format!("{path}/{name}");
        if entry.is_dir() && name != "target" && name != "node_modules" {
            walk(&entry, &path, paths, source);
        } else if entry.extension().is_some_and(|kind| kind == "rs") {
            source.push_str(&std::fs::read_to_string(&entry).unwrap());
        }
        paths.push(path);
    }
}

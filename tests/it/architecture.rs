//! Checks the rules of docs/architecture.md.

use std::path::{Path, PathBuf};

use crate::support::ssel::project;

/// The layers from the top down. A module may use those of lower layers only.
pub(crate) const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["app"],
    &[
        "runner", "script", "output", "saved", "live", "push", "join",
    ],
    &["chat"],
    &["samples", "wrk", "control"],
    &["http", "report", "serve"],
    &["compare", "error"],
    &["options", "vu", "record", "llm", "scrape"],
    &["metrics", "sse", "load"],
    &["statistics", "spans", "h1", "parts"],
    &["units", "sync"],
];

/// The files above all layers: the public interface, and the interface for tests and benches.
pub(crate) const FACES: &[&str] = &["lib", "internals"];

/// Modules without sockets, files, clocks, threads of tokio, or Lua.
const PURE: &[&str] = &[
    "report",
    "compare",
    "record",
    "options",
    "metrics",
    "sse",
    "llm",
    "scrape",
    "load",
    "statistics",
    "parts",
    "spans",
    "h1",
    "units",
    "sync",
];

/// Names that a pure module must not contain.
const IMPURE: &[&str] = &[
    "tokio::",
    "mlua::",
    "std::net::Tcp",
    "ToSocketAddrs",
    "std::fs",
    "std::process",
    "std::env",
    "SystemTime",
    "Instant",
];

/// The modules that may use each library.
const HOMES: &[(&str, &[&str])] = &[
    ("mlua::", &["script"]),
    ("clap::", &["cli"]),
    ("clap_complete::", &["cli"]),
    ("clap_mangen::", &["cli"]),
    ("rustls", &["http", "wrk"]),
    ("webpki", &["http"]),
    ("hyper::", &["serve"]),
    ("h2::", &["http"]),
    ("libc::", &["cli", "http"]),
    ("axum::", &["serve", "live", "join"]),
    ("base64::", &["report", "parts", "script", "http", "serve"]),
    ("reqwest::", &["control"]),
    ("tokenizers::", &["app"]),
    ("getrandom::", &["live", "push"]),
    ("prost", &["push", "join"]),
    ("snap::", &["push"]),
    ("futures_util::", &["live", "join"]),
    ("mio::", &["wrk"]),
    ("httparse::", &["h1", "wrk"]),
    ("hdrhistogram::", &["metrics"]),
    ("signal_hook::", &["cli"]),
    ("rlimit::", &["cli"]),
    ("rusqlite::", &["saved"]),
    ("ring::digest", &["app"]),
    ("ring::hmac", &["join"]),
    ("eventsource_stream::", &["join"]),
    ("csv::", &["report", "script", "llm"]),
    ("toml::", &["cli"]),
    ("time::OffsetDateTime", &["units"]),
    ("terminal_size::", &["output"]),
    ("rustix::", &["http", "output", "runner", "wrk"]),
    ("strsim::", &["units"]),
    ("puruspe::", &["statistics"]),
    ("hickory_resolver::", &["http"]),
    ("percent_encoding::", &["http", "push"]),
    ("tokio_util::", &["http"]),
];

/// The files with unsafe code, one per need.
const UNSAFE: &[&str] = &[
    "script/raw.rs",
    "script/table_builder.rs",
    "script/modules/json/shapes/ffi.rs",
    "script/modules/sse/records.rs",
    "http/tcp_info.rs",
    "cli/allocator.rs",
];

/// The maximum number of lines of a file.
const LONGEST: usize = 400;

/// A source file without its tests and comments.
struct Source {
    path: PathBuf,
    module: String,
    code: String,
    lines: usize,
}

fn sources() -> Vec<Source> {
    let root = project("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    let mut sources: Vec<Source> = files.iter().map(|path| read(&root, path)).collect();
    // The decoder is a separate package, used as the module `sse`.
    let root = project("crates/ssel-sse/src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    sources.extend(files.iter().map(|path| Source {
        module: "sse".to_owned(),
        ..read(&root, path)
    }));
    assert!(sources.len() > 100, "the source was not found");
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(root: &Path, path: &Path) -> Source {
    let text = std::fs::read_to_string(path).unwrap();
    let without_tests = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code: Vec<&str> = without_tests.lines().filter(is_code).collect();
    let inside = path.strip_prefix(root).unwrap();
    let first = inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy();
    Source {
        module: first.trim_end_matches(".rs").to_owned(),
        code: code.join("\n"),
        lines: without_tests.lines().count(),
        path: inside.to_owned(),
    }
}

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The modules of the crate that a piece of code names.
fn used(code: &str) -> Vec<String> {
    let names = code.split("crate::").skip(1).flat_map(|rest| {
        let group = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split('}').next());
        let word = |text: &str| {
            let word: String = text
                .trim()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            word
        };
        match group {
            Some(group) => group.split(',').map(word).collect::<Vec<_>>(),
            None => vec![word(rest)],
        }
    });
    names.collect()
}

#[track_caller]
fn holds(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn imports_point_down() {
    let mut violations = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| !FACES.contains(&source.module.as_str()))
    {
        let from =
            layer_of(&source.module).unwrap_or_else(|| panic!("no layer for {}", source.module));
        for module in used(&source.code) {
            let down = module == source.module || layer_of(&module).is_none_or(|to| to > from);
            if !down {
                violations.push(format!("{} uses {module}", source.path.display()));
            }
        }
    }
    holds(&violations);
}

#[test]
fn pure_modules_stay_pure() {
    let mut violations = Vec::new();
    for source in sources()
        .iter()
        .filter(|source| PURE.contains(&source.module.as_str()))
    {
        for word in IMPURE.iter().filter(|word| source.code.contains(**word)) {
            violations.push(format!("{} names {word}", source.path.display()));
        }
    }
    holds(&violations);
}

#[test]
fn each_library_has_its_home() {
    let mut violations = Vec::new();
    for source in &sources() {
        for (library, homes) in HOMES {
            if source.code.contains(library) && !homes.contains(&source.module.as_str()) {
                violations.push(format!("{} names {library}", source.path.display()));
            }
        }
    }
    holds(&violations);
}

#[test]
fn one_file_prints_and_few_are_unsafe() {
    let mut violations = Vec::new();
    for source in &sources() {
        let path = source.path.display().to_string();
        let prints = [
            "println!(",
            "eprintln!(",
            "print!(",
            "io::stdout()",
            "io::stderr()",
        ];
        // This one only compares the files of the output streams.
        let may_name_them = ["output/terminal.rs", "output/standard.rs"];
        if !may_name_them.contains(&path.as_str())
            && prints.iter().any(|word| source.code.contains(word))
        {
            violations.push(format!("{path} prints"));
        }
        if !UNSAFE.contains(&path.as_str())
            && (source.code.contains("unsafe {") || source.code.contains("unsafe_code"))
        {
            violations.push(format!("{path} is unsafe"));
        }
    }
    holds(&violations);
}

#[test]
fn a_file_has_one_idea() {
    let too_long = |source: &Source| {
        let path = source.path.display();
        (source.lines > LONGEST).then(|| format!("{path} has {} lines", source.lines))
    };
    holds(&sources().iter().filter_map(too_long).collect::<Vec<_>>());
}

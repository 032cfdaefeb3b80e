//! Compares whole outputs with the files of tests/it/snapshots.

/// Compares `text` with the snapshot `name`.
#[track_caller]
pub(crate) fn golden(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}

/// A summary without what the speed of the machine decides: every time and every rate is as good as any other, runs of
/// spaces inside a line become one, because columns are as wide as their figures, and gauges and data are named only.
pub(crate) fn measured(text: &str) -> String {
    // A short run may end before the first sample of lag.
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("client_lag"));
    lines.map(line).collect::<Vec<_>>().join("\n")
}

fn line(line: &str) -> String {
    let indent = &line[..line.len() - line.trim_start().len()];
    let name = line.trim_start();
    if ["vus", "sse_streams", "data_"]
        .iter()
        .any(|by_chance| name.starts_with(by_chance))
    {
        let name = name.split_once(':').map_or(name, |(name, _)| name);
        return format!("{indent}{name}: FIGURES");
    }
    let words: Vec<String> = line.split_whitespace().map(word).collect();
    indent.to_owned() + &words.join(" ")
}

fn word(word: &str) -> String {
    let (label, value) = match word.split_once('=') {
        Some((label, value)) => (format!("{label}="), value),
        None => (String::new(), word),
    };
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    match unit {
        _ if unit.len() == value.len() => word.to_owned(),
        "s" | "ms" | "µs" | "ns" => label + "TIME",
        "/s" => label + "N/s",
        _ => word.to_owned(),
    }
}

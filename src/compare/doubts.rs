//! Reasons to doubt a comparison.

use crate::metrics::ClientVerdict;
use crate::record::{Machine, Record, RunMetadata};

/// Warnings about a comparison: different scripts, options or machines, runs limited by the client, and incomplete runs.
pub(super) fn doubts(base: &[Record], new: &[Record]) -> Vec<String> {
    let mut doubts = Vec::new();
    let (Some(a), Some(b)) = (first_run(base), first_run(new)) else {
        return doubts;
    };
    if a.command != b.command {
        doubts.push(format!(
            "the runs are of different commands: {} and {}",
            a.command, b.command
        ));
    }
    if a.script_hash != b.script_hash {
        doubts.push(format!("the scripts differ: {} and {}", a.name, b.name));
    }
    let options = differing_options(a, b);
    if !options.is_empty() {
        doubts.push(format!("these options differ: {}", options.join(", ")));
    }
    if a.version != b.version {
        doubts.push(format!(
            "the versions of ssel differ: {} and {}",
            a.version, b.version
        ));
    }
    if let Some(what) = differing_machine(&a.machine, &b.machine) {
        doubts.push(format!("the runs were made on different machines: {what}"));
    }
    for (side, records) in [("base", base), ("new", new)] {
        let limited = records.iter().filter(|record| is_limited(record)).count();
        if limited > 0 {
            doubts.push(format!(
                "the client was the limit in {} of the {side} side: its figures may be caused by ssel",
                count(limited, records.len())
            ));
        }
        let cut_off = records
            .iter()
            .filter(|record| !record.is_finished())
            .count();
        if cut_off > 0 {
            doubts.push(format!(
                "{} of the {side} side did not finish",
                count(cut_off, records.len())
            ));
        }
    }
    doubts
}

fn count(some: usize, all: usize) -> String {
    match all {
        1 => "the run".to_owned(),
        _ => format!("{some} of {all} runs"),
    }
}

fn first_run(records: &[Record]) -> Option<&RunMetadata> {
    records.first()?.runs.first()
}

fn is_limited(record: &Record) -> bool {
    let client = record.client.as_ref();
    client.is_some_and(|client| client.verdict == ClientVerdict::Limited)
}

/// The names of options that differ, except for those of the summary.
fn differing_options(a: &RunMetadata, b: &RunMetadata) -> Vec<String> {
    let mut names = a.differing_options(b);
    names.retain(|name| !name.starts_with("summary"));
    names.sort();
    names
}

fn differing_machine(a: &Machine, b: &Machine) -> Option<String> {
    let facts = [
        (&a.host, &b.host),
        (&a.cpu, &b.cpu),
        (&a.system, &b.system),
        (&a.arch, &b.arch),
    ];
    let differing = facts.into_iter().find(|(a, b)| a != b);
    match differing {
        Some((a, b)) => Some(format!("{a} and {b}")),
        None => (a.cores != b.cores).then(|| format!("{} and {} cores", a.cores, b.cores)),
    }
}

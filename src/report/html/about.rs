//! The section about the run: options, script, version, machine.

use crate::record::{Record, RunMetadata};
use crate::report::timestamp;
use crate::units::format_bytes;

use super::element::{Cell, Table, details, escape};

/// A block for each run of the record.
pub(super) fn content(record: &Record) -> String {
    record.runs.iter().map(run).collect()
}

fn run(run: &RunMetadata) -> String {
    let machine = &run.machine;
    let mut table = Table::new("Run and machine", ["fact", "value"]);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            table.rows.push(vec![Cell::text(name), Cell::text(value)]);
        }
    };
    row("command", format!("ssel {}", run.command));
    row("name", run.name.clone());
    let part = run.part.map(|part| part.to_string());
    row("part", part.unwrap_or_default());
    row("began", timestamp::utc(run.started));
    row("ssel", run.version.clone());
    let seed = run.seed.map(|seed| seed.to_string());
    row("seed", seed.unwrap_or_default());
    for (name, value) in &run.labels {
        row(name, value.clone());
    }
    row("host", machine.host.clone());
    let system = format!("{} {}", machine.system, machine.arch);
    row("system", system.trim().to_owned());
    row("processor", machine.cpu.clone());
    let cores = (machine.cores > 0).then(|| machine.cores.to_string());
    row("cores", cores.unwrap_or_default());
    let memory = (machine.memory > 0).then(|| format_bytes(machine.memory as f64));
    row("memory", memory.unwrap_or_default());
    row("script", run.script_hash.clone());
    let options = serde_json::to_string_pretty(&run.options).unwrap_or_default();
    let mut html = table.html() + &details("Options", &pre(&options));
    if !run.script.is_empty() {
        html += &details("Script", &pre(&run.script));
    }
    html
}

fn pre(text: &str) -> String {
    format!("<pre tabindex=\"0\">{}</pre>", escape(text))
}

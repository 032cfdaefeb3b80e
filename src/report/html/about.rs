//! Who ran what, where, and how.

use crate::record::{Record, Run};
use crate::report::timestamp;
use crate::units::format_bytes;

use super::element::{Cell, Table, details, escape};

/// A block for each run of the record.
pub(super) fn content(record: &Record) -> String {
    record.runs.iter().map(run).collect()
}

fn run(run: &Run) -> String {
    let machine = &run.machine;
    let mut table = Table::new("Run and machine", ["fact", "value"]);
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            table.rows.push(vec![Cell::text(name), Cell::text(value)]);
        }
    };
    row("command", format!("ssel {}", run.command));
    row("name", run.name.clone());
    row(
        "part",
        run.part.map_or_else(String::new, |part| part.to_string()),
    );
    row("began", timestamp::utc(run.started));
    row("ssel", run.version.clone());
    row(
        "seed",
        run.seed.map_or_else(String::new, |seed| seed.to_string()),
    );
    for (name, value) in &run.labels {
        row(name, value.clone());
    }
    row("host", machine.host.clone());
    row(
        "system",
        format!("{} {}", machine.system, machine.arch)
            .trim()
            .to_owned(),
    );
    row("processor", machine.cpu.clone());
    row(
        "cores",
        if machine.cores > 0 {
            machine.cores.to_string()
        } else {
            String::new()
        },
    );
    row(
        "memory",
        if machine.memory > 0 {
            format_bytes(machine.memory as f64)
        } else {
            String::new()
        },
    );
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

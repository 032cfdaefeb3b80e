//! The description of a run, printed before it starts.

use std::time::Duration;

use super::style::{Palette, paint};
use crate::units::{counted, format_duration, visible};

/// The description of a run, for the block above it.
#[derive(Debug, Clone)]
pub(crate) struct Header<'a> {
    /// The path of the script as given.
    pub script: &'a str,
    /// The part of the run, in words; `None` for a whole run.
    pub part: Option<&'a str>,
    /// Outputs besides the screen.
    pub outputs: &'a [String],
    /// The maximum number of VUs.
    pub max_vus: u64,
    /// The maximum duration of the run, graceful stop included.
    pub max_duration: Duration,
    /// The scenarios.
    pub scenarios: &'a [ScenarioLine],
}

/// The description of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScenarioLine {
    /// Its name.
    pub name: String,
    /// The description, e.g. `5 looping VUs for 30s (gracefulStop: 30s)`.
    pub description: String,
}

/// The block above a run.
pub(crate) fn header(header: &Header<'_>, palette: &Palette) -> String {
    let value = |text: &str| paint(palette.value, text);
    let outputs = match header.outputs {
        [] => "-".to_owned(),
        outputs => outputs.join(", "),
    };
    let scenarios = counted(header.scenarios.len() as u64, "scenario");
    let extent = format!(
        "{scenarios}, {}, {} max duration (incl. graceful stop):",
        counted(header.max_vus, "max VU"),
        format_duration(header.max_duration)
    );
    let mut lines = vec![
        format!("     execution: {}", value(header.part.unwrap_or("local"))),
        format!("        script: {}", value(header.script)),
        format!("        output: {}", value(&outputs)),
        String::new(),
        format!("     scenarios: {} {extent}", value("(100.00%)")),
    ];
    for ScenarioLine { name, description } in header.scenarios {
        let description = visible(description);
        lines.push(format!("              * {}: {description}", value(name)));
    }
    lines.join("\n") + "\n\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(name: &str, description: &str) -> ScenarioLine {
        ScenarioLine {
            name: name.to_owned(),
            description: description.to_owned(),
        }
    }

    #[test]
    fn one_scenario() {
        let header = Header {
            script: "examples/llm.lua",
            part: None,
            outputs: &[],
            max_vus: 5,
            max_duration: Duration::from_mins(1),
            scenarios: &[scenario(
                "default",
                "5 looping VUs for 30s (gracefulStop: 30s)",
            )],
        };
        insta::assert_snapshot!(super::header(&header, &Palette::PLAIN), @r"
        execution: local
           script: examples/llm.lua
           output: -

        scenarios: (100.00%) 1 scenario, 5 max VUs, 1m0s max duration (incl. graceful stop):
                 * default: 5 looping VUs for 30s (gracefulStop: 30s)
        ");
    }

    #[test]
    fn several_scenarios_and_outputs() {
        let header = Header {
            script: "a.lua",
            part: Some("part 1/4 (by Slurm)"),
            outputs: &["json=a.json".to_owned(), "csv".to_owned()],
            max_vus: 12,
            max_duration: Duration::from_secs(630),
            scenarios: &[
                scenario("chat", "10 looping VUs for 10m0s (gracefulStop: 30s)"),
                scenario(
                    "login",
                    "2 iterations shared among 2 VUs (maxDuration: 10m0s)",
                ),
            ],
        };
        insta::assert_snapshot!(super::header(&header, &Palette::PLAIN), @r"
        execution: part 1/4 (by Slurm)
           script: a.lua
           output: json=a.json, csv

        scenarios: (100.00%) 2 scenarios, 12 max VUs, 10m30s max duration (incl. graceful stop):
                 * chat: 10 looping VUs for 10m0s (gracefulStop: 30s)
                 * login: 2 iterations shared among 2 VUs (maxDuration: 10m0s)
        ");
    }
}

//! What a part sends when it joins: what must be equal in all parts, and what identifies it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::parts::Part;
use crate::record::{Machine, RunMetadata};

/// The version of the protocol, increased with each incompatible change.
pub(super) const PROTOCOL: u32 = 4;

/// The first message of a part, with which it joins.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hello {
    /// Version of the protocol.
    pub protocol: u32,
    /// Version of ssel.
    pub version: String,
    /// ID of the run; empty if none was given.
    pub run_id: String,
    /// Its number, from 0.
    pub part: u64,
    /// How many parts there are.
    pub count: u64,
    /// The command: `run`, `eval` or `llm`.
    pub command: String,
    /// The name of the script, as given.
    pub name: String,
    /// SHA-256 of the script.
    pub script_hash: String,
    /// Files that the script read in its init stage, including modules, each with its SHA-256.
    pub files: BTreeMap<String, String>,
    /// All resolved options, and the seed.
    pub options: Value,
    /// Labels given with `--label`.
    pub labels: Vec<(String, String)>,
    /// The machine.
    pub machine: Machine,
    /// Its wall clock, in seconds since the Unix epoch.
    pub clock: f64,
}

impl Hello {
    /// Sets the versions of the protocol and of ssel.
    pub(super) fn of_this_version(self) -> Self {
        Self {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..self
        }
    }

    /// Describes the first difference to `other` in a sentence; `None` if both can be parts of one run.
    pub(super) fn differs_from(&self, other: &Self) -> Option<String> {
        let (own, part) = (self, other.part);
        let who = format!("part {part}");
        if other.version == own.version && other.protocol != own.protocol {
            return Some(format!(
                "{who} runs another build of ssel {} than part 0: install the same build everywhere",
                own.version
            ));
        }
        if other.version != own.version {
            let version = match other.version.as_str() {
                "" => "an unknown version",
                version => version,
            };
            return Some(format!(
                "{who} runs ssel {version}, part 0 runs ssel {}: install the same version everywhere",
                own.version
            ));
        }
        if other.count != own.count {
            return Some(format!(
                "{who} is one of {} parts, part 0 one of {}: give all parts the same number",
                other.count, own.count
            ));
        }
        if other.command != own.command {
            return Some(format!(
                "{who} runs `ssel {}`, part 0 runs `ssel {}`",
                other.command, own.command
            ));
        }
        if other.script_hash != own.script_hash {
            return Some(format!(
                "the script of {who}, {}, is not that of part 0, {}: give all parts the same file",
                other.name, own.name
            ));
        }
        let files = other.files.keys().chain(own.files.keys());
        let mut files = files.filter(|name| own.files.get(*name) != other.files.get(*name));
        if let Some(name) = files.next() {
            return Some(format!(
                "the file {name}, which the script reads, differs between {who} and part 0"
            ));
        }
        let option = own.to_run().differing_options(&other.to_run());
        let option = option.into_iter().next();
        let option = option.or_else(|| (self.seed() != other.seed()).then(|| "seed".to_owned()))?;
        let shown = |hello: &Self| match hello.options.get(&option) {
            Some(value) => value.to_string(),
            None => "not set".to_owned(),
        };
        Some(format!(
            "the option {option} differs: {} in {who}, {} in part 0",
            shown(other),
            shown(own)
        ))
    }

    fn seed(&self) -> Option<&Value> {
        self.options.get("seed")
    }

    /// The part's entry in the record of the run.
    pub fn to_run(&self) -> RunMetadata {
        RunMetadata {
            part: Part::new(self.part, self.count).ok(),
            run_id: self.run_id.clone(),
            command: self.command.clone(),
            name: self.name.clone(),
            labels: self.labels.clone(),
            script_hash: self.script_hash.clone(),
            options: self.options.clone(),
            seed: self.seed().and_then(Value::as_u64),
            version: self.version.clone(),
            machine: self.machine.clone(),
            ..RunMetadata::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hello(part: u64) -> Hello {
        Hello {
            protocol: PROTOCOL,
            version: "1.0.0".into(),
            part,
            count: 4,
            command: "run".into(),
            name: "load.lua".into(),
            script_hash: "ab".into(),
            files: [("users.json".to_owned(), "12".to_owned())].into(),
            options: json!({"seed": 1, "scenarios": {}, "tags": {}}),
            ..Hello::default()
        }
    }

    #[test]
    fn parts_of_one_run_agree_in_everything_but_their_identity() {
        let other = Hello {
            machine: serde_json::from_value(json!({"host": "b"})).unwrap(),
            clock: 5.0,
            ..hello(2)
        };
        assert_eq!(hello(0).differs_from(&other), None);
    }

    #[test]
    fn what_differs_is_named() {
        let own = hello(0);
        let cases = [
            (
                Hello {
                    version: "0.9.0".into(),
                    ..hello(3)
                },
                "part 3 runs ssel 0.9.0, part 0 runs ssel 1.0.0: install the same version everywhere",
            ),
            (
                Hello {
                    protocol: PROTOCOL + 1,
                    ..hello(3)
                },
                "part 3 runs another build of ssel 1.0.0 than part 0: install the same build everywhere",
            ),
            (
                Hello {
                    count: 8,
                    ..hello(3)
                },
                "part 3 is one of 8 parts, part 0 one of 4: give all parts the same number",
            ),
            (
                Hello {
                    script_hash: "cd".into(),
                    name: "old.lua".into(),
                    ..hello(3)
                },
                "the script of part 3, old.lua, is not that of part 0, load.lua: give all parts the same file",
            ),
            (
                Hello {
                    files: BTreeMap::new(),
                    ..hello(3)
                },
                "the file users.json, which the script reads, differs between part 3 and part 0",
            ),
            (
                Hello {
                    options: json!({"seed": 1, "scenarios": {}, "tags": {"a": "b"}}),
                    ..hello(3)
                },
                "the option tags differs: {\"a\":\"b\"} in part 3, {} in part 0",
            ),
            (
                Hello {
                    options: json!({"seed": 2, "scenarios": {}, "tags": {}}),
                    ..hello(3)
                },
                "the option seed differs: 2 in part 3, 1 in part 0",
            ),
        ];
        for (other, expected) in cases {
            assert_eq!(own.differs_from(&other).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_hello_of_another_version_is_read_in_part() {
        let old: Hello =
            serde_json::from_value(json!({"version": "0.0.9", "part": 1, "more": true})).unwrap();
        let difference = hello(0).differs_from(&old).unwrap();
        assert!(
            difference.starts_with("part 1 runs ssel 0.0.9"),
            "{difference}"
        );
    }
}

//! Merges all layers into one table.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::field::child;
use super::{Layer, OptionEntry, OptionOrigin, keys};

/// The values after all layers are merged.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) table: Map<String, Value>,
    /// The origins of values, by the full name that messages use. A part of a value has the origin of the whole unless it
    /// has an entry of its own.
    pub(super) origins: HashMap<String, OptionOrigin>,
}

/// Merges the layers. A higher tier overrides a lower one, in whatever order they are given.
pub(super) fn merge(layers: &[Layer]) -> Merged {
    let entries = layers.iter().flat_map(|layer| &layer.entries);
    let mut entries: Vec<&OptionEntry> = entries.filter(|entry| !entry.value.is_null()).collect();
    entries.sort_by_key(|entry| entry.origin.tier());

    // `--duration` on the command line replaces the `stages` of the script.
    let load_tier = entries
        .iter()
        .filter(|entry| entry.path.len() == 1 && is_load(entry))
        .map(|entry| entry.origin.tier())
        .max();
    entries.retain(|entry| !is_load(entry) || Some(entry.origin.tier()) >= load_tier);

    let mut merged = Merged::default();
    for entry in entries {
        match &entry.value {
            Value::Object(table) if adds_up(entry) => {
                for (key, value) in table {
                    let path = entry.path.iter().chain([key]);
                    merged.insert(path, value, &entry.origin);
                }
            }
            value => merged.insert(entry.path.iter(), value, &entry.origin),
        }
    }
    merged
}

fn is_load(entry: &OptionEntry) -> bool {
    entry
        .path
        .first()
        .is_some_and(|key| keys::LOAD.contains(&key.as_str()))
}

fn adds_up(entry: &OptionEntry) -> bool {
    matches!(&*entry.path, [key] if keys::ADDED_UP.contains(&key.as_str()))
}

impl Merged {
    fn insert<'a>(
        &mut self,
        path: impl Iterator<Item = &'a String>,
        value: &Value,
        origin: &OptionOrigin,
    ) {
        let mut path = path.peekable();
        let mut table = &mut self.table;
        let mut name = String::new();
        while let Some(key) = path.next() {
            name = child(&name, key);
            if path.peek().is_none() {
                table.insert(key.clone(), value.clone());
                break;
            }
            let slot = table.entry(key.clone()).or_insert(Value::Null);
            if !slot.is_object() {
                *slot = Value::Object(Map::new());
                self.origins.insert(name.clone(), origin.clone());
            }
            let Value::Object(inner) = slot else { return };
            table = inner;
        }
        self.origins.retain(|other, _| !is_inside(other, &name));
        self.origins.insert(name, origin.clone());
    }
}

fn is_inside(name: &str, outer: &str) -> bool {
    name.strip_prefix(outer)
        .is_some_and(|rest| rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flag(name: &str) -> OptionOrigin {
        OptionOrigin::Flag(name.to_owned())
    }

    fn script(options: Value) -> Layer {
        Layer::from_json(options, &OptionOrigin::Script("a.lua".to_owned())).unwrap()
    }

    fn table(layers: &[Layer]) -> Value {
        Value::Object(merge(layers).table)
    }

    #[test]
    fn the_higher_tier_wins_in_any_order() {
        let mut flags = Layer::new();
        flags.set("vus", 2, flag("--vus"));
        let script = script(json!({"vus": 1, "seed": 7}));
        let expected = json!({"vus": 2, "seed": 7});
        assert_eq!(table(&[script.clone(), flags.clone()]), expected);
        assert_eq!(table(&[flags, script]), expected);
    }

    #[test]
    fn a_load_overrides_lower_loads_but_not_vus() {
        let script = script(json!({"vus": 9, "stages": ["1s:1"], "scenarios": {"a": {}}}));
        let mut flags = Layer::new();
        flags.set("duration", "5s", flag("--duration"));
        assert_eq!(
            table(&[script.clone(), flags]),
            json!({"vus": 9, "duration": "5s"})
        );

        let mut flags = Layer::new();
        flags.set("vus", 3, flag("--vus"));
        let expected = json!({"vus": 3, "stages": ["1s:1"], "scenarios": {"a": {}}});
        assert_eq!(table(&[script, flags]), expected);
    }

    #[test]
    fn tags_are_merged_by_name() {
        let script = script(json!({"tags": {"team": "a", "kind": "smoke"}}));
        let mut flags = Layer::new();
        flags.set_inside(&["tags", "team"], "b", flag("--tag"));
        let merged = merge(&[script, flags]);
        assert_eq!(
            Value::Object(merged.table),
            json!({"tags": {"team": "b", "kind": "smoke"}})
        );
        assert_eq!(merged.origins["tags.team"], flag("--tag"));
        assert_eq!(
            merged.origins["tags.kind"],
            OptionOrigin::Script("a.lua".to_owned())
        );
    }

    #[test]
    fn a_value_inside_a_scenario_may_be_overridden_alone() {
        let script = script(json!({"scenarios": {"a": {"rate": 1, "duration": "5s"}}}));
        let mut flags = Layer::new();
        flags.set_inside(&["scenarios", "a", "rate"], 5, flag("--rate"));
        let expected = json!({"scenarios": {"a": {"rate": 5, "duration": "5s"}}});
        assert_eq!(table(&[script, flags]), expected);
    }

    #[test]
    fn null_is_not_set() {
        let mut flags = Layer::new();
        flags.set("vus", Value::Null, flag("--vus"));
        flags.set("duration", Value::Null, flag("--duration"));
        let script = script(json!({"vus": 1, "iterations": 5}));
        assert_eq!(table(&[script, flags]), json!({"vus": 1, "iterations": 5}));
    }
}

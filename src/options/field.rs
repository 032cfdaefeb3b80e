//! Reads a value together with its name and origin, so that errors name both.

use std::cell::RefCell;
use std::fmt::Display;

use serde_json::{Map, Value};

use super::keys::Takes;
use super::merge::Merged;
use super::problem::{OptionProblem, OptionsError, ProblemKind, show};
use super::{OptionOrigin, keys};
use crate::units;

/// The merged values, and the problems found so far.
#[derive(Debug)]
pub(super) struct OptionReader<'a> {
    merged: &'a Merged,
    problems: RefCell<Vec<OptionProblem>>,
}

/// One value with its name and origin.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    pub(super) name: String,
    pub(super) value: &'a Value,
    pub(super) origin: &'a OptionOrigin,
    reading: &'a OptionReader<'a>,
}

/// A table with its name and origin.
#[derive(Debug, Clone)]
pub(super) struct OptionTable<'a> {
    pub(super) name: String,
    pub(super) origin: &'a OptionOrigin,
    entries: Option<&'a Map<String, Value>>,
    reading: &'a OptionReader<'a>,
}

/// The full name of `key` in `parent`.
pub(super) fn child(parent: &str, key: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if key.is_empty() || !key.chars().all(plain) {
        format!("{parent}[{key:?}]")
    } else if parent.is_empty() {
        key.to_owned()
    } else {
        format!("{parent}.{key}")
    }
}

impl<'a> OptionReader<'a> {
    pub(super) fn new(merged: &'a Merged) -> Self {
        Self {
            merged,
            problems: RefCell::default(),
        }
    }

    /// The table of all options.
    pub(super) fn root(&'a self) -> OptionTable<'a> {
        OptionTable {
            name: String::new(),
            origin: &OptionOrigin::Default,
            entries: Some(&self.merged.table),
            reading: self,
        }
    }

    pub(super) fn complain(&self, problem: OptionProblem) {
        self.problems.borrow_mut().push(problem);
    }

    fn check<T>(&self, result: Result<T, OptionProblem>) -> Option<T> {
        result.map_err(|problem| self.complain(problem)).ok()
    }

    /// The result, or all problems.
    pub(super) fn finish<T>(self, read: T) -> Result<T, OptionsError> {
        OptionsError::of(self.problems.into_inner()).map_or(Ok(read), Err)
    }

    fn field(&'a self, name: String, value: &'a Value, outer: &'a OptionOrigin) -> Field<'a> {
        let origin = self.merged.origins.get(&name).unwrap_or(outer);
        Field {
            name,
            value,
            origin,
            reading: self,
        }
    }
}

impl<'a> OptionTable<'a> {
    /// The value of `key`; null counts as unset.
    pub(super) fn get(&self, key: &str) -> Option<Field<'a>> {
        let value = self.entries?.get(key).filter(|value| !value.is_null())?;
        Some(
            self.reading
                .field(child(&self.name, key), value, self.origin),
        )
    }

    /// Reads `key` with `read`. A failure is recorded, and `key` then counts as unset.
    pub(super) fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Field<'a>) -> Result<T, OptionProblem>,
    ) -> Option<T> {
        self.reading.check(read(&self.get(key)?))
    }

    /// [`OptionTable::get`] for a required key; `hint` is the remedy if it is missing.
    pub(super) fn require_field(&self, key: &str, hint: &str) -> Option<Field<'a>> {
        let field = self.get(key);
        if field.is_none() {
            let name = child(&self.name, key);
            let message = format!("`{name}` is missing ({}): {hint}", self.origin);
            let kind = ProblemKind::MissingOption;
            self.complain(OptionProblem::new(kind, name, self.origin, message));
        }
        field
    }

    /// [`OptionTable::read`] for a required key; `hint` is the remedy if it is missing.
    pub(super) fn require<T>(
        &self,
        key: &str,
        hint: &str,
        read: impl FnOnce(&Field<'a>) -> Result<T, OptionProblem>,
    ) -> Option<T> {
        self.reading.check(read(&self.require_field(key, hint)?))
    }

    pub(super) fn complain(&self, problem: OptionProblem) {
        self.reading.complain(problem);
    }

    /// All entries except nulls.
    pub(super) fn items(&self) -> impl Iterator<Item = (&'a str, Field<'a>)> {
        let keys = self.entries.into_iter().flat_map(Map::keys);
        keys.filter_map(|key| Some((key.as_str(), self.get(key)?)))
    }

    /// Records a problem for each unknown key. `explain` may give a better remedy than the nearest known key.
    pub(super) fn refuse_unknown(&self, known: &[&str], explain: impl Fn(&str) -> Option<String>) {
        for (key, field) in self.items().filter(|(key, _)| !known.contains(key)) {
            let advice =
                explain(key).unwrap_or_else(|| match units::nearest(key, known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None if self.name.is_empty() => "remove it".to_owned(),
                    None => format!("the known options are {}", known.join(", ")),
                });
            let message = format!(
                "`{}` is not an option ({}): {advice}",
                field.name, field.origin
            );
            let kind = ProblemKind::UnknownOption;
            self.complain(OptionProblem::new(kind, field.name, field.origin, message));
        }
    }
}

impl<'a> Field<'a> {
    /// A problem that shows the value, with the remedy.
    pub(super) fn wrong(&self, kind: ProblemKind, advice: impl Display) -> OptionProblem {
        let message = format!(
            "`{}` cannot be {} ({}): {advice}",
            self.name,
            show(self.value),
            self.origin
        );
        OptionProblem::new(kind, &self.name, self.origin, message)
    }

    /// A problem whose text quotes the value itself.
    pub(super) fn fault(&self, text: impl Display) -> OptionProblem {
        let message = format!("`{}` ({}): {text}", self.name, self.origin);
        OptionProblem::new(ProblemKind::InvalidValue, &self.name, self.origin, message)
    }

    pub(super) fn complain(&self, problem: OptionProblem) {
        self.reading.complain(problem);
    }

    /// Records the problem of a failure.
    pub(super) fn check<T>(&self, result: Result<T, OptionProblem>) -> Option<T> {
        self.reading.check(result)
    }

    /// The same name and origin with a part of the value, taken from a text.
    pub(super) fn part<'b>(&'b self, value: &'b Value) -> Field<'b> {
        Field {
            value,
            ..self.clone()
        }
    }

    /// The elements of a list. An empty Lua table counts as a list.
    pub(super) fn list(&self, advice: &str) -> Result<Vec<Field<'a>>, OptionProblem> {
        let elements = match self.value {
            Value::Array(list) => list.as_slice(),
            Value::Object(table) if table.is_empty() => &[],
            _ => return Err(self.wrong(ProblemKind::WrongType, advice)),
        };
        // Counted from 1, as in Lua.
        let named = (1..).zip(elements);
        Ok(named
            .map(|(n, value)| {
                self.reading
                    .field(format!("{}[{n}]", self.name), value, self.origin)
            })
            .collect())
    }

    /// The entries of a table.
    pub(super) fn table(&self, advice: &str) -> Result<OptionTable<'a>, OptionProblem> {
        let entries = match self.value {
            Value::Object(table) => Some(table),
            Value::Array(list) if list.is_empty() => None,
            Value::String(_) if self.origin.is_text() => {
                let takes = keys::find(&self.name).map_or(Takes::Json, |key| key.takes);
                return Err(self.wrong(ProblemKind::WrongType, takes.advice()));
            }
            _ => return Err(self.wrong(ProblemKind::WrongType, advice)),
        };
        let (name, origin, reading) = (self.name.clone(), self.origin, self.reading);
        Ok(OptionTable {
            name,
            origin,
            entries,
            reading,
        })
    }
}

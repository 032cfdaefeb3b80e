//! Reads a value together with its name and origin, so that errors name both.

use std::cell::RefCell;
use std::fmt::Display;

use serde_json::{Map, Value};

use super::keys::Takes;
use super::merge::Merged;
use super::problem::{OptionsError, Problem, ProblemKind, show};
use super::{Origin, keys};
use crate::units;

/// What all values share while they are read: where they came from, and what is wrong with them so far.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    merged: &'a Merged,
    problems: RefCell<Vec<Problem>>,
}

/// One value.
#[derive(Debug, Clone)]
pub(super) struct Item<'a> {
    pub(super) name: String,
    pub(super) value: &'a Value,
    pub(super) origin: &'a Origin,
    reading: &'a Reading<'a>,
}

/// A value that is a table.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    pub(super) name: String,
    pub(super) origin: &'a Origin,
    entries: Option<&'a Map<String, Value>>,
    reading: &'a Reading<'a>,
}

/// The full name of what stands under `key` in `parent`.
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

impl<'a> Reading<'a> {
    pub(super) fn new(merged: &'a Merged) -> Self {
        Self {
            merged,
            problems: RefCell::default(),
        }
    }

    /// The table of all options.
    pub(super) fn root(&'a self) -> Table<'a> {
        Table {
            name: String::new(),
            origin: &Origin::Default,
            entries: Some(&self.merged.table),
            reading: self,
        }
    }

    pub(super) fn complain(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    fn check<T>(&self, result: Result<T, Problem>) -> Option<T> {
        result.map_err(|problem| self.complain(problem)).ok()
    }

    /// What was read, unless something was wrong.
    pub(super) fn finish<T>(self, read: T) -> Result<T, OptionsError> {
        OptionsError::of(self.problems.into_inner()).map_or(Ok(read), Err)
    }

    fn item(&'a self, name: String, value: &'a Value, outer: &'a Origin) -> Item<'a> {
        let origin = self.merged.origins.get(&name).unwrap_or(outer);
        Item {
            name,
            value,
            origin,
            reading: self,
        }
    }
}

impl<'a> Table<'a> {
    /// What `key` is set to; null counts as not set.
    pub(super) fn get(&self, key: &str) -> Option<Item<'a>> {
        let value = self.entries?.get(key).filter(|value| !value.is_null())?;
        Some(
            self.reading
                .item(child(&self.name, key), value, self.origin),
        )
    }

    /// What `read` makes of `key`. If that fails the complaint is kept, and the answer is as if `key` were not set.
    pub(super) fn read<T>(
        &self,
        key: &str,
        read: impl FnOnce(&Item<'a>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.reading.check(read(&self.get(key)?))
    }

    /// [`Table::get`] for a key that has to be there; `hint` says what to do if it is not.
    pub(super) fn require_item(&self, key: &str, hint: &str) -> Option<Item<'a>> {
        let item = self.get(key);
        if item.is_none() {
            let name = child(&self.name, key);
            let message = format!("`{name}` is missing ({}): {hint}", self.origin);
            let origin = Some(self.origin.clone());
            self.complain(Problem::new(
                ProblemKind::MissingOption,
                name,
                origin,
                message,
            ));
        }
        item
    }

    /// [`Table::read`] for a key that has to be there; `hint` says what to do if it is not.
    pub(super) fn require<T>(
        &self,
        key: &str,
        hint: &str,
        read: impl FnOnce(&Item<'a>) -> Result<T, Problem>,
    ) -> Option<T> {
        self.reading.check(read(&self.require_item(key, hint)?))
    }

    pub(super) fn complain(&self, problem: Problem) {
        self.reading.complain(problem);
    }

    /// All entries that are set.
    pub(super) fn items(&self) -> impl Iterator<Item = (&'a str, Item<'a>)> {
        let keys = self.entries.into_iter().flat_map(Map::keys);
        keys.filter_map(|key| Some((key.as_str(), self.get(key)?)))
    }

    /// Complains about entries that are not `known`. `explain` may say more of one than that it is unknown.
    pub(super) fn refuse_unknown(&self, known: &[&str], explain: impl Fn(&str) -> Option<String>) {
        for (key, item) in self.items().filter(|(key, _)| !known.contains(key)) {
            let advice =
                explain(key).unwrap_or_else(|| match units::nearest(key, known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None if self.name.is_empty() => "remove it".to_owned(),
                    None => format!("known here are {}", known.join(", ")),
                });
            let message = format!(
                "`{}` is not an option ({}): {advice}",
                item.name, item.origin
            );
            let origin = Some(item.origin.clone());
            self.complain(Problem::new(
                ProblemKind::UnknownOption,
                item.name,
                origin,
                message,
            ));
        }
    }
}

impl<'a> Item<'a> {
    /// The complaint that the value will not do, and what would.
    pub(super) fn wrong(&self, kind: ProblemKind, advice: impl Display) -> Problem {
        let message = format!(
            "`{}` cannot be {} ({}): {advice}",
            self.name,
            show(self.value),
            self.origin
        );
        Problem::new(kind, &self.name, Some(self.origin.clone()), message)
    }

    /// A complaint that quotes the value itself.
    pub(super) fn fault(&self, text: impl Display) -> Problem {
        let message = format!("`{}` ({}): {text}", self.name, self.origin);
        Problem::new(
            ProblemKind::InvalidValue,
            &self.name,
            Some(self.origin.clone()),
            message,
        )
    }

    pub(super) fn complain(&self, problem: Problem) {
        self.reading.complain(problem);
    }

    /// Keeps the complaint of a failure.
    pub(super) fn check<T>(&self, result: Result<T, Problem>) -> Option<T> {
        self.reading.check(result)
    }

    /// The same place with a part of its value, taken out of a text.
    pub(super) fn part<'b>(&'b self, value: &'b Value) -> Item<'b> {
        Item {
            value,
            ..self.clone()
        }
    }

    /// The elements of a list. An empty Lua table is a list as much as it is a table.
    pub(super) fn list(&self, advice: &str) -> Result<Vec<Item<'a>>, Problem> {
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
                    .item(format!("{}[{n}]", self.name), value, self.origin)
            })
            .collect())
    }

    /// The entries of a table.
    pub(super) fn table(&self, advice: &str) -> Result<Table<'a>, Problem> {
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
        Ok(Table {
            name,
            origin,
            entries,
            reading,
        })
    }
}

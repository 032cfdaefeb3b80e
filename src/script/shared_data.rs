//! Arrays that all VUs share: loaded once per process, read by every Lua state without a copy.

use std::collections::HashMap;
use std::sync::{Arc, MutexGuard};
use std::thread::ThreadId;

use mlua::{Lua, MetaMethod, UserData, UserDataMethods, Value};

use super::args;
use super::convert::Plain;
use crate::sync::Mutex;

type Result<T> = std::result::Result<Arc<T>, String>;

/// Values that are loaded once per process, by name.
pub(crate) struct LoadedOnce<T: ?Sized>(Mutex<HashMap<String, LoadedEntry<T>>>);

struct LoadedEntry<T: ?Sized> {
    value: Arc<Mutex<Option<Result<T>>>>,
    /// The thread that is loading the value, which must not wait for itself.
    loader: Option<ThreadId>,
}

impl<T: ?Sized> Default for LoadedOnce<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: ?Sized> LoadedOnce<T> {
    /// The value called `name`. The first caller loads it; callers on other threads wait for that.
    ///
    /// # Errors
    /// The error of `load`, for each caller.
    pub(crate) fn get_or_load<L: Into<Arc<T>>>(
        &self,
        name: &str,
        load: impl FnOnce() -> std::result::Result<L, String>,
    ) -> Result<T> {
        let me = std::thread::current().id();
        let value = {
            let mut entries = self.entries();
            let entry = entries
                .entry(name.to_owned())
                .or_insert_with(|| LoadedEntry {
                    value: Arc::default(),
                    loader: None,
                });
            if entry.loader == Some(me) {
                return Err(format!(
                    "'{name}' is being loaded by the function that requests it"
                ));
            }
            entry.loader.get_or_insert(me);
            Arc::clone(&entry.value)
        };
        let mut value = value.lock();
        let result = value.get_or_insert_with(|| load().map(Into::into)).clone();
        if let Some(entry) = self.entries().get_mut(name) {
            entry.loader = None;
        }
        result
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, LoadedEntry<T>>> {
        self.0.lock()
    }
}

/// A shared array as a script holds it: read-only, with elements that are built at each access.
pub(crate) struct SharedArray {
    pub(crate) name: String,
    pub(crate) items: Arc<[Plain]>,
}

impl UserData for SharedArray {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Len, |_, this, ()| Ok(this.items.len()));
        methods.add_meta_method(MetaMethod::Index, |lua, this, key: Value| {
            this.at(lua, &key)
        });
        methods.add_meta_method(MetaMethod::NewIndex, |_, this, _: (Value, Value)| {
            Err::<(), _>(mlua::Error::runtime(format!(
                "the shared array '{}' is read-only",
                this.name
            )))
        });
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(format!(
                "shared array '{}' of {} elements",
                this.name,
                this.items.len()
            ))
        });
    }
}

impl SharedArray {
    fn at(&self, lua: &Lua, key: &Value) -> mlua::Result<Value> {
        match args::as_index(key).and_then(|index| self.items.get(index - 1)) {
            Some(item) => item.to_lua(lua),
            None => Ok(Value::Nil),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_is_loaded_once_and_all_callers_get_a_failure() {
        let data = LoadedOnce::<[Plain]>::default();
        let first = data
            .get_or_load("a", || Ok(vec![Plain::Number(1.0)]))
            .unwrap();
        let second = data
            .get_or_load::<Vec<Plain>>("a", || panic!("loaded twice"))
            .unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(
            data.get_or_load::<Vec<Plain>>("b", || Err("no such file".into()))
                .unwrap_err(),
            "no such file"
        );
        assert_eq!(
            data.get_or_load("b", || Ok(vec![])).unwrap_err(),
            "no such file"
        );
    }

    #[test]
    fn a_shared_array_is_indexed_like_a_table_and_read_only() {
        let lua = Lua::new();
        let items = Arc::from(vec![
            Plain::Number(7.0),
            Plain::Array(Box::from([Plain::Bool(true)])),
        ]);
        lua.globals()
            .set(
                "d",
                SharedArray {
                    name: "n".into(),
                    items,
                },
            )
            .unwrap();
        let (len, first, inner, none): (usize, f64, bool, Option<f64>) =
            lua.load("return #d, d[1], d[2][1], d[3]").eval().unwrap();
        assert_eq!((len, first, inner, none), (2, 7.0, true, None));
        let error = lua.load("d[1] = 2").exec().unwrap_err().to_string();
        assert!(
            error.contains("the shared array 'n' is read-only"),
            "{error}"
        );
    }
}

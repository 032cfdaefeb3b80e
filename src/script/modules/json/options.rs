//! How JSON is read and written, and the functions of lua-cjson that change it.

use std::cell::Cell;
use std::rc::Rc;

use mlua::{FromLuaMulti, IntoLuaMulti, Lua, Table, Value};

use crate::script::args;

/// How JSON is read and written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JsonOptions {
    /// An empty table is written as `{}`, otherwise as `[]`.
    pub(super) empty_is_object: bool,
    /// `null` is decoded as `json.null`, otherwise as nil.
    pub(crate) nulls: bool,
    /// Decoded arrays have the metatable of arrays, so that an empty one is encoded as `[]` again.
    pub(super) mark_arrays: bool,
    pub(super) sparse: SparseArrays,
}

/// What happens to arrays with holes.
#[derive(Debug, Clone, Copy)]
pub(super) struct SparseArrays {
    /// An array that is too sparse becomes an object, otherwise it is an error.
    pub(super) convert: bool,
    /// An array is too sparse if its largest index exceeds its number of values times this ratio; 0 allows all arrays.
    pub(super) ratio: usize,
    /// Arrays up to this index are never too sparse.
    pub(super) safe: usize,
}

impl Default for JsonOptions {
    fn default() -> Self {
        Self {
            empty_is_object: true,
            nulls: true,
            mark_arrays: false,
            sparse: SparseArrays {
                convert: false,
                ratio: 2,
                safe: 10,
            },
        }
    }
}

impl JsonOptions {
    /// The options argument of a decoding function: nil, or `{ nulls = false }`.
    pub(crate) fn of_decoding(function: &str, options: &Value) -> mlua::Result<Self> {
        let mut read = Self::default();
        match options {
            Value::Nil => {}
            Value::Table(table) => {
                args::known_fields(function, table, &["nulls"])?;
                let nulls: Value = table.raw_get("nulls")?;
                if !nulls.is_nil() {
                    read.nulls = args::flag(function, "nulls", &nulls)?;
                }
            }
            other => {
                let expected = "a table such as { nulls = false }";
                return Err(args::wrong_type(function, "the options", expected, other));
            }
        }
        Ok(read)
    }
}

/// Adds the functions that change the options of one instance of `cjson`. Each takes new values, or nil for those to
/// keep, and returns the current ones.
pub(super) fn add_setters(
    cjson: &Table,
    lua: &Lua,
    options: &Rc<Cell<JsonOptions>>,
) -> mlua::Result<()> {
    let setter = Setter {
        cjson,
        lua,
        options,
    };
    setter.add("encode_empty_table_as_object", |now, on: Option<bool>| {
        now.empty_is_object = on.unwrap_or(now.empty_is_object);
        Ok(now.empty_is_object)
    })?;
    setter.add("decode_array_with_array_mt", |now, on: Option<bool>| {
        now.mark_arrays = on.unwrap_or(now.mark_arrays);
        Ok(now.mark_arrays)
    })?;
    setter.add("encode_sparse_array", |now, args: Sparse| {
        let (convert, ratio, safe) = args;
        let sparse = &mut now.sparse;
        sparse.convert = convert.unwrap_or(sparse.convert);
        for (place, value, number) in [
            ("argument 2 (ratio)", ratio, &mut sparse.ratio),
            ("argument 3 (safe)", safe, &mut sparse.safe),
        ] {
            if !value.is_nil() {
                let whole = args::whole("cjson.encode_sparse_array", place, &value, 0)?;
                *number = usize::try_from(whole).unwrap_or(usize::MAX);
            }
        }
        Ok((sparse.convert, sparse.ratio, sparse.safe))
    })
}

/// Arguments of `encode_sparse_array`.
type Sparse = (Option<bool>, Value, Value);

struct Setter<'a> {
    cjson: &'a Table,
    lua: &'a Lua,
    options: &'a Rc<Cell<JsonOptions>>,
}

impl Setter<'_> {
    fn add<A: FromLuaMulti, R: IntoLuaMulti>(
        &self,
        name: &str,
        change: impl Fn(&mut JsonOptions, A) -> mlua::Result<R> + 'static,
    ) -> mlua::Result<()> {
        let options = Rc::clone(self.options);
        let function = self.lua.create_function(move |_, arguments: A| {
            let mut now = options.get();
            let result = change(&mut now, arguments)?;
            options.set(now);
            Ok(result)
        })?;
        self.cjson.set(name, function)
    }
}

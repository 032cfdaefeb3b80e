//! What lua-cjson lets a script set, by the names, arguments and results that it has there.

use std::cell::Cell;
use std::rc::Rc;

use mlua::{FromLuaMulti, IntoLuaMulti, Lua, Table, Value};

use crate::script::args;

/// How values are read and written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// An empty table is `{}`; else it is `[]`.
    pub(super) empty_is_object: bool,
    /// `null` is decoded as `json.null`; else it is left out.
    pub(crate) nulls: bool,
    /// Decoded arrays carry the array mark, so that an empty one is encoded as `[]` again.
    pub(super) mark_arrays: bool,
    /// Tables nested deeper than this are an error, both ways.
    pub(super) max_depth: usize,
    /// Which arrays have too many holes, and what becomes of them.
    pub(super) sparse: Sparse,
    /// Significant digits of numbers; with all of [`EXACT`], as many as it takes to read the same number back.
    pub(super) precision: usize,
    pub(super) invalid_numbers: Invalid,
}

/// Arrays with holes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sparse {
    /// One that is too sparse becomes an object; else it is an error.
    pub(super) convert: bool,
    /// Too sparse is an array whose largest index is beyond this many times its count; 0 for none.
    pub(super) ratio: usize,
    /// Up to this index an array may have any holes.
    pub(super) safe: usize,
}

/// What becomes of NaN and the infinities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invalid {
    Refused,
    /// `NaN`, `Infinity`, `-Infinity`, which is not JSON.
    Written,
    Null,
}

/// As many significant digits as a double has.
pub(super) const EXACT: usize = 17;

impl Default for Settings {
    fn default() -> Self {
        Self {
            empty_is_object: true,
            nulls: true,
            mark_arrays: false,
            max_depth: 1000,
            sparse: Sparse {
                convert: false,
                ratio: 2,
                safe: 10,
            },
            precision: EXACT,
            invalid_numbers: Invalid::Refused,
        }
    }
}

impl Settings {
    /// What `function` was told about reading: nothing, or `{ nulls = false }`.
    pub(crate) fn reading(function: &str, options: &Value) -> mlua::Result<Self> {
        let mut settings = Self::default();
        match options {
            Value::Nil => {}
            Value::Table(table) => {
                args::known_fields(function, table, &["nulls"])?;
                let nulls: Value = table.raw_get("nulls")?;
                if !nulls.is_nil() {
                    settings.nulls = args::flag(function, "nulls", &nulls)?;
                }
            }
            other => {
                let expected = "a table such as { nulls = false }";
                return Err(args::wrong_type(function, "the options", expected, other));
            }
        }
        Ok(settings)
    }
}

/// The settings of one instance.
pub(super) type Shared = Rc<Cell<Settings>>;

/// Puts the functions that change settings into `cjson`. Each takes new values, or nil for those to keep, and returns
/// what holds then.
pub(super) fn put_into(cjson: &Table, lua: &Lua, settings: &Shared) -> mlua::Result<()> {
    let put = Put {
        cjson,
        lua,
        settings,
    };
    put.setting("encode_empty_table_as_object", |_, s, on: Option<bool>| {
        s.empty_is_object = on.unwrap_or(s.empty_is_object);
        Ok(s.empty_is_object)
    })?;
    put.setting("decode_array_with_array_mt", |_, s, on: Option<bool>| {
        s.mark_arrays = on.unwrap_or(s.mark_arrays);
        Ok(s.mark_arrays)
    })?;
    for name in ["encode_max_depth", "decode_max_depth"] {
        put.setting(name, |_, s, depth: Option<usize>| {
            s.max_depth = depth.unwrap_or(s.max_depth);
            Ok(s.max_depth)
        })?;
    }
    put.setting("encode_sparse_array", sparse)?;
    put.setting("encode_number_precision", |_, s, digits: Value| {
        precision(s, &digits)
    })?;
    put.setting("encode_invalid_numbers", |lua, s, to: Value| {
        invalid_numbers(lua, s, &to)
    })
}

struct Put<'a> {
    cjson: &'a Table,
    lua: &'a Lua,
    settings: &'a Shared,
}

impl Put<'_> {
    fn setting<A: FromLuaMulti, R: IntoLuaMulti>(
        &self,
        name: &str,
        change: impl Fn(&Lua, &mut Settings, A) -> mlua::Result<R> + 'static,
    ) -> mlua::Result<()> {
        let settings = Rc::clone(self.settings);
        let function = self.lua.create_function(move |lua, arguments: A| {
            let mut now = settings.get();
            let result = change(lua, &mut now, arguments)?;
            settings.set(now);
            Ok(result)
        })?;
        self.cjson.set(name, function)
    }
}

fn sparse(
    _: &Lua,
    settings: &mut Settings,
    (convert, ratio, safe): (Option<bool>, Value, Value),
) -> mlua::Result<(bool, usize, usize)> {
    const NAME: &str = "cjson.encode_sparse_array";
    let sparse = &mut settings.sparse;
    sparse.convert = convert.unwrap_or(sparse.convert);
    for (place, value, setting) in [
        ("argument 2 (ratio)", ratio, &mut sparse.ratio),
        ("argument 3 (safe)", safe, &mut sparse.safe),
    ] {
        if value != Value::Nil {
            let whole = args::whole(NAME, place, &value, 0)?;
            *setting = usize::try_from(whole).unwrap_or(usize::MAX);
        }
    }
    Ok((sparse.convert, sparse.ratio, sparse.safe))
}

fn precision(settings: &mut Settings, digits: &Value) -> mlua::Result<usize> {
    const NAME: &str = "cjson.encode_number_precision";
    const PLACE: &str = "argument 1 (precision)";
    if *digits != Value::Nil {
        let whole = args::whole(NAME, PLACE, digits, 1)?;
        settings.precision = usize::try_from(whole)
            .ok()
            .filter(|digits| *digits <= EXACT)
            .ok_or_else(|| args::wrong_type(NAME, PLACE, "at most 17", digits))?;
    }
    Ok(settings.precision)
}

fn invalid_numbers(lua: &Lua, settings: &mut Settings, to: &Value) -> mlua::Result<Value> {
    const NAME: &str = "cjson.encode_invalid_numbers";
    const EXPECTED: &str = "true, false or \"null\"";
    settings.invalid_numbers = match to {
        Value::Nil => settings.invalid_numbers,
        Value::Boolean(false) => Invalid::Refused,
        Value::Boolean(true) => Invalid::Written,
        Value::String(word) => match &*word.as_bytes() {
            b"off" => Invalid::Refused,
            b"on" => Invalid::Written,
            b"null" => Invalid::Null,
            _ => return Err(args::wrong_type(NAME, "argument 1", EXPECTED, to)),
        },
        _ => return Err(args::wrong_type(NAME, "argument 1", EXPECTED, to)),
    };
    Ok(match settings.invalid_numbers {
        Invalid::Refused => Value::Boolean(false),
        Invalid::Written => Value::Boolean(true),
        Invalid::Null => Value::String(lua.create_string("null")?),
    })
}

//! Builds a Lua table with all its fields in one protected call.
//!
//! Under a memory limit, mlua makes a protected call for each value that it creates or sets, which takes longer than the work
//! itself and leaves garbage. A response has three tables and two dozen values, so it is described first and then built
//! in one call.

use std::borrow::Cow;
use std::ffi::{CStr, c_int};

use mlua::ffi::{self, lua_State};
use mlua::{Lua, Table};

/// The fields of a table, each at most once.
#[derive(Debug, Default)]
pub(crate) struct TableBuilder<'a> {
    fields: Vec<(&'a str, FieldValue<'a>)>,
    /// The name of the table's metatable in the registry, which must exist.
    metatable: Option<&'static CStr>,
}

#[derive(Debug)]
enum FieldValue<'a> {
    Number(f64),
    Flag(bool),
    Text(Cow<'a, [u8]>),
    Table(TableBuilder<'a>),
}

/// The maximum nesting of tables: a C function has 20 stack slots, and each level takes three.
const MAX_DEPTH: usize = 5;

impl<'a> TableBuilder<'a> {
    /// Sets the fields whose number is not `None`.
    pub(crate) fn with_capacity(fields: usize) -> Self {
        Self {
            fields: Vec::with_capacity(fields),
            metatable: None,
        }
    }

    /// Uses the metatable that the registry has under `name`.
    pub(crate) fn with_metatable(self, name: &'static CStr) -> Self {
        Self {
            metatable: Some(name),
            ..self
        }
    }

    pub(crate) fn number(&mut self, name: &'a str, number: impl Into<f64>) {
        self.fields.push((name, FieldValue::Number(number.into())));
    }

    /// Sets the numbers that there are.
    pub(crate) fn numbers(&mut self, numbers: impl IntoIterator<Item = (&'a str, Option<f64>)>) {
        for (name, number) in numbers {
            if let Some(number) = number {
                self.number(name, number);
            }
        }
    }

    pub(crate) fn flag(&mut self, name: &'a str, flag: bool) {
        self.fields.push((name, FieldValue::Flag(flag)));
    }

    pub(crate) fn text(&mut self, name: &'a str, text: &'a (impl AsRef<[u8]> + ?Sized)) {
        self.bytes(name, Cow::Borrowed(text.as_ref()));
    }

    pub(crate) fn bytes(&mut self, name: &'a str, bytes: impl Into<Cow<'a, [u8]>>) {
        self.fields.push((name, FieldValue::Text(bytes.into())));
    }

    pub(crate) fn table(&mut self, name: &'a str, table: TableBuilder<'a>) {
        self.fields.push((name, FieldValue::Table(table)));
    }

    /// The table.
    ///
    /// # Errors
    /// When the state has no memory left.
    #[expect(unsafe_code, reason = "mlua makes no two values under one guard")]
    pub(crate) fn into_table(self, lua: &Lua) -> mlua::Result<Table> {
        if self.depth() > MAX_DEPTH {
            return Err(mlua::Error::runtime("a table is nested too deep"));
        }
        // SAFETY: the closure leaves one table on the stack. An error of Lua, of memory, ends it in the middle; it owns
        // nothing, so nothing leaks.
        unsafe { lua.exec_raw((), |state| push(state, &self)) }
    }

    fn depth(&self) -> usize {
        let depth = |(_, item): &(_, FieldValue<'_>)| match item {
            FieldValue::Table(table) => table.depth(),
            _ => 0,
        };
        1 + self.fields.iter().map(depth).max().unwrap_or(0)
    }
}

/// Pushes one table.
#[expect(unsafe_code, reason = "the C interface of Lua")]
unsafe fn push(state: *mut lua_State, table: &TableBuilder<'_>) {
    // SAFETY: `state` is that of the protected call this runs in, whose stack has room for all levels of the table.
    unsafe {
        let fields = c_int::try_from(table.fields.len()).unwrap_or(0);
        ffi::lua_createtable(state, 0, fields);
        for (name, item) in &table.fields {
            push_text(state, name.as_bytes());
            match item {
                FieldValue::Number(number) => ffi::lua_pushnumber(state, *number),
                FieldValue::Flag(flag) => ffi::lua_pushboolean(state, c_int::from(*flag)),
                FieldValue::Text(text) => push_text(state, text),
                FieldValue::Table(table) => push(state, table),
            }
            ffi::lua_rawset(state, -3);
        }
        if let Some(name) = table.metatable {
            ffi::lua_getfield(state, ffi::LUA_REGISTRYINDEX, name.as_ptr());
            ffi::lua_setmetatable(state, -2);
        }
    }
}

#[expect(unsafe_code, reason = "the C interface of Lua")]
unsafe fn push_text(state: *mut lua_State, text: &[u8]) {
    // SAFETY: as above; Lua copies that many bytes.
    unsafe {
        ffi::lua_pushlstring_(state, text.as_ptr().cast(), text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(long: &[u8]) -> TableBuilder<'_> {
        let mut inner = TableBuilder::with_capacity(1).with_metatable(c"ssel.test");
        inner.text("b", long);
        let mut fields = TableBuilder::default();
        fields.number("a", 1.5);
        fields.bytes("", b"\0\xff".to_vec());
        fields.table("inner", inner);
        fields
    }

    #[test]
    fn a_table_has_the_described_fields() {
        let lua = Lua::new();
        let meta: Table = lua.load("return { __index = { c = 7 } }").eval().unwrap();
        lua.set_named_registry_value("ssel.test", meta).unwrap();
        let table = described(b"x").into_table(&lua).unwrap();
        lua.globals().set("t", table).unwrap();
        let same = "return t.a == 1.5 and t[''] == '\\0\\255' and t.inner.b == 'x' and t.inner.c == 7 and next(t.inner, 'b') == nil";
        assert!(lua.load(same).eval::<bool>().unwrap());
    }

    #[test]
    fn a_full_state_and_deep_nesting_are_errors() {
        let lua = Lua::new();
        lua.set_memory_limit(lua.used_memory() + 64 * 1024).unwrap();
        let long = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            let error = described(&long).into_table(&lua).unwrap_err();
            assert!(matches!(error, mlua::Error::MemoryError(_)), "{error}");
        }
        assert!(described(b"").into_table(&lua).is_ok());
        let mut deep = TableBuilder::default();
        for _ in 0..MAX_DEPTH {
            let mut outer = TableBuilder::default();
            outer.table("in", deep);
            deep = outer;
        }
        assert!(deep.into_table(&lua).is_err());
    }
}

//! Tables of functions that are written in Rust.

use std::rc::Rc;

use mlua::{FromLuaMulti, IntoLua, IntoLuaMulti, Lua, Table, Value};

use super::bundled::Bundled;
use super::context::Context;
use super::state::base;

/// Adds functions to a table: a namespace, a metatable, or the Rust half of a module.
pub(crate) struct Functions<'a> {
    pub(crate) lua: &'a Lua,
    pub(crate) context: &'a Rc<Context>,
    pub(crate) table: Table,
}

impl<'a> Functions<'a> {
    /// Starts with an empty table.
    pub(crate) fn new(lua: &'a Lua, context: &'a Rc<Context>) -> mlua::Result<Self> {
        let table = lua.create_table()?;
        Ok(Self {
            lua,
            context,
            table,
        })
    }

    /// Adds a function that uses the context of its state.
    pub(crate) fn add<A: FromLuaMulti, R: IntoLuaMulti>(
        &self,
        name: &str,
        function: impl Fn(&Lua, &Rc<Context>, A) -> mlua::Result<R> + 'static,
    ) -> mlua::Result<()> {
        let context = Rc::clone(self.context);
        self.add_pure(name, move |lua, arguments| {
            function(lua, &context, arguments)
        })
    }

    /// Adds a function that needs no context.
    pub(crate) fn add_pure<A: FromLuaMulti, R: IntoLuaMulti>(
        &self,
        name: &str,
        function: impl Fn(&Lua, A) -> mlua::Result<R> + 'static,
    ) -> mlua::Result<()> {
        self.set(name, self.lua.create_function(function)?)
    }

    /// Adds a function that waits. `begin` checks the arguments and stores its work in [`Context::pending`]; `name` is the
    /// function's full name, such as `http.get`.
    pub(crate) fn add_waiting<A: FromLuaMulti>(
        &self,
        name: &str,
        begin: impl Fn(&Lua, &Rc<Context>, A) -> mlua::Result<()> + 'static,
    ) -> mlua::Result<()> {
        let short = name.rsplit('.').next().unwrap_or(name);
        self.set(short, waiting(self.lua, self.context, name, begin)?)
    }

    /// An empty table with these functions as its metatable.
    pub(crate) fn into_metatable(self) -> mlua::Result<Table> {
        let table = self.lua.create_table()?;
        table.set_metatable(Some(self.table))?;
        Ok(table)
    }

    /// Adds a value.
    pub(crate) fn set(&self, name: &str, value: impl IntoLua) -> mlua::Result<()> {
        self.table.raw_set(name, value)
    }
}

/// A function that waits, as [`Functions::add_waiting`] adds them.
pub(crate) fn waiting<A: FromLuaMulti>(
    lua: &Lua,
    context: &Rc<Context>,
    name: &str,
    begin: impl Fn(&Lua, &Rc<Context>, A) -> mlua::Result<()> + 'static,
) -> mlua::Result<Value> {
    static CODE: Bundled = Bundled::new(
        "waiting",
        "local name, begin, base = ... local can_wait, wait = base.can_wait, base.wait \
         return function(...) can_wait(name) begin(...) return wait() end",
    );
    let context = Rc::clone(context);
    let begin = lua.create_function(move |lua, arguments| begin(lua, &context, arguments))?;
    CODE.function(lua)?.call((name, begin, base(lua)?))
}

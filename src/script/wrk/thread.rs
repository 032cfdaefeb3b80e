//! The thread object of scripts: `thread.addr`, `thread:get`, `thread:set`, `thread:stop`.

use std::sync::Arc;
use std::time::Duration;

use mlua::{Lua, UserData, UserDataFields, UserDataMethods, Value};

use super::super::args;
use super::super::convert::Plain;
use super::address::LuaAddress;
use super::hooks::LuaHooks;
use crate::wrk::{ThreadHandle, ThreadState};

/// The timeout for reading or setting a global of a thread. The thread is idle then.
const LIMIT: Duration = Duration::from_secs(10);

/// A thread as `setup` and `done` see it.
pub(super) struct ScriptThread(pub(super) ThreadHandle<LuaHooks>);

/// `wrk.thread`: the thread that runs the script.
pub(super) struct OwnThread(pub(super) Arc<ThreadState>);

impl UserData for ScriptThread {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        add_address(fields, |this| this.0.shared());
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("get", |lua, this, name: String| {
            let asked = name.clone();
            let value = this.0.ask(LIMIT, move |hooks| hooks.get(&asked));
            let value = value.ok_or_else(|| no_answer("thread:get"))?;
            value
                .map_err(|what| args::misuse("thread:get", format!("{name}: {what}")))?
                .to_lua(lua)
        });
        methods.add_method("set", |_, this, (name, value): (String, Value)| {
            let value = plain(&value)
                .map_err(|what| args::misuse("thread:set", format!("{name}: {what}")))?;
            let done = this.0.ask(LIMIT, move |hooks| hooks.set(&name, &value));
            done.ok_or_else(|| no_answer("thread:set"))?
                .map_err(|what| args::misuse("thread:set", what))
        });
        methods.add_method("stop", |_, this, ()| {
            this.0.shared().stop();
            Ok(())
        });
    }
}

impl UserData for OwnThread {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        add_address(fields, |this| &this.0);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("get", |lua, _, name: String| {
            lua.globals().get::<Value>(name)
        });
        methods.add_method("set", |lua, _, (name, value): (String, Value)| {
            lua.globals().set(name, value)
        });
        methods.add_method("stop", |_, this, ()| {
            this.0.stop();
            Ok(())
        });
    }
}

/// Adds the field `addr`, the address of the server that the thread uses.
fn add_address<T: 'static, F: UserDataFields<T>>(fields: &mut F, state: fn(&T) -> &ThreadState) {
    fields.add_field_method_get("addr", move |_, this| Ok(LuaAddress(state(this).address())));
    fields.add_field_method_set("addr", move |_, this, address: Value| {
        state(this).set_address(LuaAddress::from("thread.addr", &address)?);
        Ok(())
    });
}

/// A global as a value that can be copied to another state.
pub(super) fn global(lua: &Lua, name: &str) -> Result<Plain, String> {
    let value: Value = lua.globals().get(name).map_err(|error| error.to_string())?;
    plain(&value)
}

fn plain(value: &Value) -> Result<Plain, String> {
    Plain::from_lua(value).map_err(|what| format!("{what} cannot go to another state"))
}

fn no_answer(function: &str) -> mlua::Error {
    args::misuse(
        function,
        "the thread does not answer: a function of its script has not returned",
    )
}

//! A cookie jar that a script passes to its requests.

use std::rc::Rc;

use mlua::{Lua, Table, UserData, UserDataMethods, Value};

use super::{args, request};
use crate::http::CookieJar;

/// The result of `http.cookie_jar()`.
#[derive(Default)]
pub(crate) struct Jar(Rc<CookieJar>);

impl Jar {
    /// The same jar, for a request.
    pub(crate) fn shared(&self) -> Rc<CookieJar> {
        Rc::clone(&self.0)
    }

    fn set(&self, url: &Value, name: &Value, value: &Value) -> mlua::Result<bool> {
        const FUNCTION: &str = "jar:set";
        let url = request::url(FUNCTION, "argument 1 (url)", url)?;
        let name = args::text(FUNCTION, "argument 2 (name)", name)?;
        let value = args::text(FUNCTION, "argument 3 (value)", value)?;
        // These characters would end the name or value and begin attributes.
        if name.is_empty() || name.contains(|c: char| c.is_control() || "=; \t".contains(c)) {
            let what = format!("argument 2 (name): {name:?} cannot be the name of a cookie");
            return Err(args::misuse(FUNCTION, what));
        }
        if value.contains(|c: char| c.is_control() || c == ';') {
            let what =
                "argument 3 (value): a cookie's value cannot contain ';' or control characters";
            return Err(args::misuse(FUNCTION, what));
        }
        Ok(self.0.set(&url, &format!("{name}={value}")))
    }

    fn get(&self, lua: &Lua, url: &Value) -> mlua::Result<Table> {
        let url = request::url("jar:get", "argument 1 (url)", url)?;
        lua.create_table_from(self.0.cookies_for(&url))
    }
}

impl UserData for Jar {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method(
            "set",
            |_, jar, (url, name, value): (Value, Value, Value)| jar.set(&url, &name, &value),
        );
        methods.add_method("get", |lua, jar, url: Value| jar.get(lua, &url));
        methods.add_method("clear", |_, jar, ()| {
            jar.0.clear();
            Ok(())
        });
    }
}

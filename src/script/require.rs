//! `require`: modules beside the script, and ssel's own.

use std::path::PathBuf;
use std::rc::Rc;

use mlua::{Function, Lua, Table, Value};

use super::context::Context;
use super::native::Functions;
use super::{args, chunk, files, modules};

/// The places of a module `a.b` in the script's folder, with `?` for `a/b`. The last ones are where
/// `luarocks install --tree lua_modules` installs pure Lua rocks.
const PLACES: [&str; 4] = [
    "?.lua",
    "?/init.lua",
    "lua_modules/share/lua/5.1/?.lua",
    "lua_modules/share/lua/5.1/?/init.lua",
];

/// The meaning of `;;` in the variable `LUA_PATH`: the places of systems and `luarocks`.
const SYSTEM: &str = "./?.lua;/usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua;\
                      /usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua";

/// `require`; loading it also loads `package`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    install(lua, context)?;
    lua.globals().raw_get("require")
}

/// `package`; loading it also loads `require`.
pub(crate) fn load_package(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    install(lua, context)?;
    lua.globals().raw_get("package")
}

fn install(lua: &Lua, context: &Rc<Context>) -> mlua::Result<()> {
    let loaded = lua.create_table()?;
    loaded.raw_set("_G", lua.globals())?;
    let libraries = Functions::new(lua, context)?;
    libraries.add("__index", |lua, ctx, (_, name): (Table, Value)| {
        modules::library(lua, ctx, &name)
    })?;
    loaded.set_metatable(Some(libraries.table))?;
    let preload = lua.create_table()?;
    let package = lua.create_table()?;
    package.raw_set("loaded", &loaded)?;
    package.raw_set("preload", &preload)?;
    let variable = context.variable("LUA_PATH").map(|path| path.to_string());
    package.raw_set("path", default_path(variable))?;
    // C modules are not loaded, but scripts add to this path.
    package.raw_set("cpath", "")?;
    let globals = Functions {
        lua,
        context,
        table: lua.globals(),
    };
    globals.set("package", &package)?;
    globals.add("require", move |lua, ctx, name: Value| {
        let name = args::text("require", "argument 1 (name)", &name)?;
        let path: Value = package.raw_get("path")?;
        require(lua, ctx, (&loaded, &preload, &path), &name)
    })
}

fn require(
    lua: &Lua,
    context: &Rc<Context>,
    (loaded, preload, path): (&Table, &Table, &Value),
    name: &str,
) -> mlua::Result<Value> {
    match loaded.raw_get(name)? {
        Value::Nil => {}
        // A sentinel that marks a module that is being loaded.
        Value::LightUserData(_) => {
            return Err(mlua::Error::runtime(format!(
                "require: the module '{name}' requires itself"
            )));
        }
        value => return Ok(value),
    }
    if let Some(module) = modules::required(lua, context, name)? {
        loaded.raw_set(name, &module)?;
        return Ok(module);
    }
    let chunk: Function = match preload.raw_get(name)? {
        Some(chunk) => chunk,
        None => find(lua, context, path, name)?,
    };
    loaded.raw_set(name, Value::NULL)?;
    let result: mlua::Result<Value> = chunk.call(name);
    let value = match result {
        Ok(value) => value,
        Err(error) => {
            loaded.raw_set(name, Value::Nil)?;
            return Err(error);
        }
    };
    // As in Lua: the module's return value, else the value that it stored, else true.
    let value = match (value, loaded.raw_get(name)?) {
        (Value::Nil, Value::LightUserData(_)) => Value::Boolean(true),
        (Value::Nil, stored) => stored,
        (value, _) => value,
    };
    loaded.raw_set(name, &value)?;
    Ok(value)
}

/// The initial value of `package.path`.
fn default_path(variable: Option<String>) -> String {
    match variable {
        None => SYSTEM.to_owned(),
        Some(path) => format!(";{path};")
            .replace(";;", &format!(";{SYSTEM};"))
            .trim_matches(';')
            .to_owned(),
    }
}

/// Looks for a module in the script's folder, then along `path`, which is relative to the current folder.
fn find(lua: &Lua, context: &Context, path: &Value, name: &str) -> mlua::Result<Function> {
    let fail = |why: String| mlua::Error::runtime(format!("require: {why}"));
    if name == "k6" || name.starts_with("k6/") {
        return Err(fail(format!(
            "'{name}' is k6's: sse, http, check, sleep and the others are globals here; see docs/lua/from-k6.md"
        )));
    }
    if name == "ffi" {
        return Err(fail(
            "ffi is not available to scripts, because it can crash the whole process".into(),
        ));
    }
    if name.is_empty()
        || name
            .split(['.', '/'])
            .any(|part| part.is_empty() || part.contains('\\'))
    {
        return Err(fail(format!(
            "'{name}' is not a module name; write folder.file without .lua"
        )));
    }
    let base = &context.process.folder;
    let file = name.replace('.', "/");
    let path = match path {
        Value::String(path) => path.to_string_lossy(),
        _ => String::new(),
    };
    let places = PLACES
        .iter()
        .map(|place| base.join(place.replace('?', &file)));
    let along = path.split(';').filter(|place| !place.is_empty());
    let along = along.map(|place| PathBuf::from(place.replace('?', &file)));
    let candidates: Vec<PathBuf> = places.chain(along).collect();
    let Some(path) = candidates.iter().find(|path| path.is_file()) else {
        let tried: Vec<String> = candidates
            .iter()
            .map(|p| format!("\n    no file {}", p.display()))
            .collect();
        return Err(fail(format!(
            "module '{name}' not found:{}",
            tried.concat()
        )));
    };
    let source = files::read(&context.process, path).map_err(fail)?;
    chunk::text(lua, &source, &format!("@{}", path.display()))
}

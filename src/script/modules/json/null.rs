//! `json.null`: its text, and the errors when a script uses it as nil or as a table.

use mlua::{LightUserData, Lua, Table};

use crate::script::bundled::Bundled;

/// Installs the metatable of `json.null`. Every function that may return `json.null` to a script calls this before.
pub(crate) fn install(lua: &Lua) -> mlua::Result<()> {
    static CODE: Bundled = Bundled::new("json", include_str!("null.lua"));
    if lua.type_metatable::<LightUserData>().is_some() {
        return Ok(());
    }
    let metatable: Table = CODE.function(lua)?.call(())?;
    lua.set_type_metatable::<LightUserData>(Some(metatable));
    Ok(())
}

//! `json.null`: what it is called, and what it says when it is taken for nothing or for a table.

use std::sync::OnceLock;

use mlua::{LightUserData, Lua, Table};

use crate::script::state::load_own;

/// Gives `json.null` its behaviour, unless it has it. To be called by whatever may hand a script one, before it does.
pub(crate) fn install(lua: &Lua) -> mlua::Result<()> {
    static CODE: OnceLock<Vec<u8>> = OnceLock::new();
    if lua.type_metatable::<LightUserData>().is_some() {
        return Ok(());
    }
    let behaviour: Table = load_own(lua, "json", include_str!("null.lua"), &CODE)?.call(())?;
    lua.set_type_metatable::<LightUserData>(Some(behaviour));
    Ok(())
}

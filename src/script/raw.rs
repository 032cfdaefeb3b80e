//! The unsafe code that creates a Lua state with LuaJIT's FFI.

use mlua::{Lua, LuaOptions, StdLib};

/// A Lua state with its initial libraries. They include `jit`, because LuaJIT compiles only with it.
#[expect(
    unsafe_code,
    reason = "mlua offers the FFI library in unsafe states only"
)]
pub(crate) fn new_lua() -> Lua {
    let libraries = StdLib::JIT;
    // SAFETY: an unsafe state may load C modules and LuaJIT's FFI. No script can reach either: the state has no
    // `package` library, `state::confine` removes the loaders and bytecode, and `ffi` is handed to the prelude of
    // `sse` as a local and removed from the globals before any code of the script runs again
    // (tests: `a_script_reaches_no_ffi` and `no_script_loads_bytecode` in tests/it/lua_api.rs).
    unsafe { Lua::unsafe_new_with(libraries, LuaOptions::new()) }
}

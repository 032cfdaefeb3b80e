//! Creates the events of a small batch as Lua values, with a C function. mlua would wrap each field in a protected
//! call, and the FFI costs a state 15 KiB, which pays off only for floods (`flood.lua`).

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{Function, Lua, Table};

use super::batch::{EventRecord, RecordKind, TextRange};

/// The fields of an event, in the order of the function's upvalues, after the metatable.
const FIELDS: [&[u8]; 6] = [
    b"id",
    b"last_event_id",
    b"name",
    b"data",
    b"comment",
    b"time",
];

/// Returns the function `record_at(records, texts, counter, i)`, which creates events with this metatable. It counts the record
/// with index `i`, from 0, as delivered and returns an event's table, the text of a comment, false for a failure, or true when
/// the stream is open.
#[expect(unsafe_code, reason = "the C interface of Lua")]
pub(super) fn reader(lua: &Lua, events: Table) -> mlua::Result<Function> {
    // SAFETY: the closure takes the metatable from the stack, adds the names of the fields, and leaves the function. An
    // error of Lua interrupts it; it owns nothing.
    unsafe {
        lua.exec_raw(events, |state| {
            for name in FIELDS {
                ffi::lua_pushlstring_(state, name.as_ptr().cast(), name.len());
            }
            let upvalues = 1 + FIELDS.len();
            ffi::lua_pushcclosure(state, record_at, c_int::try_from(upvalues).unwrap_or(0));
        })
    }
}

#[expect(unsafe_code, reason = "the C interface of Lua")]
unsafe extern "C-unwind" fn record_at(state: *mut lua_State) -> c_int {
    // SAFETY: only sse.lua and what it loads call this, with what `take` and `start` gave: the addresses of a portion of
    // records that `i` lies in, of their texts, and of the stream's counter. `Stream` neither moves nor frees them before Lua
    // takes the next portion, or while it holds the stream. An error of memory unwinds through this frame, which owns nothing.
    unsafe {
        let records = ffi::lua_touserdata(state, 1).cast::<EventRecord>();
        let texts = ffi::lua_touserdata(state, 2).cast::<u8>();
        let counter = ffi::lua_touserdata(state, 3).cast::<u32>();
        let i = u32::try_from(ffi::lua_tointeger(state, 4)).unwrap_or(0);
        let record = &*records.add(i as usize);
        *counter = i + 1;
        match record.kind {
            RecordKind::Event => push_event(state, record, texts),
            RecordKind::Comment => push_text(state, record.data, texts),
            RecordKind::Failure => ffi::lua_pushboolean(state, 0),
            RecordKind::Open => ffi::lua_pushboolean(state, 1),
        }
    }
    1
}

#[expect(unsafe_code, reason = "the C interface of Lua")]
unsafe fn push_event(state: *mut lua_State, record: &EventRecord, texts: *const u8) {
    let EventRecord {
        id,
        last_id,
        name,
        data,
        comment,
        ..
    } = *record;
    // SAFETY: as in `record_at`; the upvalues are those that `reader` gave.
    unsafe {
        ffi::lua_createtable(state, 0, 6);
        let mut upvalue = 2;
        for span in [id, last_id, name, data, comment] {
            ffi::lua_pushvalue(state, ffi::lua_upvalueindex(upvalue));
            push_text(state, span, texts);
            ffi::lua_rawset(state, -3);
            upvalue += 1;
        }
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(upvalue));
        ffi::lua_pushnumber(state, record.time());
        ffi::lua_rawset(state, -3);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_setmetatable(state, -2);
    }
}

#[expect(unsafe_code, reason = "the C interface of Lua")]
unsafe fn push_text(state: *mut lua_State, span: TextRange, texts: *const u8) {
    // SAFETY: as in `record_at`; a span lies in the texts of its batch.
    unsafe {
        let text = texts.add(span.offset as usize);
        ffi::lua_pushlstring_(state, text.cast(), span.length as usize);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mlua::{LightUserData, Value};

    use super::super::batch::EventBatch;
    use super::*;
    use crate::sse::Event;

    #[test]
    fn each_record_becomes_its_value_and_is_counted() {
        let mut batch = EventBatch::default();
        batch.opened();
        batch.event(
            Duration::from_millis(1500),
            &Event {
                id: Some(b"7"),
                last_event_id: b"7",
                name: b"",
                data: "é".as_bytes(),
                comment: b"",
            },
        );
        batch.comment(Duration::ZERO, b"ping");
        batch.failure(Duration::ZERO);
        let mut counter = 0_u32;
        let lua = Lua::new();
        let meta = lua.create_table().unwrap();
        let record_at = reader(&lua, meta.clone()).unwrap();
        let light = |address: *const u8| LightUserData(address.cast_mut().cast());
        let (records, texts) = (
            light(batch.records().as_ptr().cast()),
            light(batch.texts().as_ptr()),
        );
        let count = LightUserData((&raw mut counter).cast());
        let at = |i: usize| record_at.call::<Value>((records, texts, count, i)).unwrap();
        assert_eq!(at(0), Value::Boolean(true));
        let event = at(1).as_table().unwrap().clone();
        assert_eq!(event.metatable(), Some(meta));
        let show = "local e = ... return table.concat({ e.id, e.last_event_id, e.name, e.data, e.comment, e.time }, '|')";
        let shown: String = lua.load(show).call(event).unwrap();
        assert_eq!(shown, "7|7|message|é||1.5");
        assert_eq!(at(2).to_string().unwrap(), "ping");
        assert_eq!(at(3), Value::Boolean(false));
        assert_eq!(counter, 4);
    }
}

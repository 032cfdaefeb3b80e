//! A C function that compiled Lua calls through LuaJIT's FFI to read a JSON text.

use std::cell::RefCell;
use std::ffi::c_void;

use super::Shapes;

thread_local! {
    static SHAPES: RefCell<Shapes> = RefCell::default();
}

/// The addresses that Lua needs to read texts. They are valid as long as the thread.
pub(crate) struct FfiEntry {
    /// Address of `int (const char *text, size_t length)`, which returns the number of the text's shape, or -1.
    pub(crate) read: *mut c_void,
    /// Address of the values of the last text.
    pub(crate) leaves: *mut c_void,
}

/// The addresses for this thread.
pub(crate) fn entry() -> FfiEntry {
    let read: unsafe extern "C" fn(*const u8, usize) -> i32 = read;
    let leaves = SHAPES.with_borrow(|shapes| shapes.leaves().as_ptr());
    FfiEntry {
        read: read as *mut c_void,
        leaves: leaves.cast_mut().cast(),
    }
}

/// Lua code that returns the function for the shape of this number.
pub(crate) fn code(number: usize) -> Option<String> {
    SHAPES.with_borrow(|shapes| shapes.code(number))
}

#[expect(
    unsafe_code,
    reason = "LuaJIT hands a string over as address and length"
)]
unsafe extern "C" fn read(text: *const u8, length: usize) -> i32 {
    // SAFETY: only flood.lua has the address of this function, and calls it with a Lua string and that string's length. The
    // string is alive during the call, because it is an argument of the caller.
    let json = unsafe { std::slice::from_raw_parts(text, length) };
    let number = SHAPES.with(|shapes| shapes.try_borrow_mut().ok()?.read(json));
    number
        .and_then(|number| i32::try_from(number).ok())
        .unwrap_or(-1)
}

//! `os.exit`: ends the load with an exit code.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use mlua::{Function, Lua, Value};

use super::super::args;
use crate::sync::Mutex;
use crate::wrk::ThreadState;

/// The exit code that a script requests.
#[derive(Debug, Default)]
pub(super) struct ExitCode(Mutex<Option<u8>>);

impl ExitCode {
    /// The first request counts, as under wrk.
    pub(super) fn ask(&self, code: u8) {
        let mut asked = self.0.lock();
        asked.get_or_insert(code);
    }

    /// The code that was requested since the last call.
    pub(super) fn take(&self) -> Option<u8> {
        let mut asked = self.0.lock();
        asked.take()
    }
}

/// Creates `os.exit` for one state. It sets `exiting`, raises an error that ends the script's function, and in the state of a
/// thread ends the load of all threads.
pub(super) fn function(
    lua: &Lua,
    code: &Arc<ExitCode>,
    exiting: &Rc<Cell<bool>>,
    thread: Option<&Arc<ThreadState>>,
) -> mlua::Result<Function> {
    let (code, exiting, thread) = (Arc::clone(code), Rc::clone(exiting), thread.cloned());
    lua.create_function(move |_, wanted: Value| -> mlua::Result<()> {
        code.ask(status(&wanted)?);
        exiting.set(true);
        if let Some(thread) = &thread {
            thread.end();
        }
        Err(mlua::Error::runtime("os.exit was called"))
    })
}

/// The exit status for an argument of `os.exit`: its last eight bits, as the system takes them.
fn status(wanted: &Value) -> mlua::Result<u8> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the last eight bits are wanted"
    )]
    match wanted {
        Value::Nil | Value::Boolean(true) => Ok(0),
        Value::Boolean(false) => Ok(1),
        Value::Integer(code) => Ok(*code as u8),
        Value::Number(code) if code.is_finite() => Ok(*code as i64 as u8),
        other => {
            let expected = "a number, true or false";
            Err(args::wrong_type(
                "os.exit",
                "argument 1 (code)",
                expected,
                other,
            ))
        }
    }
}

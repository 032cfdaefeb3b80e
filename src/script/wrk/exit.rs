//! `os.exit`: ends the load with an exit code.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use mlua::{Function, Lua, Value};

use super::super::args;
use crate::wrk::ThreadState;

/// The code that a script wants the process to end with.
#[derive(Debug, Default)]
pub(super) struct ExitCode(Mutex<Option<u8>>);

impl ExitCode {
    /// The first wish counts: under wrk there is no second one.
    pub(super) fn ask(&self, code: u8) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.get_or_insert(code);
    }

    /// What was asked for since the last call.
    pub(super) fn take(&self) -> Option<u8> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.take()
    }
}

/// Makes `os.exit` for one state. It sets `exiting`, raises so that the script goes no further, and ends the load of all
/// threads where the state is that of one.
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

/// What the system makes of the argument of `os.exit`: the last eight bits.
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

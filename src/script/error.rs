//! Errors of scripts: file, line, message and Lua traceback.

use mlua::Table;

use super::{hints, modules, raised_table};
use crate::error::{ScriptError, ScriptErrorKind};

/// Name of ssel's own chunks, whose frames are removed from tracebacks.
pub(crate) const PRELUDE: &str = "[ssel]";

/// LuaJIT's message when a state is full.
const NO_MEMORY: &str = "not enough memory";

const OUT_OF_MEMORY: &str = "not enough memory: the Lua state of a VU may hold 64 MiB, one of ssel wrk 1 GiB; keep large data in data.shared";

/// C functions that pass errors on, by their names in tracebacks.
const PASS_ON: [&str; 2] = ["function 'error'", "function 'xpcall'"];

impl ScriptError {
    /// Converts an error of mlua.
    pub(crate) fn from_lua(kind: ScriptErrorKind, error: &mlua::Error) -> Self {
        LuaError::of(error).into_script_error(kind)
    }
}

/// Message and traceback of an error of Lua.
#[derive(Debug, Clone)]
pub(crate) struct LuaError {
    /// `file:line: what happened`.
    pub(crate) message: String,
    /// One frame per line, innermost first.
    pub(crate) traceback: String,
}

impl LuaError {
    pub(crate) fn of(error: &mlua::Error) -> Self {
        match error {
            // Raised by a function of ssel: the message has no place, but the traceback does.
            mlua::Error::CallbackError { traceback, cause } => {
                let mut inner = Self::of(cause);
                if let mlua::Error::BadArgument {
                    name: Some(own), ..
                } = &**cause
                    && own == "self"
                {
                    let method = callee(traceback).unwrap_or("method");
                    inner.message = format!("{method}: call it with a colon: object:{method}(…)");
                } else if let (mlua::Error::BadArgument { .. }, Some(name)) =
                    (&**cause, callee(traceback))
                {
                    inner.message = format!("{name}: {}", inner.message);
                }
                let traceback = clean(traceback);
                let message = match place(&traceback) {
                    Some(place)
                        if inner.traceback.is_empty() && !begins_with_place(&inner.message) =>
                    {
                        format!("{place}: {}", inner.message)
                    }
                    _ => inner.message,
                };
                let traceback = if inner.traceback.is_empty() {
                    traceback
                } else {
                    inner.traceback
                };
                Self { message, traceback }
            }
            mlua::Error::SyntaxError { message, .. } => Self::split(message),
            mlua::Error::RuntimeError(text) | mlua::Error::MemoryError(text) => Self::split(text),
            mlua::Error::StackError => Self::split(TOO_MANY_VALUES),
            mlua::Error::BadArgument { pos, cause, .. } => Self::bad_argument(*pos, cause),
            other => Self::split(&other.to_string()),
        }
    }

    /// The error of a function whose arguments mlua checks; the traceback has its name.
    fn bad_argument(position: usize, cause: &mlua::Error) -> Self {
        let expected = |to: &str| match to {
            "bool" => "a boolean",
            "String" | "string" => "a string",
            "table" => "a table",
            "function" => "a function",
            _ => "a number",
        };
        Self::split(&match cause {
            mlua::Error::FromLuaConversionError { from, to, .. } => {
                format!(
                    "argument {position}: expected {}, got a {from}",
                    expected(to)
                )
            }
            cause => format!("argument {position}: {cause}"),
        })
    }

    fn split(text: &str) -> Self {
        let (message, traceback) = match text.split_once("\nstack traceback:") {
            Some((message, traceback)) => (message, with_line(clean(traceback), message)),
            None => (text, String::new()),
        };
        let at_script = raised_by_prelude(message).zip(place(&traceback));
        let at_script = at_script.map(|(what, place)| format!("{place}: {what}"));
        let message = at_script.as_deref().unwrap_or(message);
        let message = if message == NO_MEMORY {
            out_of_memory(&traceback)
        } else {
            match hints::remedy(message, &modules::names()) {
                Some(remedy) => format!("{message}: {remedy}"),
                None => message.to_owned(),
            }
        };
        Self { message, traceback }
    }

    /// Names the frame of a callback after the event for which the script registered it.
    pub(crate) fn name_callback(&mut self, name: &str) {
        let named = format!("{CALLBACK} of '{name}'");
        self.traceback = self.traceback.replacen(CALLBACK, &named, 1);
    }

    /// Replaces the address of a table by its content, if this table was raised.
    pub(crate) fn show_table(&mut self, table: &Table) {
        if self.message == format!("table: {:p}", table.to_pointer()) {
            let shown = raised_table::shown(table);
            self.message = match place(&self.traceback) {
                Some(place) => format!("{place}: {shown}"),
                None => shown,
            };
        }
    }

    /// Whether the state was full. Lua keeps only the text of an error that has passed a `pcall` or a coroutine.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        self.message.contains(NO_MEMORY)
    }

    /// Message and traceback in one text.
    pub(crate) fn into_text(self) -> String {
        self.into_script_error(ScriptErrorKind::Init).to_string()
    }

    pub(crate) fn into_script_error(self, kind: ScriptErrorKind) -> ScriptError {
        let Self { message, traceback } = self;
        ScriptError {
            kind,
            message,
            traceback,
        }
    }
}

/// mlua's message mentions arguments, but usually other values are too many.
const TOO_MANY_VALUES: &str = "more values are in use than Lua can hold for a VU: wait for some of the tasks, requests and \
                               streams, or use more VUs";

/// The name of the frame of a callback.
const CALLBACK: &str = "in callback";
/// Bundled code that calls callbacks.
const CALLERS: [&str; 2] = ["[ssel] sse:", "[ssel] llm:"];

/// Keeps the frames of the script. Frames of bundled code and of C functions that only pass errors on are removed. Other
/// C functions stay if scripts know them by a global name. mlua provides tracebacks only as text.
fn clean(traceback: &str) -> String {
    let frames = traceback.lines().map(str::trim);
    let frames: Vec<&str> = frames
        .filter(|line| !line.is_empty() && *line != "stack traceback:")
        .collect();
    let is_ours = |line: &str| line.contains(PRELUDE);
    let callers = frames.iter().skip(1).copied().chain([""]);
    let kept = frames
        .iter()
        .zip(callers)
        .filter(|(line, _)| !is_ours(line))
        .filter(|(line, _)| match line.strip_prefix("[C]: in ") {
            Some(name) => name.starts_with("function '") && !PASS_ON.contains(&name),
            None => true,
        })
        .map(|(line, caller)| match line.split_once(": in ") {
            // Otherwise the frame would show an internal name.
            Some((place, _)) if place != "[C]" && CALLERS.iter().any(|c| caller.starts_with(c)) => {
                format!("{place}: {CALLBACK}")
            }
            _ => (*line).to_owned(),
        });
    kept.collect::<Vec<_>>().join("\n")
}

/// The message of an error that bundled code raised, without its place, since that code has no lines.
fn raised_by_prelude(message: &str) -> Option<&str> {
    let (_, what) = message.strip_prefix(PRELUDE)?.split_once(":0: ")?;
    Some(what)
}

/// LuaJIT omits the line of a frame that failed without a call, as in `nil + 1`; the message has it.
fn with_line(traceback: String, message: &str) -> String {
    let Some((file, rest)) = traceback.split_once(": in ") else {
        return traceback;
    };
    let line = message
        .strip_prefix(file)
        .and_then(|rest| rest.strip_prefix(':'));
    let line = line.and_then(|rest| rest.split(':').next());
    match line.filter(|line| line.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(line) => format!("{file}:{line}: in {rest}"),
        None => traceback,
    }
}

/// LuaJIT gives this error no place, and compiled code no line; the next frame of the traceback has one.
fn out_of_memory(traceback: &str) -> String {
    let places = traceback
        .lines()
        .filter_map(|frame| frame.split_once(": in "));
    let lines = places.filter(|(place, _)| place.ends_with(|c: char| c.is_ascii_digit()));
    match lines.map(|(place, _)| place).next() {
        Some(place) => format!("{place}: {OUT_OF_MEMORY}"),
        None => OUT_OF_MEMORY.to_owned(),
    }
}

/// The name of the C function that raised the error, e.g. `set`.
fn callee(traceback: &str) -> Option<&str> {
    let frame = traceback
        .lines()
        .find_map(|line| line.trim().strip_prefix("[C]: in "))?;
    frame.split('\'').nth(1)
}

/// `file:line` of the script's innermost frame.
fn place(traceback: &str) -> Option<&str> {
    let frame = traceback.lines().find(|line| !line.starts_with("[C]"))?;
    frame.split_once(": in ").map(|(place, _)| place)
}

fn begins_with_place(message: &str) -> bool {
    let Some((_, rest)) = message.split_once(".lua:") else {
        return false;
    };
    rest.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlua::{Function, Lua};

    fn raise(source: &str) -> LuaError {
        let lua = Lua::new();
        let native = lua
            .create_function(|_, ()| Err::<(), _>(mlua::Error::runtime("sleep: no")))
            .unwrap();
        lua.globals().set("native", native).unwrap();
        let main: Function = lua.load(source).set_name("@s.lua").into_function().unwrap();
        LuaError::of(
            &lua.create_thread(main)
                .unwrap()
                .resume::<()>(())
                .unwrap_err(),
        )
    }

    #[test]
    fn an_error_of_the_script_keeps_its_place_and_frames() {
        let found = raise("local function f()\n error('boom')\nend\nf()\n");
        assert_eq!(found.message, "s.lua:2: boom");
        assert!(
            found.traceback.starts_with("s.lua:2: in local 'f'\n"),
            "{}",
            found.traceback
        );
    }

    #[test]
    fn errors_of_the_prelude_have_the_place_of_the_script() {
        let text = "[ssel] base:0: no list\nstack traceback:\n\t[ssel] base: in function 'ipairs'\n\ts.lua:3: in function 'default'";
        let found = LuaError::split(text);
        assert_eq!(found.message, "s.lua:3: no list");
        assert_eq!(found.traceback, "s.lua:3: in function 'default'");
    }

    #[test]
    fn an_error_without_a_call_keeps_its_line() {
        let found = raise("local function f()\n return nil + 1\nend\nf()\n");
        assert!(
            found
                .traceback
                .starts_with("s.lua:2: in local 'f'\ns.lua:4: "),
            "{}",
            found.traceback
        );
    }

    #[test]
    fn errors_of_native_functions_have_the_place_of_the_call() {
        let found = raise("local x = 1\nnative()\nx = 2");
        assert_eq!(found.message, "s.lua:2: sleep: no");
        assert_eq!(
            found.traceback,
            "[C]: in function 'native'\ns.lua:2: in main chunk"
        );
    }
}

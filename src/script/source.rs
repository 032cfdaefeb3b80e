//! The text of a script: read, checked, and compiled once for all VUs.

use std::path::Path;

use mlua::{Function, Lua};

use super::{chunk, files, hints};
use crate::error::{ScriptError, ScriptErrorKind};
use crate::options::Source;
use crate::units;

impl Source {
    /// Reads the text.
    ///
    /// # Errors
    /// A file that cannot be read, is empty, or is not a Lua text.
    pub(crate) fn read(&self) -> Result<Vec<u8>, ScriptError> {
        let fail = |what: String| ScriptError::new(ScriptErrorKind::Source, what);
        let bytes = match self {
            Self::Text { text, .. } | Self::Body { text, .. } => text.as_bytes().to_vec(),
            Self::File(path) => read_file(path).map_err(fail)?,
        };
        let name = self.name();
        if bytes.starts_with(b"\x1b") {
            return Err(fail(format!(
                "{name} is Lua bytecode; ssel runs Lua text only, give it the source file"
            )));
        }
        // Editors on Windows write a byte order mark at the start of a file, which Lua does not accept.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        if text.iter().all(u8::is_ascii_whitespace) {
            let needs = match self {
                Self::Body { .. } => "it needs a statement, such as print(now())",
                _ => "a script needs at least a function `default`",
            };
            return Err(fail(format!("{name} is empty; {needs}")));
        }
        Ok(without_shebang(text).to_vec())
    }

    /// Compiles the text in `lua`.
    ///
    /// # Errors
    /// Lua's syntax error.
    pub(crate) fn compile(&self, lua: &Lua, text: &[u8]) -> Result<Function, ScriptError> {
        let compile = |text: &[u8]| {
            chunk::text(lua, text, &self.chunk_name()).map_err(|error| {
                let mut error = ScriptError::from_lua(ScriptErrorKind::Syntax, &error);
                if let Some(remedy) = hints::of_javascript(&self.name(), text) {
                    error.message = format!("{}; {remedy}", error.message);
                }
                error
            })
        };
        let alone = compile(text)?;
        if let Self::Body { .. } = self {
            // Text that compiles alone cannot end the function early; text that does not has been reported above. The
            // line end is for a body that ends in a comment.
            return compile(&[b"function default(...) ", text, b"\nend"].concat());
        }
        Ok(alone)
    }

    pub(crate) fn chunk_name(&self) -> String {
        format!("@{}", self.name())
    }
}

/// Removes a first line such as `#!/usr/bin/env ssel`; the line end stays, so that line numbers are unchanged.
fn without_shebang(text: &[u8]) -> &[u8] {
    if !text.starts_with(b"#") {
        return text;
    }
    let end = text
        .iter()
        .position(|&byte| byte == b'\n')
        .unwrap_or(text.len());
    &text[end..]
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let cannot = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no file {shown}{}", hint(path)),
        std::io::ErrorKind::IsADirectory => format!("{shown} is a folder; name a script in it"),
        _ => format!("cannot read {shown}: {error}"),
    };
    files::read_whole(path).map_err(cannot)
}

/// Suggests a Lua file of a similar name in the same folder.
fn hint(path: &Path) -> String {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let Some(name) = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
    else {
        return String::new();
    };
    let names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "lua")
        })
        .collect();
    match units::nearest(&name, names.iter().map(String::as_str)) {
        Some(nearest) => format!("; did you mean {}?", path.with_file_name(nearest).display()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Source {
        Source::Text {
            name: "t.lua".into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_byte_order_mark_and_a_shebang_are_skipped() {
        let source = text("\u{feff}#!/usr/bin/env ssel\nerror('x')");
        let lua = Lua::new();
        let script = source.compile(&lua, &source.read().unwrap()).unwrap();
        let error = script.call::<()>(()).unwrap_err().to_string();
        assert!(error.contains("t.lua:2: x"), "{error}");
    }

    #[test]
    fn an_invalid_script_is_refused_with_a_remedy() {
        assert!(text(" \n").read().unwrap_err().message.contains("is empty"));
        assert!(
            text("\x1bLJ\x02")
                .read()
                .unwrap_err()
                .message
                .contains("bytecode")
        );
        let missing = Source::File("scripts/ehco.lua".into()).read().unwrap_err();
        assert!(
            missing
                .message
                .starts_with("there is no file scripts/ehco.lua"),
            "{missing}"
        );
        assert!(
            Source::File("src".into())
                .read()
                .unwrap_err()
                .message
                .contains("is a folder")
        );
    }

    #[test]
    fn a_syntax_error_names_file_and_line() {
        let source = text("local x = 1\nlocal = 2");
        let error = source
            .compile(&Lua::new(), &source.read().unwrap())
            .unwrap_err();
        assert_eq!(error.kind, ScriptErrorKind::Syntax);
        assert!(error.message.starts_with("t.lua:2: "), "{error}");
    }
}

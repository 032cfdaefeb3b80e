//! `ssel new`: writes a script to start from, and files for editors.

mod stubs;

use std::fs;
use std::io::{Error, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::stubs::STUBS;
use crate::error;
use crate::output::Terminal;

const SCRIPT: &str = include_str!("script.lua");
const SETTINGS: &str = include_str!("luarc.json");
const LUACHECK: &str = include_str!("luacheckrc.lua");
/// The folder of editor definitions, beside the script; [`SETTINGS`] names it.
const META: &str = ".ssel/meta";

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ssel new chat.lua && ssel run chat.lua

Writes the script, .luarc.json, .luacheckrc and editor definitions of the Lua API. Existing scripts and settings are kept.")]
pub(in crate::cli) struct New {
    /// File to write the script to
    #[arg(default_value = "script.lua")]
    file: PathBuf,
}

impl New {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, error::Error> {
        let script = &with_ending(&self.file);
        let shown = script.display().to_string();
        let folder = script.parent().unwrap_or(Path::new(""));
        let meta = folder.join(META);
        if self.file.is_dir() {
            return Err(refused(
                &self.file,
                Error::other("it is a folder; name a file in it"),
            ));
        }
        fs::create_dir_all(folder).map_err(|error| refused(folder, error))?;
        if !write_new(script, &SCRIPT.replace("SCRIPT", &shown))? {
            let remedy = "it already exists; choose another name";
            return Err(refused(script, Error::other(remedy)));
        }
        fs::create_dir_all(&meta).map_err(|error| refused(&meta, error))?;
        let settings = folder.join(".luarc.json");
        let settings_kept = !write_new(&settings, SETTINGS)?;
        write_new(&folder.join(".luacheckrc"), LUACHECK)?;
        let mut renewed = false;
        for (name, text) in STUBS {
            renewed |= renew(&meta.join(format!("{name}.lua")), text)?;
        }

        terminal.print(&format!(
            "created {shown}; run it with: ssel run {shown}\n\
         Editors with a Lua language server now complete the API of scripts."
        ));
        if renewed {
            terminal.print(&format!(
                "updated the definitions in {} to this version of ssel",
                meta.display()
            ));
        }
        if settings_kept && !fs::read_to_string(&settings).is_ok_and(|text| text.contains(META)) {
            terminal.warn(&format!(
            "{} exists and was not changed; for an editor, add {META:?} to its \"workspace.library\"",
            settings.display()
        ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Checks that the name of a script ends in `.lua`.
fn with_ending(path: &Path) -> PathBuf {
    if path.extension().is_some_and(|ending| ending == "lua") || path.file_name().is_none() {
        return path.to_owned();
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lua");
    name.into()
}

/// Writes a file of ssel; returns whether it had other content.
fn renew(path: &Path, text: &str) -> Result<bool, error::Error> {
    if write_new(path, text)? || fs::read(path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(false);
    }
    fs::write(path, text).map_err(|error| refused(path, error))?;
    Ok(true)
}

/// Writes a file unless it exists; returns whether it was written.
fn write_new(path: &Path, text: &str) -> Result<bool, error::Error> {
    let written = fs::File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(refused(path, error)),
    }
}

fn refused(path: &Path, source: Error) -> error::Error {
    let what = format!("cannot write {}", path.display());
    error::Error::Io { what, source }
}

//! `ssel new`: a script to start from, and what an editor wants to know.

mod stubs;

use std::fs;
use std::io::{Error, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use self::stubs::STUBS;
use super::super::args::New;
use crate::error;
use crate::output::Terminal;

const SCRIPT: &str = include_str!("script.lua");
const SETTINGS: &str = include_str!("luarc.json");
/// Where the editor's definitions go, beside the script; [`SETTINGS`] names it.
const META: &str = ".ssel/meta";

pub(in crate::cli) fn new(args: &New, terminal: &Terminal) -> Result<ExitCode, error::Error> {
    let script = &args.file;
    let shown = script.display().to_string();
    let folder = script.parent().unwrap_or(Path::new(""));
    let meta = folder.join(META);
    if script.is_dir() {
        return Err(refused(
            script,
            Error::other("it is a folder; name a file in it"),
        ));
    }
    fs::create_dir_all(folder).map_err(|error| refused(folder, error))?;
    if !write_new(script, &SCRIPT.replace("SCRIPT", &shown))? {
        let remedy = "it is there already and stays as it is; name another file";
        return Err(refused(script, Error::other(remedy)));
    }
    fs::create_dir_all(&meta).map_err(|error| refused(&meta, error))?;
    let settings = folder.join(".luarc.json");
    let settings_kept = !write_new(&settings, SETTINGS)?;
    let mut outdated = false;
    for (name, text) in STUBS {
        let path = meta.join(format!("{name}.lua"));
        let kept = !write_new(&path, text)?;
        outdated |= kept && fs::read(&path).is_ok_and(|found| found != text.as_bytes());
    }

    terminal.print(&format!(
        "{shown} is there; run it with: ssel run {shown}\n\
         With a Lua language server, an editor now completes what scripts can use."
    ));
    if settings_kept && !fs::read_to_string(&settings).is_ok_and(|text| text.contains(META)) {
        terminal.warn(&format!(
            "{} exists and stays as it is; for an editor, add {META:?} to its \"workspace.library\"",
            settings.display()
        ));
    }
    if outdated {
        terminal.warn(&format!(
            "{} has definitions of another version of ssel, which stay as they are; \
             remove the folder before the next ssel new to get those of this one",
            meta.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a file unless there is one; whether it was written.
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

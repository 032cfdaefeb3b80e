//! `data`: arrays loaded once per process and read by every VU without holding a copy.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::rc::Rc;

use mlua::{Function, Lua, Value};

use super::super::args;
use super::super::context::{Context, Stage};
use super::super::convert::Plain;
use super::super::error::Described;
use super::super::files;
use super::super::shared_data::SharedArray;
use super::super::state::MEMORY_LIMIT;

/// The table `data`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let data = lua.create_table()?;
    let ctx = Rc::clone(context);
    data.set(
        "shared",
        lua.create_function(move |lua, (name, make): (Value, Value)| {
            let name = args::text("data.shared", "argument 1 (name)", &name)?;
            let Value::Function(make) = make else {
                return Err(args::wrong_type(
                    "data.shared",
                    "argument 2",
                    "a function",
                    &make,
                ));
            };
            keep(&ctx, "data.shared", &name, &name, || make_array(lua, &make))
        })?,
    )?;
    for (name, read) in [
        (
            "data.json",
            read_json as fn(&Path) -> Result<Vec<Plain>, String>,
        ),
        ("data.jsonl", read_jsonl),
        ("data.csv", read_csv),
    ] {
        let ctx = Rc::clone(context);
        let function = lua.create_function(move |_, path: Value| {
            let path = args::text(name, "argument 1 (path)", &path)?;
            let full = ctx.process.folder.join(&path);
            ctx.process.note_file(&full);
            keep(
                &ctx,
                name,
                &path,
                &format!("{name}:{}", full.display()),
                || read(&full).map_err(|error| format!("{}: {error}", full.display())),
            )
        })?;
        data.set(name.trim_start_matches("data."), function)?;
    }
    Ok(Value::Table(data))
}

/// The shared array under `key`, loaded if nobody has yet.
pub(super) fn keep(
    context: &Context,
    function: &str,
    name: &str,
    key: &str,
    load: impl FnOnce() -> Result<Vec<Plain>, String>,
) -> mlua::Result<SharedArray> {
    if context.stage.get() != Stage::Init {
        return Err(args::misuse(
            function,
            "works in the init stage only: call it at the script's top level",
        ));
    }
    let items = context
        .process
        .data
        .get_or_load(key, load)
        .map_err(|error| args::misuse(function, error))?;
    Ok(SharedArray {
        name: name.to_owned(),
        items,
    })
}

/// Runs the script's function outside the memory limit: what it builds leaves this state at once.
fn make_array(lua: &Lua, make: &Function) -> Result<Vec<Plain>, String> {
    let text = |error: mlua::Error| Described::of(&error).into_text();
    lua.set_memory_limit(0).map_err(text)?;
    let array = make.call::<Value>(()).map_err(text).and_then(|value| {
        match Plain::from_lua(&value).map_err(|what| format!("{what} cannot be copied"))? {
            Plain::Array(items) => Ok(items.into_vec()),
            _ => Err(format!(
                "the function must return an array, got {}",
                args::shown(&value)
            )),
        }
    });
    // Twice, because the first round only finalises what the second frees.
    lua.gc_collect()
        .and_then(|()| lua.gc_collect())
        .map_err(text)?;
    lua.set_memory_limit(MEMORY_LIMIT).map_err(text)?;
    array
}

fn read_json(path: &Path) -> Result<Vec<Plain>, String> {
    let file = files::open(path).map_err(|error| error.to_string())?;
    let value: Plain =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| error.to_string())?;
    match value {
        Plain::Array(items) => Ok(items.into_vec()),
        _ => Err("the file must hold one JSON array".into()),
    }
}

fn read_jsonl(path: &Path) -> Result<Vec<Plain>, String> {
    let file = BufReader::new(files::open(path).map_err(|error| error.to_string())?);
    let mut items = Vec::new();
    for (i, line) in file.lines().enumerate() {
        let line = line.map_err(|error| error.to_string())?;
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        items.push(serde_json::from_str(line).map_err(|error| format!("line {}: {error}", i + 1))?);
    }
    Ok(items)
}

/// One table per row, keyed by the names in the first line.
fn read_csv(path: &Path) -> Result<Vec<Plain>, String> {
    let file = files::open(path).map_err(|error| error.to_string())?;
    let mut reader = csv::Reader::from_reader(file);
    let bytes = |field: &[u8]| Plain::Bytes(field.into());
    let names: Vec<Plain> = reader
        .byte_headers()
        .map_err(|e| e.to_string())?
        .iter()
        .map(bytes)
        .collect();
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let record = record.map_err(|error| error.to_string())?;
        rows.push(Plain::Map(
            names
                .iter()
                .cloned()
                .zip(record.iter().map(bytes))
                .collect(),
        ));
    }
    Ok(rows)
}

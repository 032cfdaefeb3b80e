//! `data`: arrays that are loaded once per process and shared by all VUs.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::rc::Rc;

use mlua::{Function, Lua, Value};

use super::super::args;
use super::super::context::Context;
use super::super::convert::Plain;
use super::super::error::LuaError;
use super::super::files;
use super::super::native::Functions;
use super::super::shared_data::SharedArray;
use super::super::state::MEMORY_LIMIT;

/// Reads the array of a file.
type ReadArray = fn(&Path) -> Result<Vec<Plain>, String>;

/// The table `data`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let data = Functions::new(lua, context)?;
    data.add("shared", |lua, ctx, (name, make): (Value, Value)| {
        const NAME: &str = "data.shared";
        let name = args::text(NAME, "argument 1 (name)", &name)?;
        let Value::Function(make) = make else {
            return Err(args::wrong_type(NAME, "argument 2", "a function", &make));
        };
        keep(ctx, NAME, &name, &name, || make_array(lua, &make))
    })?;
    let readers: [(&str, ReadArray); 3] = [
        ("data.json", read_json),
        ("data.jsonl", read_jsonl),
        ("data.csv", read_csv),
    ];
    for (name, read) in readers {
        let short = name.trim_start_matches("data.");
        data.add(short, move |_, ctx, path: Value| {
            let path = args::text(name, "argument 1 (path)", &path)?;
            let full = ctx.process.folder.join(&path);
            ctx.process.note_file(&full);
            let key = format!("{name}:{}", full.display());
            keep(ctx, name, &path, &key, || {
                read(&full).map_err(|error| format!("cannot read {}: {error}", full.display()))
            })
        })?;
    }
    Ok(Value::Table(data.table))
}

/// The shared array under `key`; the first caller loads it.
pub(super) fn keep(
    context: &Context,
    function: &str,
    name: &str,
    key: &str,
    load: impl FnOnce() -> Result<Vec<Plain>, String>,
) -> mlua::Result<SharedArray> {
    context.require_init(function, "call it at the script's top level")?;
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

/// Runs the script's function without the memory limit: its result leaves this state immediately.
fn make_array(lua: &Lua, make: &Function) -> Result<Vec<Plain>, String> {
    let text = |error: mlua::Error| LuaError::of(&error).into_text();
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
    // Twice, because the first collection only runs finalizers.
    lua.gc_collect()
        .and_then(|()| lua.gc_collect())
        .map_err(text)?;
    lua.set_memory_limit(MEMORY_LIMIT).map_err(text)?;
    array
}

fn read_json(path: &Path) -> Result<Vec<Plain>, String> {
    let file = files::open(path).map_err(|error| error.to_string())?;
    let value: serde_json::Value =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| error.to_string())?;
    match Plain::from(value) {
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
        let value: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("line {}: {error}", i + 1))?;
        items.push(value.into());
    }
    Ok(items)
}

/// One table per row; its keys are the names in the first line.
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
        let fields = names.iter().cloned().zip(record.iter().map(bytes));
        rows.push(Plain::Map(fields.collect()));
    }
    Ok(rows)
}

//! Reads files of start times before options are resolved.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::error::Error;
use crate::options::{Layer, OptionOrigin, parse_starts};

/// Replaces each file name by its start times. Paths in a script are relative to `folder`, others to the current folder.
///
/// # Errors
/// A file that cannot be read, or its first line without a time.
pub(super) fn read_files(layers: &mut [Layer], folder: &Path) -> Result<(), Error> {
    for entry in layers.iter_mut().flat_map(|layer| &mut layer.entries) {
        let from = match entry.origin {
            OptionOrigin::Script(_) => folder,
            _ => Path::new(""),
        };
        let path: Vec<&str> = entry.path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["scenarios"] => {
                for scenario in entry.value.as_object_mut().into_iter().flatten() {
                    if let Some(data) = scenario.1.get_mut("data") {
                        read(data, from)?;
                    }
                }
            }
            ["scenarios", _] => {
                if let Some(data) = entry.value.get_mut("data") {
                    read(data, from)?;
                }
            }
            ["scenarios", _, "data"] => read(&mut entry.value, from)?,
            _ => {}
        }
    }
    Ok(())
}

fn read(data: &mut Value, folder: &Path) -> Result<(), Error> {
    let Value::String(name) = data else {
        return Ok(());
    };
    let path = folder.join(name.as_str());
    let text = fs::read_to_string(&path).map_err(|error| {
        Error::Usage(format!(
            "cannot read the start times in {}: {error}",
            path.display()
        ))
    })?;
    let starts =
        parse_starts(&text).map_err(|what| Error::Usage(format!("{}: {what}", path.display())))?;
    *data = starts.into();
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_file_name_is_replaced_by_its_start_times() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("starts.txt"), "0\n0.5\n").unwrap();
        let script = OptionOrigin::Script("a.lua".to_owned());
        let read = |name: &str| {
            let table =
                json!({"scenarios": {"a": {"executor": "replay", "data": name}, "b": {"vus": 1}}});
            let mut layers = [Layer::from_json(table, &script).unwrap()];
            read_files(&mut layers, folder.path()).map(|()| layers[0].entries[0].value.clone())
        };
        assert_eq!(read("starts.txt").unwrap()["a"]["data"], json!([0.0, 0.5]));
        let error = read("none.txt").unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read the start times in "),
            "{error}"
        );
        fs::write(folder.path().join("bad.txt"), "0\nsoon\n").unwrap();
        let error = read("bad.txt").unwrap_err().to_string();
        assert!(
            error.contains("bad.txt: line 2: \"soon\" is not a start time"),
            "{error}"
        );
    }
}

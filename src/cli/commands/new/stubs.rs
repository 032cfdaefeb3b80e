//! The editor definitions of `docs/lua/meta`.

macro_rules! stubs {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../../../docs/lua/meta/", $name, ".lua")))),*]
    };
}

/// The names of the definitions, without `.lua`, and their texts.
pub(super) const STUBS: &[(&str, &str)] = stubs! {
    "check"
    "cjson"
    "cjson_safe"
    "data"
    "env"
    "exec"
    "fail"
    "group"
    "http"
    "io"
    "json"
    "llm"
    "metrics"
    "now"
    "open"
    "options"
    "os"
    "print"
    "report"
    "sleep"
    "spawn"
    "sse"
    "ssel"
    "target"
    "wrk"
};

#[cfg(test)]
mod tests {
    use super::STUBS;

    #[test]
    fn all_definitions_are_included() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lua/meta");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let table: Vec<String> = STUBS
            .iter()
            .map(|(name, _)| format!("{name}.lua"))
            .collect();
        assert_eq!(table, files);
    }
}

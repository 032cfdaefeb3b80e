//! Kubernetes manifests of a run.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::yaml::{block, quoted};

/// The largest size of a `ConfigMap`, in bytes.
const MOST: usize = 1 << 20;
/// The port on which part 0 listens for the other parts, unless another one is given.
pub(crate) const PORT: u16 = 7735;

/// A run on Kubernetes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manifests {
    /// The name of the Job and of its other resources.
    pub name: String,
    /// The namespace; `None` for that of kubectl's context.
    pub namespace: Option<String>,
    /// The number of parts.
    pub parts: u32,
    /// The image, which has `ssel` in its path.
    pub image: String,
    /// Processor time of each part, as Kubernetes writes it.
    pub cpu: Option<String>,
    /// Memory of each part, as Kubernetes writes it.
    pub memory: Option<String>,
    /// The script and the files that it reads, by their paths relative to its folder.
    pub files: Vec<(String, Vec<u8>)>,
    /// The arguments of `ssel` in each part.
    pub arguments: Vec<String>,
}

impl Manifests {
    /// The folder of the files in the container.
    pub(crate) const FOLDER: &str = "/test";
    /// The longest name that leaves room for the suffixes of pod names.
    pub(crate) const LONGEST: usize = 52;

    /// The Job, the headless Service and the `ConfigMap`, as three documents of YAML.
    ///
    /// # Errors
    /// The files are too large.
    pub(crate) fn yaml(&self) -> Result<String, String> {
        let size: usize = self.files.iter().map(|(_, content)| content.len()).sum();
        if size > MOST {
            return Err(format!(
                "the script and the files that it reads have {} KiB, and a ConfigMap holds 1,024: put them into the image",
                size.div_ceil(1024)
            ));
        }
        let keys = self.keys();
        let arguments = self.arguments.iter();
        let items = keys.iter().zip(&self.files);
        Ok(format!(
            include_str!("manifests.yaml"),
            name = quoted(&self.name),
            namespace = self
                .namespace
                .as_deref()
                .map_or_else(String::new, |name| format!(
                    "\n  namespace: {}",
                    quoted(name)
                )),
            files = self.data(&keys),
            port = PORT,
            parts = self.parts,
            image = quoted(&self.image),
            arguments = joined(arguments.map(|text| format!("            - {}\n", quoted(text)))),
            address = quoted(&format!("{0}-0.{0}:{PORT}", self.name)),
            token = quoted(&format!("{}-token", self.name)),
            resources = self.resources(),
            folder = Self::FOLDER,
            items = joined(items.map(|(key, (path, _))| {
                let (key, path) = (quoted(key), quoted(path));
                format!("              - key: {key}\n                path: {path}\n")
            })),
        ))
    }

    /// The keys of the files, which cannot contain folders.
    fn keys(&self) -> Vec<String> {
        let mut taken = BTreeSet::new();
        let mut keys = Vec::new();
        for (path, _) in &self.files {
            let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-._".contains(*c);
            let plain = path.chars().map(|c| if is_plain(&c) { c } else { '_' });
            let mut key: String = plain.take(200).collect();
            while !taken.insert(key.clone()) {
                key.push('_');
            }
            keys.push(key);
        }
        keys
    }

    /// The contents of the `ConfigMap`.
    fn data(&self, keys: &[String]) -> String {
        let (mut texts, mut binaries) = (String::new(), String::new());
        for (key, (_, content)) in keys.iter().zip(&self.files) {
            let _ = if let Ok(text) = str::from_utf8(content) {
                writeln!(texts, "  {}: {}", quoted(key), block(text, 4))
            } else {
                writeln!(binaries, "  {}: {}", quoted(key), STANDARD.encode(content))
            };
        }
        let sections = [("data", texts), ("binaryData", binaries)];
        let sections = sections.iter().filter(|(_, entries)| !entries.is_empty());
        joined(sections.map(|(name, entries)| format!("{name}:\n{entries}")))
    }

    fn resources(&self) -> String {
        let amounts = [("cpu", &self.cpu), ("memory", &self.memory)];
        let amounts = joined(amounts.into_iter().filter_map(|(name, amount)| {
            let amount = quoted(amount.as_deref()?);
            Some(format!("              {name}: {amount}\n"))
        }));
        if amounts.is_empty() {
            return amounts;
        }
        format!(
            "          resources:\n            requests:\n{amounts}            limits:\n{amounts}"
        )
    }
}

fn joined(lines: impl Iterator<Item = String>) -> String {
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifests(files: &[(&str, &[u8])]) -> Manifests {
        let files = files
            .iter()
            .map(|(path, content)| ((*path).to_owned(), content.to_vec()));
        Manifests {
            name: "chat".to_owned(),
            parts: 2,
            image: "registry/ssel:1".to_owned(),
            files: files.collect(),
            arguments: vec!["run".to_owned(), "/test/script.lua".to_owned()],
            ..Manifests::default()
        }
    }

    #[test]
    fn files_have_the_paths_that_the_script_expects() {
        let yaml = manifests(&[
            ("script.lua", b"return {}\n"),
            ("lib/a.lua", b"x"),
            ("lib_a.lua", b"y"),
            ("bytes", &[0xff, 0, 1]),
        ])
        .yaml()
        .unwrap();
        for line in [
            "  \"script.lua\": |\n    return {}\n",
            "  \"lib_a.lua\": |-\n    x\n",
            "  \"lib_a.lua_\": |-\n    y\n",
            "binaryData:\n  \"bytes\": /wAB\n",
            "- key: \"lib_a.lua\"\n                path: \"lib/a.lua\"\n",
            "- key: \"lib_a.lua_\"\n                path: \"lib_a.lua\"\n",
        ] {
            assert!(yaml.contains(line), "{line}\n{yaml}");
        }
    }

    #[test]
    fn files_that_are_too_large_are_refused() {
        let error = manifests(&[("script.lua", &vec![b'-'; MOST + 1])])
            .yaml()
            .unwrap_err();
        assert!(
            error.contains("1025 KiB, and a ConfigMap holds 1,024"),
            "{error}"
        );
    }
}

//! A run as a Job of Kubernetes: text for `kubectl apply`.

use std::collections::BTreeSet;
use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::yaml::{block, quoted};

/// The most that a `ConfigMap` holds, in bytes.
const MOST: usize = 1 << 20;
/// The port on which the first part hears the others.
const PORT: u16 = 7735;

/// What runs, and where.
#[derive(Debug, Clone, Default)]
pub struct Manifests {
    /// The name of the Job and of all that belongs to it.
    pub name: String,
    /// The namespace; that of the context of kubectl if there is none.
    pub namespace: Option<String>,
    /// How many parts.
    pub parts: u32,
    /// The image, in which `ssel` is in the path.
    pub image: String,
    /// Processor time of each part, as Kubernetes writes it.
    pub cpu: Option<String>,
    /// Memory of each part, as Kubernetes writes it.
    pub memory: Option<String>,
    /// The script and the files that it reads, by their paths under its folder.
    pub files: Vec<(String, Vec<u8>)>,
    /// What follows `ssel` in each part.
    pub arguments: Vec<String>,
}

impl Manifests {
    /// Where the files lie in the container.
    pub const FOLDER: &str = "/test";
    /// The longest name from which names of pods can be made.
    pub const LONGEST: usize = 52;

    /// The Job, the headless Service and the `ConfigMap`, as three documents of YAML.
    ///
    /// # Errors
    /// Files that are too large.
    pub fn yaml(&self) -> Result<String, String> {
        let size: usize = self.files.iter().map(|(_, content)| content.len()).sum();
        if size > MOST {
            return Err(format!(
                "the script and the files that it reads have {} KiB, and a ConfigMap holds 1,024: put them into the image",
                size.div_ceil(1024)
            ));
        }
        Ok(format!(
            "{}---\n{}---\n{}",
            self.config_map(),
            self.service(),
            self.job()
        ))
    }

    fn metadata(&self) -> String {
        let mut text = format!("metadata:\n  name: {}\n", quoted(&self.name));
        if let Some(namespace) = &self.namespace {
            let _ = writeln!(text, "  namespace: {}", quoted(namespace));
        }
        let _ = writeln!(text, "  labels:\n    app.kubernetes.io/name: ssel");
        text
    }

    /// Files by their keys, which have no folders.
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

    fn config_map(&self) -> String {
        let mut text = format!(
            "# The script and what it reads.\napiVersion: v1\nkind: ConfigMap\n{}",
            self.metadata()
        );
        let files = || self.keys().into_iter().zip(&self.files);
        let texts: Vec<_> = files()
            .filter_map(|(key, (_, content))| Some((key, std::str::from_utf8(content).ok()?)))
            .collect();
        if !texts.is_empty() {
            text.push_str("data:\n");
            for (key, content) in texts {
                let _ = writeln!(text, "  {}: {}", quoted(&key), block(content, 4));
            }
        }
        let binary: Vec<_> = files()
            .filter(|(_, (_, content))| std::str::from_utf8(content).is_err())
            .collect();
        if !binary.is_empty() {
            text.push_str("binaryData:\n");
            for (key, (_, content)) in binary {
                let _ = writeln!(text, "  {}: {}", quoted(&key), STANDARD.encode(content));
            }
        }
        text
    }

    fn service(&self) -> String {
        format!(
            "# Gives each pod a name, so that the parts find the first one.\napiVersion: v1\nkind: Service\n{}spec:\n  \
             clusterIP: None\n  publishNotReadyAddresses: true\n  selector:\n    job-name: {name}\n  ports:\n    \
             - name: parts\n      port: {PORT}\n",
            self.metadata(),
            name = quoted(&self.name),
        )
    }

    fn job(&self) -> String {
        let (name, parts) = (quoted(&self.name), self.parts);
        let mut text = format!(
            "apiVersion: batch/v1\nkind: Job\n{}spec:\n  completions: {parts}\n  parallelism: {parts}\n  \
             completionMode: Indexed\n  # A part that ends with another exit code than 0, as one with a crossed threshold does, \
             is not run again,\n  # and the others go on.\n  backoffLimitPerIndex: 0\n  template:\n    metadata:\n      \
             labels:\n        app.kubernetes.io/name: ssel\n    spec:\n      restartPolicy: Never\n      subdomain: {name}\n      \
             # A machine for each part, if there are enough.\n      topologySpreadConstraints:\n        - maxSkew: 1\n          \
             topologyKey: kubernetes.io/hostname\n          whenUnsatisfiable: ScheduleAnyway\n          labelSelector:\n            \
             matchLabels:\n              job-name: {name}\n      containers:\n        - name: ssel\n          image: {}\n          \
             command: [ssel]\n          args:\n",
            self.metadata(),
            quoted(&self.image),
        );
        for argument in &self.arguments {
            let _ = writeln!(text, "            - {}", quoted(argument));
        }
        let _ = write!(
            text,
            "          env:\n            - name: SSEL_PARTS\n              value: \"{parts}\"\n            \
             # The same in all pods of this Job, and in no other.\n            - name: SSEL_RUN_ID\n              valueFrom:\n                \
             fieldRef:\n                  fieldPath: metadata.labels['batch.kubernetes.io/controller-uid']\n            \
             - name: SSEL_JOIN\n              value: {}\n            - name: SSEL_JOIN_TOKEN\n              valueFrom:\n                \
             secretKeyRef:\n                  name: {}\n                  key: token\n",
            quoted(&format!("{0}-0.{0}:{PORT}", self.name)),
            quoted(&format!("{}-token", self.name)),
        );
        let resources = [("cpu", &self.cpu), ("memory", &self.memory)];
        let resources: Vec<String> = resources
            .into_iter()
            .filter_map(|(name, amount)| Some(format!("{name}: {}", quoted(amount.as_deref()?))))
            .collect();
        if !resources.is_empty() {
            let of = |kind: &str| {
                format!(
                    "            {kind}:\n              {}\n",
                    resources.join("\n              ")
                )
            };
            let _ = write!(
                text,
                "          resources:\n{}{}",
                of("requests"),
                of("limits")
            );
        }
        let _ = write!(
            text,
            "          volumeMounts:\n            - name: test\n              mountPath: {}\n              readOnly: true\n      \
             volumes:\n        - name: test\n          configMap:\n            name: {name}\n            items:\n",
            Self::FOLDER,
        );
        for (key, (path, _)) in self.keys().iter().zip(&self.files) {
            let _ = writeln!(
                text,
                "              - key: {}\n                path: {}",
                quoted(key),
                quoted(path)
            );
        }
        text
    }
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
    fn files_are_where_the_script_looks_for_them() {
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
    fn what_does_not_fit_is_refused() {
        let error = manifests(&[("script.lua", &vec![b'-'; MOST + 1])])
            .yaml()
            .unwrap_err();
        assert!(
            error.contains("1025 KiB, and a ConfigMap holds 1,024"),
            "{error}"
        );
    }
}

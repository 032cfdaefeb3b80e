//! `ssel k8s`: a run as a Kubernetes Job.

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use super::super::flags::{Parsed, whole, wrong};
use crate::app;
use crate::error::Error;
use crate::options::Source;
use crate::output::Terminal;
use crate::parts::Manifests;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ssel k8s chat.lua -n 8 --image registry.example/ssel:1 --cpu 2 -- -d 10m | kubectl apply -f -

Documentation:
  docs/scale-out.md")]
pub(in crate::cli) struct K8s {
    /// Lua script; the manifests include the files that it reads at its top level
    script: PathBuf,

    /// Number of parts of the load, one pod each
    #[arg(short = 'n', long, value_name = "N", allow_hyphen_values = true, value_parser = whole::<u32>(1..=100_000))]
    parts: u32,

    /// Container image with `ssel` in its PATH
    #[arg(long, value_name = "IMAGE")]
    image: String,

    /// Name of the Job [default: that of the script]
    #[arg(long, value_name = "NAME", value_parser = label::<{ Manifests::LONGEST }>)]
    name: Option<String>,

    /// Namespace of the Job [default: that of the context of kubectl]
    #[arg(long, value_name = "NAME", value_parser = label::<63>)]
    namespace: Option<String>,

    /// CPU of each pod, e.g. 2 or 500m
    #[arg(long, value_name = "AMOUNT", value_parser = quantity)]
    cpu: Option<String>,

    /// Memory of each pod, e.g. 1Gi
    #[arg(long, value_name = "AMOUNT", value_parser = quantity)]
    memory: Option<String>,

    /// Flags for `ssel run` in each pod, after --
    #[arg(last = true, value_name = "FLAGS")]
    flags: Vec<String>,
}

impl K8s {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        let (folder, script) = split(&self.script)?;
        let job = app::Job::script(Source::File(self.script.clone()));
        let read = app::Inspection::new(job, terminal)?.files_read();
        let script_in_pod = format!("{}/{script}", Manifests::FOLDER);
        let mut files = vec![(script, content(&self.script)?)];
        for path in read {
            files.push((inside(&folder, &path)?, content(&path)?));
        }
        let mut arguments = vec!["run".to_owned(), script_in_pod];
        arguments.extend(self.flags.iter().cloned());
        let manifests = Manifests {
            name: self.name.clone().unwrap_or_else(|| self.name_of_script()),
            namespace: self.namespace.clone(),
            parts: self.parts,
            image: self.image.clone(),
            cpu: self.cpu.clone(),
            memory: self.memory.clone(),
            files,
            arguments,
        };
        terminal.write(&manifests.yaml().map_err(Error::Usage)?);
        Ok(ExitCode::SUCCESS)
    }

    /// A name derived from that of the script.
    fn name_of_script(&self) -> String {
        let stem = self
            .script
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy();
        let plain = stem
            .to_lowercase()
            .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let plain = plain.trim_matches('-');
        let named = if plain.starts_with(|c: char| c.is_ascii_lowercase()) {
            plain.to_owned()
        } else {
            format!("ssel-{plain}")
        };
        let short: String = named.chars().take(Manifests::LONGEST).collect();
        short.trim_matches('-').to_owned()
    }
}

/// The folder of the script, and its name there.
fn split(script: &Path) -> Result<(PathBuf, String), Error> {
    let name = script.file_name().and_then(|name| name.to_str());
    let Some(name) = name.filter(|name| *name != "-") else {
        return Err(Error::Usage(format!(
            "{} is not a file: a ConfigMap is made of files",
            script.display()
        )));
    };
    let folder = script.parent().unwrap_or(Path::new("")).to_owned();
    Ok((folder, name.to_owned()))
}

/// The path of a file under the folder of the script.
fn inside(folder: &Path, path: &Path) -> Result<String, Error> {
    let plain = |path: &Path| {
        path.components()
            .all(|part| matches!(part, Component::Normal(_)))
    };
    let under = path.strip_prefix(folder).ok().filter(|path| plain(path));
    let under = under.and_then(Path::to_str);
    under.map(str::to_owned).ok_or_else(|| {
        Error::Usage(format!(
            "the script reads {}, which is outside its folder: move it there, or put both into the image",
            path.display()
        ))
    })
}

fn content(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Io {
        what: format!("cannot read {}", path.display()),
        source,
    })
}

/// A name for Kubernetes, of at most `LONGEST` characters.
fn label<const LONGEST: usize>(text: &str) -> Parsed<String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(is_plain)
        && !text.ends_with('-')
        && text.len() <= LONGEST;
    let remedy = || {
        format!(
            "use lowercase letters, digits and -, beginning with a letter, at most {LONGEST} characters"
        )
    };
    is_label
        .then(|| text.to_owned())
        .ok_or_else(|| wrong(text, &remedy()))
}

/// Parses an amount of processor time or memory in the notation of Kubernetes.
fn quantity(text: &str) -> Parsed<String> {
    const UNITS: [&str; 14] = [
        "", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let is_positive = number.parse::<f64>().is_ok_and(|number| number > 0.0);
    let is_quantity = is_positive && UNITS.contains(&unit);
    is_quantity
        .then(|| text.to_owned())
        .ok_or_else(|| wrong(text, "use a Kubernetes quantity, such as 2, 500m or 1Gi"))
}

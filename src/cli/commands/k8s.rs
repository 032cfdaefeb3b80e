//! `ssel k8s`: a run as a Kubernetes Job.

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use super::super::args::K8s;
use crate::app;
use crate::error::Error;
use crate::output::Terminal;
use crate::parts::{Manifests, Part};
use crate::script::Source;

pub(in crate::cli) fn k8s(args: &K8s, terminal: &Terminal) -> Result<ExitCode, Error> {
    let parts = parts(&args.parts)?;
    let name = name(args)?;
    let namespace = args.namespace.as_deref();
    let namespace = namespace.map(|name| label("--namespace", name, 63));
    let cpu = args.cpu.as_deref();
    let memory = args.memory.as_deref();
    let (folder, script) = split(&args.script)?;
    let read = app::files_read(&app::Job::new(Source::File(args.script.clone())), terminal)?;
    let script_in_pod = format!("{}/{script}", Manifests::FOLDER);
    let mut files = vec![(script, content(&args.script)?)];
    for path in read {
        files.push((inside(&folder, &path)?, content(&path)?));
    }
    let mut arguments = vec!["run".to_owned(), script_in_pod];
    arguments.extend(args.flags.iter().cloned());
    let manifests = Manifests {
        name,
        namespace: namespace.transpose()?,
        parts,
        image: args.image.clone(),
        cpu: cpu.map(|text| quantity("--cpu", text)).transpose()?,
        memory: memory.map(|text| quantity("--memory", text)).transpose()?,
        files,
        arguments,
    };
    terminal.write(&manifests.yaml().map_err(Error::Usage)?);
    Ok(ExitCode::SUCCESS)
}

fn parts(text: &str) -> Result<u32, Error> {
    let count = text.parse().ok().and_then(|count| Part::new(0, count).ok());
    count.map(Part::count).ok_or_else(|| Error::Flag {
        flag: "--parts",
        got: text.to_owned(),
        remedy: "use a whole number from 1 to 100000",
    })
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
            "the script reads {}, which does not lie under its folder: move it there, or put both into the image",
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

/// The name that was given, or one made of that of the script.
fn name(args: &K8s) -> Result<String, Error> {
    if let Some(name) = &args.name {
        return label("--name", name, Manifests::LONGEST);
    }
    let stem = args
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
    Ok(short.trim_matches('-').to_owned())
}

fn label(flag: &'static str, text: &str, longest: usize) -> Result<String, Error> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_label = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(is_plain)
        && !text.ends_with('-')
        && text.len() <= longest;
    if is_label {
        return Ok(text.to_owned());
    }
    Err(Error::Usage(format!(
        "{flag} cannot be {text:?}: use small letters, digits and -, a letter first, {longest} at most"
    )))
}

fn quantity(flag: &'static str, text: &str) -> Result<String, Error> {
    const UNITS: [&str; 14] = [
        "", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei",
    ];
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let is_positive = number.parse::<f64>().is_ok_and(|number| number > 0.0);
    if is_positive && UNITS.contains(&unit) {
        return Ok(text.to_owned());
    }
    Err(Error::Flag {
        flag,
        got: text.to_owned(),
        remedy: "use an amount as Kubernetes has them, such as 2, 500m or 1Gi",
    })
}

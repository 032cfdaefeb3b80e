//! The attributes of the resource, and the standard environment variables.

use percent_encoding::percent_decode_str;

use super::attributes::text;
use super::proto::common::{KeyValue, Resource};
use crate::push::{RunContext, SettingsError};

/// The resource of a run. Settings override the environment, which overrides the facts of the run.
pub(super) fn resource(about: &RunContext, environment: &[Pair], stated: &[Pair]) -> Resource {
    let part = about.run.part.map(|part| part.index().to_string());
    let instance = match &part {
        Some(part) => format!("{}-{part}", about.id),
        None => about.id.clone(),
    };
    let known = [
        ("service.name", "ssel"),
        ("service.version", about.run.version.as_str()),
        ("service.instance.id", instance.as_str()),
        ("ssel.run.id", about.id.as_str()),
        ("ssel.run.part", part.as_deref().unwrap_or_default()),
        ("ssel.run.name", about.run.name.as_str()),
        ("host.name", about.run.machine.host.as_str()),
    ];
    let labels = about.labels.iter();
    let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
    let given = environment.iter().chain(stated);
    let given = given.map(|(name, value)| (name.as_str(), value.as_str()));
    let mut attributes: Vec<KeyValue> = Vec::new();
    for (name, value) in known.into_iter().chain(labels).chain(given) {
        if value.is_empty() {
            continue;
        }
        let new = text(name, value);
        match attributes.iter_mut().find(|own| own.key == name) {
            Some(own) => *own = new,
            None => attributes.push(new),
        }
    }
    Resource { attributes }
}

/// A name and a value.
pub(super) type Pair = (String, String);

/// Parses percent-encoded `name=value` pairs separated by commas, the format of `OTEL_RESOURCE_ATTRIBUTES` and
/// `OTEL_EXPORTER_OTLP_HEADERS`. `variable` is named in error messages.
///
/// # Errors
/// A pair without `=`. Error messages do not contain values.
pub(super) fn pairs(variable: &str, text: &str) -> Result<Vec<Pair>, SettingsError> {
    let pieces = text.split(',').map(str::trim);
    let pieces = pieces.filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let pair = piece.split_once('=').filter(|(name, _)| !name.is_empty());
            let (name, value) = pair.ok_or_else(|| {
                SettingsError(format!(
                    "{variable} must be NAME=VALUE pairs separated by commas"
                ))
            })?;
            let value = percent_decode_str(value.trim()).decode_utf8_lossy();
            Ok((name.trim().to_owned(), value.into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_parsed_like_other_exporters_do() {
        let pairs = |text| pairs("HEADERS", text);
        let two = [("a", "1 2"), ("b", "x=y+z&")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(pairs("a=1%202, b=x=y+z&,").unwrap(), two);
        let error = pairs("secret").unwrap_err().to_string();
        assert_eq!(
            error,
            "HEADERS must be NAME=VALUE pairs separated by commas"
        );
    }

    #[test]
    fn settings_override_the_environment_which_overrides_facts() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let about = RunContext {
            id: "abc".to_owned(),
            run: crate::record::RunMetadata {
                version: "1.2".to_owned(),
                ..crate::record::RunMetadata::default()
            },
            labels: vec![pair("branch", "main")],
        };
        let environment = [pair("service.name", "shop"), pair("zone", "a")];
        let stated = [pair("zone", "b")];
        let all = resource(&about, &environment, &stated).attributes;
        let expected = [
            ("service.name", "shop"),
            ("service.version", "1.2"),
            ("service.instance.id", "abc"),
            ("ssel.run.id", "abc"),
            ("branch", "main"),
            ("zone", "b"),
        ];
        assert_eq!(all, expected.map(|(name, value)| text(name, value)));
    }
}

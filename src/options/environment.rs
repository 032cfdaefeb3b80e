//! Options from environment variables: `SSEL_VUS=10`.

use std::ffi::OsString;

use super::keys::{self, KEYS};
use super::{Layer, OptionOrigin};
use crate::units;

const PREFIX: &str = "SSEL_";

/// A warning for each variable that sets an option, for a command that reads no variables.
pub(crate) fn ignored_variables(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    command: &str,
) -> Vec<String> {
    let is_option = |variable: &str| {
        let key = variable.strip_prefix(PREFIX).map(str::to_ascii_lowercase);
        key.is_some_and(|key| keys::find(&key).is_some())
    };
    let mut found: Vec<String> = variables
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .filter_map(|(variable, _)| variable.into_string().ok())
        .filter(|variable| is_option(variable))
        .map(|variable| {
            format!(
                "the environment variable {variable} has no effect: it is an option of ssel run, and {command} has flags only"
            )
        })
        .collect();
    found.sort();
    found
}

/// The options set by variables `SSEL_<OPTION>`, and a warning for each variable whose name is close to one of them. Empty
/// variables count as unset. Bytes that are not UTF-8 are replaced; no option accepts the replacement.
pub(crate) fn from_environment(
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> (Layer, Vec<String>) {
    let mut layer = Layer::new();
    let mut warnings = Vec::new();
    for (variable, text) in variables {
        let (variable, text) = (variable.to_string_lossy(), text.to_string_lossy());
        let variable = variable.into_owned();
        let Some(key) = variable.strip_prefix(PREFIX).filter(|_| !text.is_empty()) else {
            continue;
        };
        let key = key.to_ascii_lowercase();
        if keys::find(&key).is_some() {
            layer.set_text(&key, &text, OptionOrigin::Environment(variable));
        } else if let Some(nearest) = units::nearest(&key, KEYS.iter().map(|key| key.name)) {
            // The script may use other variables with that prefix.
            let nearest = nearest.to_ascii_uppercase();
            warnings.push(format!(
                "the environment variable {variable} is not an option and is ignored: did you mean {PREFIX}{nearest}?"
            ));
        }
    }
    (layer, warnings)
}

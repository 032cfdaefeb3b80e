//! Options from environment variables: `SSEL_VUS=10`.

use std::ffi::OsString;

use super::keys::{self, KEYS};
use super::{Layer, Origin};
use crate::units;

const PREFIX: &str = "SSEL_";

/// The options that variables of the form `SSEL_<OPTION>` set, and a warning for each variable that looks like one but
/// is none. A variable that is set to nothing counts as not set. Of names and values that are no UTF-8, what is none is
/// replaced: no option takes it.
pub fn from_environment(
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
            layer.set_text(&key, &text, Origin::Environment(variable));
        } else if let Some(nearest) = units::nearest(&key, KEYS.iter().map(|key| key.name)) {
            // Other variables of that prefix are none of our business: a script may read them.
            let nearest = nearest.to_ascii_uppercase();
            warnings.push(format!(
                "the environment variable {variable} is no option and is ignored: did you mean {PREFIX}{nearest}?"
            ));
        }
    }
    (layer, warnings)
}

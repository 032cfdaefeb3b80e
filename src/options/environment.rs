//! Options from environment variables: `SSEL_VUS=10`.

use super::keys::{self, KEYS};
use super::{Layer, Origin};
use crate::units;

const PREFIX: &str = "SSEL_";

/// The options that variables of the form `SSEL_<OPTION>` set, and a warning for each variable that looks like one but
/// is none. A variable that is set to nothing counts as not set.
pub fn from_environment(
    variables: impl IntoIterator<Item = (String, String)>,
) -> (Layer, Vec<String>) {
    let mut layer = Layer::new();
    let mut warnings = Vec::new();
    for (variable, text) in variables {
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

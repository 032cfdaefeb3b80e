//! What goes wrong before the load, for somebody who wrote no script.

use super::bench::Access;
use crate::error::Error;
use crate::script::ScriptErrorKind;

/// The script raises in `setup` when a warm-up fails, and at its top level when a dataset cannot be read: that is no fault
/// of a script for whoever did not write one.
pub(super) fn of_warmup(error: Error, access: &Access) -> Error {
    match error {
        Error::Script(error) if error.kind == ScriptErrorKind::Setup => {
            let mut message = error.message;
            if message.contains("status 401") && access.bearer_env.is_none() {
                message += "; name the variable that holds the key with --bearer-env";
            }
            Error::Server(message)
        }
        Error::Script(error) if error.kind == ScriptErrorKind::Init => {
            let message = error.message;
            let bare = message
                .split_once(": ")
                .filter(|(place, _)| place.starts_with("ssel llm:"));
            Error::Usage(bare.map_or(message.clone(), |(_, what)| what.to_owned()))
        }
        other => other,
    }
}

//! Resolves layers to options.

use super::field::{Field, OptionReader};
use super::keys::KEYS;
use super::scenarios::ScenarioDefaults;
use super::values::MAX_WHOLE;
use super::{Layer, Options, OptionsError, http, merge, shortcuts, summary, thresholds};

/// Merges the layers and reads the result. Precedence: defaults < config file < script < environment < flags.
///
/// A layer that sets any of `duration`, `iterations`, `stages` and `scenarios` overrides all four in the layers below, so
/// that `--duration 10s` replaces the stages of a script.
///
/// # Errors
/// All mistakes, each in a sentence that names the option, its value, its origin and the remedy. Overridden values are not
/// checked.
pub(crate) fn resolve(layers: &[Layer]) -> Result<Options, OptionsError> {
    let merged = merge::merge(layers);
    let reading = OptionReader::new(&merged);
    let root = reading.root();
    let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    root.refuse_unknown(&names, |_| None);

    let default = Options::default();
    let flag = |key| root.read(key, Field::flag).unwrap_or(false);
    let timeout = |key| root.read(key, Field::timeout);
    let defaults = ScenarioDefaults::read(&root);
    let options = Options {
        scenarios: shortcuts::read(&root, &defaults).unwrap_or_default(),
        thresholds: root
            .get("thresholds")
            .and_then(|field| thresholds::read(&field))
            .unwrap_or_default(),
        graceful_stop: defaults.graceful_stop,
        seed: root
            .read("seed", |field| field.whole(0..=MAX_WHOLE))
            .unwrap_or(default.seed),
        min_iteration_duration: root
            .read("min_iteration_duration", Field::duration)
            .unwrap_or_default(),
        no_setup: flag("no_setup"),
        no_teardown: flag("no_teardown"),
        no_thresholds: flag("no_thresholds"),
        setup_timeout: timeout("setup_timeout").unwrap_or(default.setup_timeout),
        teardown_timeout: timeout("teardown_timeout").unwrap_or(default.teardown_timeout),
        tags: root.read("tags", Field::pairs).unwrap_or_default(),
        http: http::read(&root),
        summary: summary::read(&root),
    };
    reading.finish(options)
}

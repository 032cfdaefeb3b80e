//! Resolves layers to options.

use std::time::Duration;

use super::item::{Item, Reading};
use super::keys::KEYS;
use super::scenarios::OfAll;
use super::values::MAX_WHOLE;
use super::{Layer, Options, OptionsError, http, merge, shortcuts, summary, thresholds};

/// Lays the layers over each other and reads what holds: defaults < config file < script < environment < flags.
///
/// Any of `duration`, `iterations`, `stages` and `scenarios` in one layer silences all four in the layers below it, so
/// that `--duration 10s` does not clash with the stages of a script.
///
/// # Errors
/// Everything that is wrong, each in a sentence that names the option, its value, its origin and the remedy. What
/// a higher layer overrides is not looked at.
pub fn resolve(layers: &[Layer]) -> Result<Options, OptionsError> {
    let merged = merge::merge(layers);
    let reading = Reading::new(&merged);
    let root = reading.root();
    let names: Vec<_> = KEYS.iter().map(|key| key.name).collect();
    root.refuse_unknown(&names, |_| None);

    let default = Options::default();
    let flag = |key| root.read(key, Item::flag).unwrap_or(false);
    let time = |key, least| root.read(key, |item| item.duration_from(least));
    let timeout = |key| time(key, Duration::from_millis(1));
    let of_all = OfAll::read(&root);
    let options = Options {
        scenarios: shortcuts::read(&root, &of_all).unwrap_or_default(),
        thresholds: root
            .get("thresholds")
            .and_then(|item| thresholds::read(&item))
            .unwrap_or_default(),
        graceful_stop: of_all.graceful_stop,
        seed: root
            .read("seed", |item| item.whole(0..=MAX_WHOLE))
            .unwrap_or(default.seed),
        min_iteration_duration: time("min_iteration_duration", Duration::ZERO).unwrap_or_default(),
        no_setup: flag("no_setup"),
        no_teardown: flag("no_teardown"),
        no_thresholds: flag("no_thresholds"),
        setup_timeout: timeout("setup_timeout").unwrap_or(default.setup_timeout),
        teardown_timeout: timeout("teardown_timeout").unwrap_or(default.teardown_timeout),
        tags: root.read("tags", Item::pairs).unwrap_or_default(),
        http: http::read(&root),
        summary: summary::read(&root),
    };
    reading.finish(options)
}

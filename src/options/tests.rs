use serde_json::Value;

use super::*;

mod bad_values;
mod conflicts;
mod defaults;
mod every_key;
mod executors;
mod json;
mod messages;
mod shortcuts;
mod thresholds;

/// The layer of a script called `a.lua`.
fn script(options: Value) -> Layer {
    Layer::from_json(options, &OptionOrigin::Script("a.lua".to_owned())).unwrap()
}

/// The layer of flags that were typed with these texts; the flag of `vus` is called `--vus`.
fn flags<'a>(flags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Layer {
    let mut layer = Layer::new();
    for (key, text) in flags {
        layer.set_text(
            key,
            text,
            OptionOrigin::Flag(format!("--{}", key.replace('_', "-"))),
        );
    }
    layer
}

fn environment(variable: &str, text: &str) -> Layer {
    from_environment([(variable.into(), text.into())]).0
}

/// The options that a script alone resolves to.
#[track_caller]
fn resolved(options: Value) -> Options {
    resolve(&[script(options)]).unwrap()
}

/// All problems of a script, one per line.
#[track_caller]
fn complaints(options: Value) -> String {
    resolve(&[script(options)]).unwrap_err().to_string()
}

/// The executor of the only scenario.
#[track_caller]
fn executor(layers: &[Layer]) -> Executor {
    let options = resolve(layers).unwrap();
    assert_eq!(options.scenarios.len(), 1);
    options.scenarios[0].executor.clone()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

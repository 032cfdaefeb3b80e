//! `--out prometheus=URL`: pushing a run to a store.

mod prometheus;
pub(crate) mod store;
mod trouble;

use self::store::Store;
use crate::support::ssel::Ssel;

/// A run with a counter, pushed to this URL every second.
fn load(url: &str, settings: &str) -> Ssel {
    let script = r#"
        local ticks = metrics.counter("ticks")
        function default() ticks:add(1) sleep(0.02) end
    "#;
    let out = format!("prometheus={url},interval=1s{settings}");
    Ssel::new()
        .file("script.lua", script)
        .args(["run", "--quiet", "script.lua", "--out", &out])
}

/// The samples of a series except the marker of its end.
#[track_caller]
fn counter(store: &Store, name: &str) -> Vec<(i64, f64)> {
    let series = store.series();
    let samples = series
        .get(name)
        .unwrap_or_else(|| panic!("{name}: {:?}", series.keys()));
    samples
        .iter()
        .copied()
        .filter(|(_, value)| !value.is_nan())
        .collect()
}

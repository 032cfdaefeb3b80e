//! The arguments of `done`.

use mlua::{Lua, MetaMethod, Table, UserData, UserDataFields, UserDataMethods};

use crate::metrics::Distribution;
use crate::wrk::WrkResult;

/// `summary`: counts, and the time in microseconds.
pub(super) fn table(lua: &Lua, ended: &WrkResult) -> mlua::Result<Table> {
    let tally = &ended.tally;
    let errors = lua.create_table()?;
    for (name, count) in [
        ("connect", tally.errors.connect.count),
        ("read", tally.errors.read.count),
        ("write", tally.errors.write.count),
        ("status", tally.errors.status),
        ("timeout", tally.errors.timeout),
        ("script", tally.script_errors),
    ] {
        errors.raw_set(name, count as f64)?;
    }
    let summary = lua.create_table()?;
    let duration = ended.runtime.as_micros() as f64;
    for (name, value) in [
        ("duration", duration),
        ("requests", tally.requests as f64),
        ("bytes", tally.bytes as f64),
        ("streams", tally.streams.opened as f64),
        ("events", tally.streams.events as f64),
    ] {
        summary.raw_set(name, value)?;
    }
    summary.raw_set("errors", errors)?;
    Ok(summary)
}

/// `latency` and `requests`.
pub(super) struct LuaDistribution {
    all: Distribution,
    /// Distinct values, each with its count.
    steps: Vec<(u64, u64)>,
}

impl LuaDistribution {
    pub(super) fn new(all: Distribution) -> Self {
        let steps = all.steps().collect();
        Self { all, steps }
    }
}

impl UserData for LuaDistribution {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_method_get("min", |_, this| Ok(this.all.min() as f64));
        fields.add_field_method_get("max", |_, this| Ok(this.all.max() as f64));
        fields.add_field_method_get("mean", |_, this| Ok(this.all.mean()));
        fields.add_field_method_get("stdev", |_, this| Ok(this.all.stdev()));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("percentile", |_, this, percent: f64| {
            Ok(this.all.percentile(percent) as f64)
        });
        methods.add_meta_method(MetaMethod::Len, |_, this, ()| Ok(this.steps.len()));
        methods.add_meta_method(MetaMethod::Call, |_, this, number: usize| {
            let step = number.checked_sub(1).and_then(|at| this.steps.get(at));
            // Nil beyond the end, as in wrk.
            Ok(step.map_or((0.0, 0.0), |(value, count)| (*value as f64, *count as f64)))
        });
    }
}

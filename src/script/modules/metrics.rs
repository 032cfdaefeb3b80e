//! `metrics`: counters, gauges, rates and trends that a script defines.

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{Lua, UserData, UserDataMethods, Value};

use super::super::args;
use super::super::context::Context;
use super::super::native::Functions;
use crate::error::Stage;
use crate::metrics::{MetricId, MetricKind, Series, Tags, Unit, builtin};

/// The table `metrics`.
pub(crate) fn load(lua: &Lua, context: &Rc<Context>) -> mlua::Result<Value> {
    let metrics = Functions::new(lua, context)?;
    for (name, kind) in [
        ("metrics.counter", MetricKind::Counter),
        ("metrics.gauge", MetricKind::Gauge),
        ("metrics.rate", MetricKind::Rate),
        ("metrics.trend", MetricKind::Trend),
    ] {
        let short = name.trim_start_matches("metrics.");
        metrics.add(short, move |_, ctx, (metric, is_time): (Value, Value)| {
            construct(ctx, name, kind, &metric, &is_time)
        })?;
    }
    Ok(Value::Table(metrics.table))
}

fn construct(
    context: &Rc<Context>,
    function: &'static str,
    kind: MetricKind,
    name: &Value,
    is_time: &Value,
) -> mlua::Result<LuaMetric> {
    context.require_init(function, "create metrics at the script's top level")?;
    let Value::String(name) = name else {
        let place = "argument 1 (name)";
        return Err(args::wrong_type(function, place, "a string", name));
    };
    let unit = match is_time {
        Value::Nil => Unit::Plain,
        is_time if args::flag(function, "argument 2 (is_time)", is_time)? => Unit::Time,
        _ => Unit::Plain,
    };
    let name = name.to_string_lossy();
    if builtin(&name).is_some() {
        let why = format!("{name} is a built-in metric; choose another name");
        return Err(args::misuse(function, why));
    }
    let id = context
        .process
        .registry
        .register(&name, kind, unit)
        .map_err(|e| args::misuse(function, e))?;
    Ok(LuaMetric {
        context: Rc::clone(context),
        id,
        kind,
        name,
        latest: RefCell::new(None),
    })
}

/// A metric as a script holds it.
struct LuaMetric {
    context: Rc<Context>,
    id: MetricId,
    kind: MetricKind,
    name: String,
    /// The series of the last sample without its own tags; consecutive samples usually share it.
    latest: RefCell<Option<(Tags, Series)>>,
}

impl UserData for LuaMetric {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_method("add", |_, this, (value, tags): (Value, Value)| {
            this.add(&value, &tags)
        });
    }
}

impl LuaMetric {
    fn add(&self, value: &Value, tags: &Value) -> mlua::Result<()> {
        if self.context.stage.get() == Stage::Init {
            return Err(self.misuse("samples cannot be added in the init stage"));
        }
        let value = self.number(value)?;
        let now = self.context.tags.borrow();
        let recorder = &self.context.recorder;
        if !tags.is_nil() {
            let own = args::tags(&self.add_name(), "argument 2 (tags)", tags)?;
            recorder.add_tagged(self.id, &now, &own, value);
            return Ok(());
        }
        let mut latest = self.latest.borrow_mut();
        match &*latest {
            Some((tags, series)) if tags.is_same(&now) => {
                recorder.add(series, value);
            }
            _ => {
                let series = recorder.series(self.id, &now);
                recorder.add(&series, value);
                *latest = Some((now.clone(), series));
            }
        }
        Ok(())
    }

    fn number(&self, value: &Value) -> mlua::Result<f64> {
        let number = match value {
            Value::Boolean(b) if self.kind == MetricKind::Rate => Some(f64::from(u8::from(*b))),
            value => args::as_f64(value),
        };
        let number = number.ok_or_else(|| {
            let expected = match self.kind {
                MetricKind::Rate => "a boolean or a number",
                _ => "a number",
            };
            args::wrong_type(&self.add_name(), "argument 1 (value)", expected, value)
        })?;
        if !number.is_finite() {
            return Err(self.misuse(&format!(
                "{number} is not a sample; the value must be a finite number"
            )));
        }
        if self.kind == MetricKind::Counter && number < 0.0 {
            return Err(self.misuse(&format!(
                "a counter only grows, got {number}; a gauge can fall"
            )));
        }
        Ok(number)
    }

    fn add_name(&self) -> String {
        format!("{}:add", self.name)
    }

    fn misuse(&self, what: &str) -> mlua::Error {
        args::misuse(&self.add_name(), what)
    }
}

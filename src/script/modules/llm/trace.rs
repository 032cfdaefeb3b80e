//! `llm.trace`: the requests of a production trace, when they are due.

use std::cell::Cell;
use std::io::BufReader;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlua::{AnyUserData, IntoLua, Lua, MultiValue, UserData, Value};

use super::prompts::plain;
use crate::llm::trace::{Due, ReplayLimits, Trace, TraceFormat};
use crate::script::args;
use crate::script::context::Context;
use crate::script::convert::Plain;
use crate::script::files;
use crate::script::native::Functions;
use crate::script::request::CallParams;
use crate::script::shared_data::SharedArray;

const FUNCTION: &str = "llm.trace";

const FIELDS: &[&str] = &[
    "mooncake",
    "bailian",
    "azure",
    "burstgpt",
    "speed",
    "count",
    "duration",
    "block_size",
    "seed",
];

/// A trace in one Lua state.
struct TraceHandle(Arc<Trace>);

impl UserData for TraceHandle {}

/// A session of a trace, which returns its requests one by one.
struct TraceSession {
    trace: Arc<Trace>,
    number: usize,
    next: Cell<usize>,
    /// The planned start.
    start: Instant,
}

impl UserData for TraceSession {}

/// Adds the functions of traces to `native`.
pub(super) fn install(native: &Functions<'_>) -> mlua::Result<()> {
    native.add("trace", |lua, ctx, params: Value| load(lua, ctx, &params))?;
    native.add(
        "session",
        |_, ctx, (trace, number): (AnyUserData, Value)| {
            session(ctx, &trace.borrow::<TraceHandle>()?.0, &number)
        },
    )?;
    native.add("begin_turn", |lua, ctx, session: AnyUserData| {
        begin_turn(lua, ctx, &*session.borrow::<TraceSession>()?)
    })
}

/// Returns the trace, the starts of its sessions and the number of its requests.
fn load(lua: &Lua, context: &Context, params: &Value) -> mlua::Result<MultiValue> {
    context.require_init(FUNCTION, "call it at the script's top level")?;
    let params = CallParams::of(FUNCTION, "argument 1", params, FIELDS)?;
    let mut source = None;
    for format in TraceFormat::ALL {
        if let Some(path) = params.text(format.name())? {
            if source.is_some() {
                return Err(params.misuse("only one file can be replayed"));
            }
            source = Some((format, context.process.folder.join(path)));
        }
    }
    let Some((format, path)) = source else {
        let what =
            "expected one of mooncake = FILE, bailian = FILE, azure = FILE and burstgpt = FILE";
        return Err(params.misuse(what));
    };
    let speed = params.number("speed")?.unwrap_or(1.0);
    if !(0.001..=1000.0).contains(&speed) {
        let what = format_args!("speed: expected a number from 0.001 to 1000, got {speed}");
        return Err(params.misuse(what));
    }
    let limits = ReplayLimits {
        speed,
        requests: params.size("count")?,
        duration: params.duration("duration")?,
        block_size: params.count("block_size")?,
        seed: params.whole("seed")?.unwrap_or(0),
        ..ReplayLimits::default()
    };
    context.process.note_file(&path);
    let key = format!("{format}:{}:{limits:?}", path.display());
    let read = || {
        let file = files::open(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        let reader = BufReader::with_capacity(1 << 16, file);
        Trace::read(reader, format, &limits).map_err(|error| format!("{}: {error}", path.display()))
    };
    let process = &context.process;
    let trace = process.traces.get_or_load(&key, read);
    let trace = trace.map_err(|error| args::misuse(FUNCTION, error))?;
    let starts = process.data.get_or_load(&format!("{FUNCTION}:{key}"), || {
        let seconds = trace
            .starts()
            .map(|start| Plain::Number(start.as_secs_f64()));
        Ok(seconds.collect::<Vec<_>>())
    });
    let starts = SharedArray {
        name: format!("{FUNCTION}{{ {format} }}"),
        items: starts.map_err(|error| args::misuse(FUNCTION, error))?,
    };
    let requests = trace.len();
    Ok(MultiValue::from_iter([
        TraceHandle(trace).into_lua(lua)?,
        starts.into_lua(lua)?,
        requests.into_lua(lua)?,
    ]))
}

fn session(context: &Context, trace: &Arc<Trace>, number: &Value) -> mlua::Result<TraceSession> {
    let sessions = trace.sessions();
    let wanted = args::as_whole(number).and_then(|number| usize::try_from(number).ok());
    let Some(number) = wanted.filter(|number| *number < sessions) else {
        let what = format_args!(
            "argument 1 (number): expected a whole number from 0 to {}, such as exec.scenario.start_in_test in a scenario of \
             the executor replay; got {}",
            sessions - 1,
            args::shown(number)
        );
        return Err(args::misuse("trace:session", what));
    };
    let planned = context
        .iteration
        .get()
        .and_then(|iteration| iteration.scheduled);
    let run = context.process.run.started();
    let start = run
        .zip(planned)
        .and_then(|(run, planned)| run.checked_add(planned));
    Ok(TraceSession {
        trace: Arc::clone(trace),
        number,
        next: Cell::new(0),
        start: start.unwrap_or_else(Instant::now),
    })
}

/// Waits until the next request of a session is due. Returns it as a table for `llm.chat` with its lateness, or false at the
/// end.
fn begin_turn(lua: &Lua, context: &Context, session: &TraceSession) -> mlua::Result<bool> {
    let turn = session.next.get();
    let Some((due, request)) = session
        .trace
        .due(session.number, turn)
        .zip(session.trace.request(session.number, turn))
    else {
        return Ok(false);
    };
    session.next.set(turn + 1);
    let now = Instant::now();
    let at = match due {
        Due::At(offset) => session.start.checked_add(offset),
        Due::After(pause) => now.checked_add(pause),
    };
    let at = at.unwrap_or(now);
    let table = plain(request).to_lua(lua)?;
    let lua = lua.clone();
    context.wait_for(async move {
        tokio::time::sleep_until(at.into()).await;
        let late: Duration = Instant::now().saturating_duration_since(at);
        Ok(MultiValue::from_iter([
            table,
            late.as_secs_f64().into_lua(&lua)?,
        ]))
    });
    Ok(true)
}

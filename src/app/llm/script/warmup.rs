//! Generates the function that warms up the server.

use std::fmt::Write;

use super::super::bench::Bench;
use super::super::warmup::Warmup;

/// Writes `setup`, which sends the requests before the load. `ask` is the Lua expression that sends request number `n`, and
/// `error` that of the error message of its `reply`.
pub(super) fn setup(out: &mut String, bench: &Bench, ask: &str, error: &str) {
    let failed = format!("\"the warm-up failed: \" .. {error}");
    let _ = match bench.warmup {
        Warmup::NONE => Ok(()),
        Warmup::Requests(_) => write!(
            out,
            "-- Unmeasured requests. One that fails ends the run before the load.\n\
             function setup()\n  \
               for n = 1, warmup do\n    \
                 local reply = {ask}\n    \
                 if reply.error then error({failed}, 0) end\n  \
               end\n\
             end\n\n",
        ),
        Warmup::Time(time) => write!(
            out,
            "-- Unmeasured requests for some time. One that fails ends the run before the load.\n\
             function setup()\n  \
               local ends, concurrency, failed = now() + {}, {}, nil\n  \
               local function keep_asking(n)\n    \
                 repeat\n      \
                   local reply = {ask}\n      \
                   if reply.error then failed = failed or {failed} end\n      \
                   n = (n + concurrency - 1) % warmup + 1\n    \
                 until failed or now() >= ends\n  \
               end\n  \
               local tasks = {{}}\n  \
               for n = 1, concurrency do tasks[n] = spawn(keep_asking, n) end\n  \
               for _, task in ipairs(tasks) do task:wait() end\n  \
               if failed then error(failed, 0) end\n\
             end\n\n",
            time.as_secs_f64(),
            bench.warmup_concurrency(),
        ),
    };
}

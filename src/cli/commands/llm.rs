//! `ssel llm`: the benchmark of an inference server without a script.

use std::cell::{Cell, RefCell};
use std::process::ExitCode;

use super::super::args::Llm;
use super::super::resolve::{self, Mode, PartFiles, Wanted};
use super::super::{exit_code, job, signals};
use crate::app::llm::{self, End, Lab, Save};
use crate::app::{Stopper, Verdict};
use crate::error::Error;
use crate::output::Terminal;

#[expect(
    clippy::too_many_lines,
    reason = "the command from beginning to end, one step after the other"
)]
pub(in crate::cli) fn llm(
    args: &Llm,
    terminal: &Terminal,
    stopper: &Stopper,
) -> Result<ExitCode, Error> {
    let wanted = resolve::llm(args)?;
    job::warn_of_ignored_variables("ssel llm", terminal);
    signals::listen(stopper)?;
    let Wanted {
        mut bench, mode, ..
    } = wanted;
    let timeout = wanted.lookup_timeout;
    let is_asked = bench.model.is_empty();
    let is_contacted = is_asked || !matches!(mode, Mode::Emit);
    if let Some(key) = wanted.spare_key.filter(|_| is_contacted)
        && llm::asks_for_key(&bench.endpoint, &bench.access, timeout, stopper)?
    {
        terminal.note(&format!(
            "The server asks for a key: that of {} is used.",
            resolve::SPARE
        ));
        bench.access.bearer_env = Some(resolve::SPARE.to_owned());
        bench.access.key = Some(key);
    }
    if is_asked {
        bench.model = llm::only_model(&bench.endpoint, &bench.access, timeout, stopper)?;
    }
    if args.exact_len || args.tokenizer.is_some() {
        if !matches!(bench.dataset, llm::Dataset::Random { .. }) {
            let what = "--exact-len and --tokenizer are for random prompts: leave them out";
            return Err(Error::Usage(what.to_owned()));
        }
        let wording = llm::wording(&bench, args.tokenizer.as_deref(), stopper)?;
        bench.wording = Some(wording);
    }
    if let Mode::Emit = mode {
        terminal.write(&llm::script(&bench));
        return Ok(ExitCode::SUCCESS);
    }
    let placement = resolve::placement(&args.part)?;
    let start_at = resolve::start_at(&args.part)?;
    let join = resolve::join(&args.join, placement.as_ref())?;
    resolve::one_start(join.is_some(), start_at.is_some())?;
    if let Some(placement) = placement
        .as_ref()
        .filter(|placement| !placement.part.is_whole())
        && !bench.is_seed_given
    {
        // All parts deal the same prompts.
        let seed = resolve::common_seed(placement, start_at);
        bench.is_seed_given = seed.is_none();
        bench.seed = seed.unwrap_or_default();
    }
    let files = PartFiles::new(placement.as_ref(), join.is_some());
    let mut record = resolve::record("llm", &args.record, &args.outputs, files)?;
    let is_default = args.record.server_metrics.is_empty();
    record.server_metrics = llm::own_metrics(&bench, record.server_metrics, is_default);
    let repeat = resolve::repeat(&args.record, !wanted.outputs.is_empty())?;
    if repeat.is_some() && !matches!(mode, Mode::Once) {
        let what = "--repeat repeats one load; leave out --sweep and --find-max-rate";
        return Err(Error::Usage(what.to_owned()));
    }
    let is_series = repeat.is_some() || !matches!(mode, Mode::Once);
    let is_part = placement
        .as_ref()
        .is_some_and(|placement| !placement.part.is_whole());
    if is_series && (is_part || start_at.is_some()) {
        let what = "--sweep, --find-max-rate and --repeat make several loads, and --part and --start-at are of one: run each load by itself";
        return Err(Error::Usage(what.to_owned()));
    }
    let save = wanted.save.map(|mut paths| {
        if join.is_some() && (args.save_detailed || paths.aiperf.is_some()) {
            let what = "--save-detailed and -o aiperf have single requests, which stay on the part that made them; leave them or --join out";
            return Err(Error::Usage(what.to_owned()));
        }
        for path in [&mut paths.vllm, &mut paths.aiperf] {
            let file = path.as_deref().map(|path| files.result("--out", path));
            *path = file.transpose()?.flatten();
        }
        Save::new(paths, args.save_detailed, &bench.dataset)
    });
    let mut save = save.transpose()?;
    // The levels of a sweep are saved together.
    let mut levels = None;
    if let Mode::Sweep(_) = mode {
        levels = record.save.take();
        record.in_memory |= levels.is_some();
        if let Some(path) = levels.as_ref().filter(|path| path.exists()) {
            let what = "give another name, or remove the file first";
            return Err(Error::Output(format!(
                "{} is there already: {what}",
                path.display()
            )));
        }
    }
    let lab = Lab {
        terminal,
        stopper,
        workers: wanted.workers,
        graceful_stop: wanted.graceful_stop,
        percentiles: wanted.percentiles,
        record,
        is_series,
        join,
        runs: Cell::new(0),
        placement,
        start_at,
        outputs: RefCell::new(resolve::outputs(&wanted.outputs, files, terminal)?),
    };
    let load = match &mode {
        Mode::Emit | Mode::Once => llm::describe_load(&bench),
        Mode::Sweep(sweep) => llm::describe_sweep(&bench, sweep),
        Mode::FindMaxRate(goal, start) => llm::describe_search(&bench, goal, *start),
    };
    terminal.note(&llm::describe(&bench, is_asked, &load));
    if let Some(placement) = lab.placement.as_ref().filter(|_| is_part) {
        terminal.note(&format!(
            "Part {} of this load, by {}.",
            placement.part, placement.from
        ));
    }
    let end = match mode {
        Mode::Emit | Mode::Once => match repeat {
            None => llm::once(&lab, &bench, save.as_mut()),
            Some(runs) => llm::repeated(&lab, &bench, runs, save.as_mut()),
        },
        Mode::Sweep(sweep) => llm::sweep(&lab, &bench, &sweep, save.as_mut(), levels.as_deref()),
        Mode::FindMaxRate(goal, start) => {
            llm::find_max_rate(&lab, &bench, &goal, start, save.as_mut())
        }
    }?;
    let is_unsaved = save.is_some_and(|save| save.has_failed());
    Ok(match end {
        End::Run(Verdict::Passed) if is_unsaved => exit_code::FAILED.into(),
        End::Run(verdict) => exit_code::of_verdict(&verdict),
        End::NoAnswer => exit_code::FAILED.into(),
        End::GoalMissed | End::TooManyErrors => exit_code::THRESHOLDS.into(),
    })
}

//! `ssel wrk`: from a URL to the report.

mod seconds;
mod verdict;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use self::seconds::Seconds;
use super::recording::RecordOptions;
use super::scripted::TerminalConsole;
use super::stop::{POLL_INTERVAL, Stopper};
use super::target;
use crate::error::Error;
use crate::metrics::Registry;
use crate::options::Source;
use crate::output::Terminal;
use crate::report::{self, WrkLength, WrkReport};
use crate::script::Host;
use crate::script::wrk::{LuaHooks, MainState, WrkScript};
use crate::units::shown_url;
use crate::vu::RunState;
use crate::vu::STACK;
use crate::wrk::{Endpoint, Fixed, Hooks, LoadPlan, Threads, WrkResult, WrkTls, format_request};

/// Time limit of the first connection, which checks that the server listens.
const FIRST_CONNECTION: Duration = Duration::from_secs(10);

/// A load by `ssel wrk`.
pub(crate) struct WrkJob {
    /// The URL to load.
    pub target: Endpoint,
    /// The number of threads, at least one.
    pub threads: usize,
    /// The number of connections over all threads, at least one for each.
    pub connections: usize,
    /// The duration; without it, the load ends after `requests`.
    pub duration: Option<Duration>,
    /// The number of requests over all connections, if limited.
    pub requests: Option<u64>,
    /// Time after which a request counts as timed out.
    pub timeout: Duration,
    /// Requests per second, if they are scheduled.
    pub rate: Option<f64>,
    /// Headers of each request.
    pub headers: Vec<(String, String)>,
    /// Whether the report shows the distribution of latencies.
    pub latency: bool,
    /// The script, if there is one.
    pub source: Option<Source>,
    /// Arguments for the script.
    pub args: Vec<String>,
    /// What is recorded besides the report.
    pub record: RecordOptions,
}

/// Runs the load, until its end or a stop, and prints the report. Returns the exit code of the script, if it sets one.
///
/// # Errors
/// An unknown host, a host that does not listen, a load without any response, a script that raised an error outside of the
/// load, an error of the system, and a stop before the load.
pub(crate) fn run(
    job: WrkJob,
    terminal: &Terminal,
    stopper: &Stopper,
) -> Result<Option<u8>, Error> {
    let stage = Arc::new(AtomicU8::new(BEFORE));
    let (answer, result) = mpsc::channel();
    let on_thread = (terminal.clone(), stopper.clone(), Arc::clone(&stage));
    // Runs everything that may block, so that a stop still works: lookup, connecting, `setup` and `done`.
    std::thread::Builder::new()
        .name("ssel-script".into())
        .stack_size(STACK)
        .spawn(move || {
            let (terminal, stopper, stage) = on_thread;
            let _ = answer.send(load(&job, &terminal, &stopper, &stage));
        })
        .map_err(cannot("start a thread"))?;
    let mut load_end = None;
    loop {
        match result.recv_timeout(POLL_INTERVAL) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::Internal("the thread of the run ended".into()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        match stage.load(Ordering::Acquire) {
            BEFORE if stopper.is_stopped() => return Err(Error::Stopped),
            AFTER => {
                let load_end = *load_end.get_or_insert_with(Instant::now);
                if stopper.is_result_due(load_end) {
                    terminal.warn(
                        "ssel did not wait for done(), which had not returned after the stop",
                    );
                    return Ok(None);
                }
            }
            _ => {}
        }
    }
}

/// The stages: before the load, during it, and after its report.
const BEFORE: u8 = 0;
const LOAD: u8 = 1;
const AFTER: u8 = 2;

fn load(
    job: &WrkJob,
    terminal: &Terminal,
    stopper: &Stopper,
    stage: &AtomicU8,
) -> Result<Option<u8>, Error> {
    if let Some(source) = &job.source {
        return with_script(job, source, terminal, stopper, stage);
    }
    let address = reach(&job.target)?;
    let fixed = Fixed(format_request(&job.target, &job.headers));
    let threads = threads(plan(job)?, address, move |_, _| Ok(fixed.clone()))?;
    let ended = report(job, &threads, terminal, stopper, stage)?;
    judge(&ended, stopper).map(|()| None)
}

/// Refuses a load without any response, except after a stop.
fn judge(ended: &WrkResult, stopper: &Stopper) -> Result<(), Error> {
    if stopper.is_stopped() {
        return Ok(());
    }
    verdict::anything_worked(&ended.tally)
}

fn with_script(
    job: &WrkJob,
    source: &Source,
    terminal: &Terminal,
    stopper: &Stopper,
    stage: &AtomicU8,
) -> Result<Option<u8>, Error> {
    let host = Host {
        part: crate::parts::Part::WHOLE,
        env: std::collections::HashMap::new(),
        console: Arc::new(TerminalConsole {
            terminal: terminal.clone(),
            is_stdout_taken: false,
        }),
        registry: Registry::new(Vec::new()),
        run: RunState::new(),
        target: target::on_first_use(),
        replies: None,
    };
    let (target, headers, args) = (job.target.clone(), job.headers.clone(), job.args.clone());
    let script = Arc::new(WrkScript::read(source, host, target, headers, args)?);
    let ready = prepare(job, &script);
    // `os.exit` is not an error.
    if let Some(code) = script.take_exit_code() {
        return Ok(Some(code));
    }
    let (main_state, threads) = ready?;
    let ended = report(job, &threads, terminal, stopper, stage)?;
    let code = script.take_exit_code();
    let done = main_state.done(&ended);
    if let Some(code) = script.take_exit_code() {
        return Ok(Some(code));
    }
    done?;
    match code {
        Some(code) => Ok(Some(code)),
        None => judge(&ended, stopper).map(|()| None),
    }
}

/// Runs the functions of the script that come before the load.
fn prepare(job: &WrkJob, script: &Arc<WrkScript>) -> Result<(MainState, Threads<LuaHooks>), Error> {
    let main_state = MainState::new(script)?;
    let address = match main_state.resolve(&job.target)? {
        Some(address) => address,
        // Returns the error of the host.
        None => reach(&job.target)?,
    };
    let own = Arc::clone(script);
    let threads = threads(plan(job)?, address, move |number, shared| {
        Ok(LuaHooks::new(&own, number, shared)?)
    })?;
    for handle in threads.handles() {
        main_state.setup(handle)?;
        let ready = handle.ask(Duration::MAX, LuaHooks::init);
        ready.ok_or_else(|| Error::Internal("a thread ended before the load".into()))??;
    }
    Ok((main_state, threads))
}

fn threads<H: Hooks + 'static>(
    plan: LoadPlan,
    address: SocketAddr,
    make: impl Fn(usize, &Arc<crate::wrk::ThreadState>) -> Result<H, Error> + Clone + Send + 'static,
) -> Result<Threads<H>, Error> {
    Threads::start(plan, address, STACK, make).map_err(cannot("start a thread"))?
}

/// Runs the load, and prints the header and the report.
fn report<H: Hooks + 'static>(
    job: &WrkJob,
    threads: &Threads<H>,
    terminal: &Terminal,
    stopper: &Stopper,
    stage: &AtomicU8,
) -> Result<WrkResult, Error> {
    stage.store(LOAD, Ordering::Release);
    let url = shown_url(&job.target.url);
    let length = match (job.duration, job.requests) {
        (Some(duration), _) => WrkLength::Time(duration),
        (None, requests) => WrkLength::Requests(requests.unwrap_or_default()),
    };
    let header = report::wrk_header(length, &url, job.threads, job.connections);
    let seconds = Seconds::start(job, terminal)?;
    terminal.write(&header);
    let mut ended = threads.run(|| {
        seconds.look(|| threads.tally());
        stopper.is_stopped()
    });
    terminal.flush_repeats();
    for number in &ended.abandoned {
        terminal.warn(&format!(
            "thread {number} did not return from its script and was abandoned"
        ));
    }
    terminal.result(&report::wrk(&WrkReport {
        runtime: ended.runtime,
        tally: &ended.tally,
        latency: job.latency,
        planned: job.rate.is_some(),
    }));
    match verdict::anything_worked(&ended.tally) {
        Ok(()) => {
            for errors in verdict::first_errors(&ended.tally) {
                terminal.warn(&errors);
            }
        }
        // Without a stop, the command fails with it.
        Err(nothing) if stopper.is_stopped() => terminal.warn(&nothing.to_string()),
        Err(_) => {}
    }
    let unsaved = seconds.end(&ended, stopper, terminal);
    stage.store(AFTER, Ordering::Release);
    if let Some(fault) = unsaved {
        return Err(fault);
    }
    match ended.failures.pop() {
        Some(error) => Err(cannot("continue the load")(error)),
        None => Ok(ended),
    }
}

fn plan(job: &WrkJob) -> Result<LoadPlan, Error> {
    let host = &job.target.host;
    let tls = job.target.secure().then(|| WrkTls::unverified(host));
    Ok(LoadPlan {
        threads: job.threads,
        connections: job.connections,
        duration: job.duration,
        requests: job.requests,
        scripted: job.source.is_some(),
        timeout: job.timeout,
        rate: job.rate,
        tls: tls.transpose().map_err(Error::Connections)?,
    })
}

/// The first address of the host that accepts connections.
fn reach(target: &Endpoint) -> Result<SocketAddr, Error> {
    let addresses = target
        .addresses()
        .map_err(cannot(&format!("look up {}", target.host)))?;
    let mut failure = io::ErrorKind::AddrNotAvailable.into();
    for address in addresses {
        match TcpStream::connect_timeout(&address, FIRST_CONNECTION) {
            Ok(_) => return Ok(address),
            Err(error) => failure = error,
        }
    }
    let what = format!("connect to {}:{}", target.host, target.port_number());
    Err(cannot(&what)(failure))
}

fn cannot(what: &str) -> impl Fn(io::Error) -> Error {
    let what = format!("cannot {what}");
    move |source| Error::Io {
        what: what.clone(),
        source,
    }
}

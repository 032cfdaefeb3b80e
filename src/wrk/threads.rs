//! The threads of a run, and their communication with the main thread.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::hooks::Hooks;
use super::plan::LoadPlan;
use super::worker;
use crate::metrics::WrkTally;
use crate::sync::Mutex;

/// How often the main thread checks for a stop.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// How long a thread with a script may take to end.
const GRACE: Duration = Duration::from_secs(1);

/// The threads of a run. They live as long as this value, so that functions of the script can be called after the load.
pub(crate) struct Threads<H> {
    plan: Arc<LoadPlan>,
    handles: Vec<ThreadHandle<H>>,
}

/// A handle to a thread.
pub(crate) struct ThreadHandle<H> {
    jobs: Sender<Job<H>>,
    shared: Arc<ThreadState>,
}

type Job<H> = Box<dyn FnOnce(&mut H) + Send>;

/// The state that a thread shares with others.
#[derive(Debug)]
pub(crate) struct ThreadState {
    stopped: AtomicBool,
    load: Arc<LoadState>,
    /// Whether the thread calls no function of its script any more.
    left: AtomicBool,
    address: Mutex<SocketAddr>,
    pub(super) tally: Mutex<WrkTally>,
}

/// The state of the load, shared by all threads.
#[derive(Debug)]
struct LoadState {
    /// Whether the load of all threads should end.
    ended: AtomicBool,
    /// The number of requests that may still be sent.
    requests: AtomicU64,
}

/// How a load ended.
#[derive(Debug)]
pub(crate) struct WrkResult {
    /// Its duration.
    pub runtime: Duration,
    /// The counts of all threads.
    pub tally: WrkTally,
    /// The numbers, from 1, of threads whose script did not return.
    pub abandoned: Vec<usize>,
    /// Errors of threads.
    pub failures: Vec<io::Error>,
}

impl<H> Clone for ThreadHandle<H> {
    fn clone(&self) -> Self {
        Self {
            jobs: self.jobs.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl ThreadState {
    /// Requests the end of the thread's load.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether the thread should end its load.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.is_ended()
    }

    /// Requests the end of the load of all threads.
    pub(crate) fn end(&self) {
        self.load.ended.store(true, Ordering::Relaxed);
    }

    /// Whether the load of all threads should end.
    pub(super) fn is_ended(&self) -> bool {
        self.load.ended.load(Ordering::Relaxed)
    }

    /// Claims up to `count` of the remaining requests, and returns how many were left.
    pub(super) fn claim(&self, count: u32) -> u32 {
        let take = |left: u64| Some(left.saturating_sub(count.into()));
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let before = self.load.requests.fetch_update(set, fetch, take);
        let before = before.unwrap_or_else(|left| left);
        u32::try_from(before).map_or(count, |before| before.min(count))
    }

    /// Whether all requests have been claimed.
    pub(super) fn is_used_up(&self) -> bool {
        self.load.requests.load(Ordering::Relaxed) == 0
    }

    /// Records that no function of the script is called any more in this load.
    pub(super) fn leave(&self) {
        self.left.store(true, Ordering::Release);
    }

    /// The address to which the thread connects.
    pub(crate) fn address(&self) -> SocketAddr {
        *self.address.lock()
    }

    /// Sets the address to which the thread connects from the start of the load.
    pub(crate) fn set_address(&self, address: SocketAddr) {
        *self.address.lock() = address;
    }
}

impl<H: 'static> ThreadHandle<H> {
    /// The state that the thread shares.
    pub(crate) fn shared(&self) -> &ThreadState {
        &self.shared
    }

    /// Runs a job on the thread between loads, and waits for its result; `None` if it takes too long.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        job: impl FnOnce(&mut H) -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = mpsc::channel();
        let job = Box::new(move |hooks: &mut H| drop(reply.send(job(hooks))));
        self.jobs.send(job).ok()?;
        answer.recv_timeout(limit).ok()
    }
}

impl<H: Hooks + 'static> Threads<H> {
    /// Starts the threads; each calls `make` with its number from 0 to create its hooks. `stack` is the stack size in
    /// bytes.
    ///
    /// # Errors
    /// The error of `make`, or of the system if a thread cannot be started.
    pub(crate) fn start<E: Send + 'static>(
        plan: LoadPlan,
        address: SocketAddr,
        stack: usize,
        make: impl Fn(usize, &Arc<ThreadState>) -> Result<H, E> + Clone + Send + 'static,
    ) -> io::Result<Result<Self, E>> {
        let mut handles = Vec::with_capacity(plan.threads);
        let load = Arc::new(LoadState {
            ended: AtomicBool::new(false),
            requests: AtomicU64::new(plan.requests.unwrap_or(u64::MAX)),
        });
        for number in 0..plan.threads {
            let shared = Arc::new(ThreadState {
                stopped: AtomicBool::new(false),
                load: Arc::clone(&load),
                left: AtomicBool::new(false),
                address: Mutex::new(address),
                tally: Mutex::default(),
            });
            let (jobs, orders) = mpsc::channel();
            let (answer, outcome) = mpsc::channel();
            let make = make.clone();
            let on_thread = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("ssel-wrk-{number}"))
                .stack_size(stack)
                .spawn(move || match make(number, &on_thread) {
                    Ok(hooks) => {
                        let _ = answer.send(Ok(()));
                        serve(hooks, &orders);
                    }
                    Err(error) => drop(answer.send(Err(error))),
                })?;
            match outcome.recv() {
                Ok(Ok(())) => handles.push(ThreadHandle { jobs, shared }),
                Ok(Err(error)) => return Ok(Err(error)),
                Err(_) => return Err(io::Error::other("a thread ended while it was made")),
            }
        }
        let plan = Arc::new(plan);
        Ok(Ok(Self { plan, handles }))
    }

    /// The threads, in order of their numbers.
    pub(crate) fn handles(&self) -> &[ThreadHandle<H>] {
        &self.handles
    }

    /// The counts of all threads so far.
    pub(crate) fn tally(&self) -> WrkTally {
        let mut tally = WrkTally::default();
        for handle in &self.handles {
            tally.merge(&handle.shared.tally.lock());
        }
        tally
    }

    /// Generates the load until the time is up, every thread has stopped, or `is_stopped` returns true.
    pub(crate) fn run(&self, is_stopped: impl Fn() -> bool) -> WrkResult {
        let start = Instant::now();
        let (done, ended) = mpsc::channel();
        for (number, handle) in self.handles.iter().enumerate() {
            let plan = Arc::clone(&self.plan);
            let shared = Arc::clone(&handle.shared);
            let done = done.clone();
            // An ended thread is noticed below.
            let _ = handle.jobs.send(Box::new(move |hooks: &mut H| {
                let result = worker::run(&plan, &shared, number, hooks, start);
                let _ = done.send((number, result));
            }));
        }
        drop(done);
        let end = self.plan.duration.and_then(|time| start.checked_add(time));
        let (working, failures) = self.watch(&ended, is_stopped, end);
        let runtime = start.elapsed();
        WrkResult {
            runtime,
            tally: self.tally(),
            abandoned: working.iter().map(|number| number + 1).collect(),
            failures,
        }
    }

    /// Waits for all threads, and not much longer than `end` for those in their script. Returns the numbers of the
    /// threads that did not return, and the errors.
    fn watch(
        &self,
        ended: &Receiver<(usize, io::Result<()>)>,
        is_stopped: impl Fn() -> bool,
        end: Option<Instant>,
    ) -> (Vec<usize>, Vec<io::Error>) {
        let mut working: Vec<usize> = (0..self.handles.len()).collect();
        let mut failures = Vec::new();
        let mut end = end;
        while !working.is_empty() {
            match ended.recv_timeout(POLL_INTERVAL) {
                Ok((number, result)) => {
                    working.retain(|other| *other != number);
                    failures.extend(result.err());
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            let now = Instant::now();
            let ended = self.handles.iter().any(|handle| handle.shared.is_ended());
            if is_stopped() || ended {
                end = Some(end.map_or(now, |end| end.min(now)));
                self.handles.iter().for_each(|handle| handle.shared.stop());
            }
            // A thread outside its script always returns, but may have a hundred thousand connections to close.
            let in_script = |number: &usize| {
                let shared = &self.handles[*number].shared;
                self.plan.scripted && !shared.left.load(Ordering::Acquire)
            };
            if end.is_some_and(|end| now > end + GRACE) && working.iter().all(in_script) {
                break;
            }
        }
        (working, failures)
    }
}

/// Runs the jobs of a thread in order, until the sender is dropped.
fn serve<H>(mut hooks: H, orders: &Receiver<Job<H>>) {
    while let Ok(job) = orders.recv() {
        job(&mut hooks);
    }
}

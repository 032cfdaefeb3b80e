//! The thread that feeds the outputs of a run with its samples.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::Terminal;
use super::interface::{Output, OutputResult, RunInfo};
use crate::metrics::{Registry, Summary};

/// The interval at which samples are passed on.
const PAUSE: Duration = Duration::from_millis(100);

/// The interval of checking whether the outputs have ended, and the waiting time after which ssel reports it.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const REPORT_WAIT: Duration = Duration::from_secs(2);

/// The outputs of a run and the thread that feeds them.
///
/// Workers store their samples in their own logs and never wait; the thread takes the samples from there.
pub(crate) struct Outputs {
    feeder: Option<(Sender<Order>, JoinHandle<Vec<String>>)>,
    terminal: Terminal,
}

/// A command for the thread, which ends when the channel closes.
enum Order {
    /// Begin to pass samples on.
    Begin,
    /// Pass the remaining samples on, and end the outputs.
    End(Box<Summary>),
}

/// The state of the thread.
struct Feeder {
    registry: Arc<Registry>,
    terminal: Terminal,
    working: Vec<Box<dyn Output>>,
    dropped: u64,
    faults: Vec<String>,
}

/// Makes `registry` keep samples with the time since the Unix epoch. The wall clock is read only once, so that times never
/// jump. Call it before creating recorders.
pub fn keep_samples(registry: &Registry) {
    let (wall, start) = (SystemTime::now(), Instant::now());
    let wall = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    registry.keep_samples(move || wall.saturating_add(start.elapsed()));
}

impl Outputs {
    /// Starts the outputs, and a thread if there are any. They receive samples after [`Outputs::begin`]. Later errors are shown
    /// on `terminal` immediately.
    ///
    /// # Errors
    /// The error of the first output that cannot be used.
    pub(crate) fn start(
        mut outputs: Vec<Box<dyn Output>>,
        run: &RunInfo,
        registry: &Arc<Registry>,
        terminal: &Terminal,
    ) -> Result<Self, String> {
        for output in &mut outputs {
            guarded(|| output.start(run)).map_err(|what| cannot_write(&**output, &what))?;
        }
        if outputs.is_empty() {
            return Ok(Self {
                feeder: None,
                terminal: terminal.clone(),
            });
        }
        let mut feeder = Feeder {
            registry: Arc::clone(registry),
            terminal: terminal.clone(),
            working: outputs,
            dropped: 0,
            faults: Vec::new(),
        };
        let (orders, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("ssel-outputs".into())
            .spawn(move || {
                feeder.feed(&receiver);
                feeder.faults
            })
            .map_err(|error| format!("cannot start the thread of the outputs: {error}"))?;
        Ok(Self {
            feeder: Some((orders, thread)),
            terminal: terminal.clone(),
        })
    }

    /// Begins to pass samples on, first those of `setup`.
    pub(crate) fn begin(&self) {
        if let Some((orders, _)) = &self.feeder {
            // If the thread has ended, `finish` reports it.
            let _ = orders.send(Order::Begin);
        }
    }

    /// Writes the remaining samples and ends the outputs. Stops waiting for them once `enough` returns true: a file may be a
    /// pipe without a reader. Returns the errors since the start, which have been shown.
    pub(crate) fn finish(mut self, summary: &Summary, enough: impl Fn() -> bool) -> Vec<String> {
        let Some((orders, thread)) = self.feeder.take() else {
            return Vec::new();
        };
        // If the thread has ended, it is reported below.
        let _ = orders.send(Order::End(Box::new(summary.clone())));
        let (since, mut is_told) = (Instant::now(), false);
        while !thread.is_finished() {
            if enough() {
                let fault = "stopped waiting for the outputs: samples that were not yet written are missing";
                self.terminal.error(fault);
                return vec![fault.to_owned()];
            }
            if since.elapsed() >= REPORT_WAIT && !is_told {
                is_told = true;
                self.terminal
                    .info("waiting for the outputs; press Ctrl-C to stop waiting");
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        thread
            .join()
            .unwrap_or_else(|panic| vec![format!("the outputs failed: {}", text_of(&*panic))])
    }
}

impl Drop for Outputs {
    /// A run that ends early still writes the samples recorded so far.
    fn drop(&mut self) {
        if let Some((orders, thread)) = self.feeder.take() {
            drop(orders);
            let _ = thread.join();
        }
    }
}

impl Feeder {
    fn feed(&mut self, orders: &Receiver<Order>) {
        // A run without a load writes nothing, and existing files stay unchanged.
        match orders.recv() {
            Ok(Order::Begin) => {}
            Ok(Order::End(summary)) => return self.finish(&summary),
            Err(_) => return,
        }
        let summary = loop {
            match orders.recv_timeout(PAUSE) {
                Err(RecvTimeoutError::Timeout) | Ok(Order::Begin) => self.hand_on(),
                Err(RecvTimeoutError::Disconnected) => break None,
                Ok(Order::End(summary)) => break Some(summary),
            }
        };
        self.hand_on();
        if let Some(summary) = summary {
            self.finish(&summary);
        }
    }

    fn hand_on(&mut self) {
        let registry = Arc::clone(&self.registry);
        let dropped = registry.take_samples(|samples| self.call(|output| output.samples(samples)));
        self.call(|output| output.flush());
        if dropped > 0 && self.dropped == 0 && !self.working.is_empty() {
            self.terminal.warn(
                "outputs cannot keep up: samples are being dropped from them (the summary is complete)",
            );
        }
        self.dropped += dropped;
    }

    /// Calls all outputs; one that fails is not called again.
    fn call(&mut self, mut call: impl FnMut(&mut dyn Output) -> OutputResult) {
        self.working.retain_mut(|output| {
            let Err(what) = guarded(|| call(&mut **output)) else {
                return true;
            };
            let fault = cannot_write(&**output, &what);
            self.terminal.error(&fault);
            self.faults.push(fault);
            false
        });
    }

    fn finish(&mut self, summary: &Summary) {
        if self.dropped > 0 && !self.working.is_empty() {
            let fault = format!(
                "{} samples are missing from the outputs, which could not keep up; the summary is complete",
                self.dropped
            );
            self.terminal.error(&fault);
            self.faults.push(fault);
        }
        self.call(|output| output.finish(summary));
    }
}

fn cannot_write(output: &dyn Output, what: &str) -> String {
    format!("cannot write the output {}: {what}", output.name())
}

/// Converts a panic of an output into an error, so that the other outputs continue.
fn guarded(call: impl FnOnce() -> OutputResult) -> Result<(), String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("it panicked: {}", text_of(&*panic))),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown reason")
}

#[cfg(test)]
mod tests;

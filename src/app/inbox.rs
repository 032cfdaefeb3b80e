//! The channel on which the main thread receives replies and events.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::phase::Phase;
use super::stop::{POLL_INTERVAL, Stopper};
use crate::error::{Error, Stage};
use crate::output::Terminal;
use crate::runner;

/// Extra time beyond a limit that the script enforces itself, in case it never yields.
const GRACE: Duration = Duration::from_secs(1);

/// Time after which a top level that does not return is reported.
pub(super) const LONG_INIT: Duration = Duration::from_secs(3);

/// Sends events of the runner; they are dropped when the run no longer receives.
#[derive(Clone)]
pub(super) struct Notify(Sender<runner::RunEvent>);

impl Notify {
    pub(super) fn send(&self, event: runner::RunEvent) {
        let _ = self.0.send(event);
    }
}

/// The names of phases on the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct PhaseNames {
    pub(super) init: &'static str,
    pub(super) setup: &'static str,
}

impl PhaseNames {
    /// The names for a script.
    pub(super) const SCRIPT: Self = Self {
        init: "loading the script",
        setup: "setup",
    };
    /// The names for a benchmark without a script.
    pub(super) const BENCHMARK: Self = Self {
        init: "reading prompts",
        setup: "warm-up",
    };

    fn of(self, stage: Stage) -> &'static str {
        match stage {
            Stage::Init => self.init,
            Stage::Setup => self.setup,
            other => other.name(),
        }
    }
}

/// The receiving end, held by the deciding thread.
pub(crate) struct Inbox {
    sender: Sender<runner::RunEvent>,
    receiver: Receiver<runner::RunEvent>,
    pub(super) stopper: Stopper,
    terminal: Terminal,
    /// The names of phases on the screen.
    names: PhaseNames,
    /// Whether the script's thread loops endlessly, so that it answers nothing.
    pub(super) script_stuck: bool,
}

/// A pending answer of the script's thread.
pub(super) struct Pending<T> {
    answer: Receiver<T>,
    deadline: Option<Instant>,
    stage: Stage,
}

impl<T: Send + 'static> Pending<T> {
    /// Sends a request to the script's thread, which has `limit` to answer.
    pub(super) fn new(
        stage: Stage,
        limit: Duration,
        ask: impl FnOnce(Box<dyn FnOnce(T) + Send>),
    ) -> Self {
        let (sender, answer) = mpsc::channel();
        ask(Box::new(move |value| drop(sender.send(value))));
        Self {
            answer,
            deadline: Instant::now().checked_add(limit.saturating_add(GRACE)),
            stage,
        }
    }
}

impl Inbox {
    pub(super) fn new(stopper: &Stopper, terminal: &Terminal, names: PhaseNames) -> Self {
        let (sender, receiver) = mpsc::channel();
        Self {
            sender,
            receiver,
            stopper: stopper.clone(),
            terminal: terminal.clone(),
            names,
            script_stuck: false,
        }
    }

    pub(super) fn sender(&self) -> Notify {
        Notify(self.sender.clone())
    }

    /// The runner's events so far.
    pub(super) fn events(&mut self) -> Vec<runner::RunEvent> {
        self.receiver.try_iter().collect()
    }

    /// Waits for an answer, and reports an init stage that takes long; `None` once `enough` is true.
    ///
    /// # Errors
    /// No answer in time, or a script's thread that has ended.
    pub(super) fn answer<T>(
        &mut self,
        asked: &Pending<T>,
        enough: impl Fn(&Stopper) -> bool,
    ) -> Option<Result<T, Error>> {
        let Pending {
            answer,
            deadline,
            stage,
        } = asked;
        let mut phase = Phase::new(&self.terminal, self.names.of(*stage));
        let mut long_init = (*stage == Stage::Init).then(|| Instant::now() + LONG_INIT);
        loop {
            // Short enough for Ctrl-C; an answer ends the wait immediately.
            match answer.recv_timeout(POLL_INTERVAL) {
                Ok(answer) => return Some(Ok(answer)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Some(Err(Error::Internal(format!(
                        "the script's thread ended during {}",
                        stage.name()
                    ))));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if enough(&self.stopper) {
                return None;
            }
            phase.update();
            if long_init.take_if(|at| Instant::now() > *at).is_some() {
                self.terminal.warn(&format!(
                    "the script's top level has not returned for {}s: it may loop endlessly; Ctrl-C ends ssel",
                    LONG_INIT.as_secs()
                ));
            }
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                self.script_stuck = true;
                return Some(Err(Error::ScriptStuck(*stage)));
            }
        }
    }
}

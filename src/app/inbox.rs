//! The channel on which the main thread receives replies and events.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use super::phase::Phase;
use super::stop::{GLANCE, Stopper};
use crate::error::Error;
use crate::output::Terminal;
use crate::runner;
use crate::script::{Script, ScriptError, Stage};

/// A limit that the script keeps itself is waited for a little longer here, for the case that it never yields.
const GRACE: Duration = Duration::from_secs(1);

/// When a script's top level that does not return is told of.
pub(super) const LONG_INIT: Duration = Duration::from_secs(3);

pub(super) enum Message {
    /// The script's init stage is over.
    Loaded(Box<Result<Script, ScriptError>>),
    /// What the runner has to tell.
    Run(runner::Event),
}

/// Sends messages; a run that no longer listens needs none.
#[derive(Clone)]
pub(super) struct Notify(Sender<Message>);

impl Notify {
    pub(super) fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}

/// What phases are called on the screen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Names {
    pub(super) init: &'static str,
    pub(super) setup: &'static str,
}

impl Names {
    /// Of a script that somebody wrote.
    pub(super) const SCRIPT: Self = Self {
        init: "loading the script",
        setup: "setup",
    };
    /// Of a benchmark without a script.
    pub(super) const BENCHMARK: Self = Self {
        init: "reading prompts",
        setup: "warm-up",
    };

    fn of(self, stage: Stage) -> &'static str {
        match stage {
            Stage::Setup => self.setup,
            other => other.name(),
        }
    }
}

/// The deciding thread's end of the channel.
pub(super) struct Inbox {
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    pub(super) stopper: Stopper,
    terminal: Terminal,
    /// What phases are called on the screen.
    names: Names,
    /// Whether the script's thread loops endlessly, so that nothing more can be asked of it.
    pub(super) script_stuck: bool,
}

/// Something that was asked of the script's thread.
pub(super) struct Asked<T> {
    answer: Receiver<T>,
    deadline: Option<Instant>,
    stage: Stage,
}

impl<T: Send + 'static> Asked<T> {
    /// Asks the script's thread for something that it may take `limit` for.
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
    pub(super) fn new(stopper: &Stopper, terminal: &Terminal, names: Names) -> Self {
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

    /// Waits for the script's init stage; one that takes long is told of.
    pub(super) fn loaded(&mut self) -> Result<Result<Script, ScriptError>, Error> {
        let mut phase = Phase::new(&self.terminal, self.names.init);
        let mut long = Some(Instant::now() + LONG_INIT);
        loop {
            match self.receiver.recv_timeout(GLANCE) {
                Ok(Message::Loaded(loaded)) => return Ok(*loaded),
                Ok(Message::Run(_)) | Err(RecvTimeoutError::Timeout) => {}
                Err(error @ RecvTimeoutError::Disconnected) => {
                    return Err(Error::Internal(error.to_string()));
                }
            }
            if self.stopper.is_stopped() {
                return Err(Error::Stopped);
            }
            phase.look();
            if long.take_if(|at| Instant::now() > *at).is_some() {
                self.terminal.warn(&format!(
                    "the script's top level has not returned for {}s: it may loop endlessly; Ctrl-C ends ssel",
                    LONG_INIT.as_secs()
                ));
            }
        }
    }

    /// The runner's events so far.
    pub(super) fn events(&mut self) -> Vec<runner::Event> {
        let messages = self.receiver.try_iter();
        messages
            .filter_map(|message| match message {
                Message::Run(event) => Some(event),
                Message::Loaded(_) => None,
            })
            .collect()
    }

    /// Waits for an answer until `enough` says that it is no longer waited for: then `None`.
    ///
    /// # Errors
    /// No answer in time, or a script's thread that is no more.
    pub(super) fn answer<T>(
        &mut self,
        asked: &Asked<T>,
        enough: impl Fn(&Stopper) -> bool,
    ) -> Option<Result<T, Error>> {
        let Asked {
            answer,
            deadline,
            stage,
        } = asked;
        let mut phase = Phase::new(&self.terminal, self.names.of(*stage));
        loop {
            // Short enough for a person at Ctrl-C; an answer ends the wait at once.
            match answer.recv_timeout(GLANCE) {
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
            phase.look();
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                self.script_stuck = true;
                return Some(Err(Error::ScriptStuck(*stage)));
            }
        }
    }
}

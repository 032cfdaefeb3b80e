//! The one channel on which everything arrives that the deciding thread has to know of.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::runner;
use crate::script::{Script, ScriptError};

/// A limit that the script keeps itself is waited for a little longer here, for the case that it never yields.
const GRACE: Duration = Duration::from_secs(1);

pub(super) enum Message {
    /// The script's init stage is over.
    Loaded(Box<Result<Script, ScriptError>>),
    /// What the runner has to tell.
    Run(runner::Event),
    /// Somebody outside wants the end.
    Stop,
}

/// The receiving end, for [`run`](super::run).
pub struct Inbox {
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

/// Asks a run to end in good order, from any thread.
#[derive(Clone)]
pub struct Stopper(Sender<Message>);

impl Inbox {
    /// An inbox, and what ends the run that it is given to.
    pub fn new() -> (Self, Stopper) {
        let (sender, receiver) = mpsc::channel();
        (
            Self {
                sender: sender.clone(),
                receiver,
            },
            Stopper(sender),
        )
    }
}

impl Stopper {
    /// Asks for the end.
    pub fn stop(&self) {
        // A run that is over needs no stop.
        let _ = self.0.send(Message::Stop);
    }
}

/// Sends messages; a run that no longer listens needs none.
#[derive(Clone)]
pub(super) struct Notify(Sender<Message>);

impl Notify {
    pub(super) fn send(&self, message: Message) {
        let _ = self.0.send(message);
    }
}

/// The run's side of the inbox.
pub(super) struct Wait {
    inbox: Inbox,
    /// Whether the end was asked for.
    pub(super) stopped: bool,
    /// Whether the script's thread loops for ever, so that nothing more can be asked of it.
    pub(super) script_stuck: bool,
}

impl Wait {
    pub(super) fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            stopped: false,
            script_stuck: false,
        }
    }

    pub(super) fn sender(&self) -> Notify {
        Notify(self.inbox.sender.clone())
    }

    /// Waits for the script's init stage.
    pub(super) fn loaded(&mut self) -> Result<Result<Script, ScriptError>, Error> {
        loop {
            match self.inbox.receiver.recv() {
                Ok(Message::Loaded(loaded)) => return Ok(*loaded),
                Ok(Message::Run(_)) => {}
                Ok(Message::Stop) => return Err(Error::Stopped),
                Err(error) => return Err(Error::Internal(error.to_string())),
            }
        }
    }

    /// The runner's events so far; a stop is noted.
    pub(super) fn events(&mut self) -> Vec<runner::Event> {
        let mut events = Vec::new();
        for message in self.inbox.receiver.try_iter() {
            match message {
                Message::Run(event) => events.push(event),
                Message::Stop => self.stopped = true,
                Message::Loaded(_) => {}
            }
        }
        events
    }

    /// Asks the script's thread for something and waits for the reply, not much longer than `limit`.
    ///
    /// # Errors
    /// No reply in time, a stop, or a script's thread that is no more.
    pub(super) fn reply<T: Send + 'static>(
        &mut self,
        limit: Duration,
        ask: impl FnOnce(Box<dyn FnOnce(T) + Send>),
        what: &str,
    ) -> Result<T, Error> {
        let (sender, receiver) = mpsc::channel();
        ask(Box::new(move |answer| drop(sender.send(answer))));
        let deadline = Instant::now().checked_add(limit.saturating_add(GRACE));
        loop {
            // Short enough for a person at Ctrl-C; a reply ends the wait at once.
            match receiver.recv_timeout(Duration::from_millis(50)) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::Internal(format!(
                        "the script's thread ended during {what}"
                    )));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            let was_stopped = self.stopped;
            self.events();
            if self.stopped && !was_stopped {
                return Err(Error::Stopped);
            }
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                self.script_stuck = true;
                return Err(Error::ScriptStuck(what.to_owned()));
            }
        }
    }
}

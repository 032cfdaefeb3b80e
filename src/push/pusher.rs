//! The thread that pushes a run to a store.

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::backoff::Backoff;
use super::destination::words;
use super::mailbox::{Mail, Mailbox, Shutdown};
use super::queue::{DeliveryStats, Queue};
use super::sender::send;
use super::{Delivery, Destination, OutputSettings, PushRequest};
use crate::control::{ControlClient, ControlError, ControlReply, FailureKind};
use crate::metrics::SeriesInfo;
use crate::record::Frame;

/// How long remaining requests are sent after the end of a run.
const FLUSH: Duration = Duration::from_secs(10);
/// How often the end of the thread is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// An output that pushes on its own thread.
pub(crate) struct Pusher {
    mailbox: Arc<Mailbox>,
    thread: Option<JoinHandle<DeliveryStats>>,
}

/// A change in the state of the store during the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreStatus {
    /// It is unreachable or overloaded, for this reason; pushes are retried.
    Unreachable(String),
    /// It accepts requests again.
    Recovered,
    /// It rejected a request for good, for this reason. Reported once.
    Rejected(String),
}

impl Pusher {
    /// Starts to push to `destination`; `report` is called on the thread of the output.
    ///
    /// # Errors
    /// Invalid settings, or the thread could not be started.
    pub(crate) fn start(
        settings: &OutputSettings,
        destination: Box<dyn Destination>,
        report: impl Fn(StoreStatus) + Send + 'static,
    ) -> Result<Self, ControlError> {
        let mailbox = Arc::new(Mailbox::default());
        let work = PushTask {
            client: ControlClient::new(&settings.client)?,
            url: settings.url.clone(),
            destination,
            queue: Queue::default(),
            backoff: Backoff::default(),
            series: Vec::new(),
            interval: settings.interval,
            due: settings.interval,
            report: Box::new(report),
            is_unreachable: false,
            is_rejection_reported: false,
            wake: None,
            pause: None,
            deadline: None,
        };
        let theirs = Arc::clone(&mailbox);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| cannot_start(&error))?;
        let thread = std::thread::Builder::new()
            .name("ssel-push".into())
            .spawn(move || {
                let account = runtime.block_on(work.run(&theirs));
                // Does not wait for a pending host lookup.
                runtime.shutdown_background();
                account
            })
            .map_err(|error| cannot_start(&error))?;
        Ok(Self {
            mailbox,
            thread: Some(thread),
        })
    }

    /// Passes a frame to the thread; `series` contains all series so far. Takes no longer than merging two frames.
    pub(crate) fn show(&self, series: &[SeriesInfo], frame: &Frame) {
        self.mailbox.leave(series, frame);
    }

    /// Announces that no frame follows, so that the rest is sent.
    pub(crate) fn end(&self) {
        self.mailbox.end(Shutdown::Flush);
    }

    /// Sends the rest until everything is sent, ten seconds have passed, or `enough` returns true.
    pub(crate) fn finish(mut self, enough: impl Fn() -> bool) -> DeliveryStats {
        self.end();
        let Some(thread) = self.thread.take() else {
            return DeliveryStats::default();
        };
        while !thread.is_finished() {
            if enough() {
                self.mailbox.end(Shutdown::Abort);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        thread.join().unwrap_or_else(|_| DeliveryStats {
            dropped: 1,
            reason: Some("internal error in this output, please report it".to_owned()),
            ..DeliveryStats::default()
        })
    }
}

impl Drop for Pusher {
    /// Ends the thread immediately: a run that ends before its load has nothing to send.
    fn drop(&mut self) {
        self.mailbox.end(Shutdown::Abort);
    }
}

fn cannot_start(error: &std::io::Error) -> ControlError {
    ControlError {
        kind: FailureKind::Settings,
        message: format!("cannot start its thread: {error}"),
    }
}

/// The state of the output's thread.
struct PushTask {
    client: ControlClient,
    url: String,
    destination: Box<dyn Destination>,
    queue: Queue,
    backoff: Backoff,
    series: Vec<SeriesInfo>,
    interval: Duration,
    /// When the next push is due, since the start of the run.
    due: Duration,
    report: Box<dyn Fn(StoreStatus) + Send>,
    is_unreachable: bool,
    is_rejection_reported: bool,
    /// No request is sent before this time.
    wake: Option<Instant>,
    /// The end of the wait that the store requested.
    pause: Option<Instant>,
    /// No request is sent after this time; set at the end of the run.
    deadline: Option<Instant>,
}

/// The answer of the store with the wait that it requested, or the error if there is no answer.
type Answer = Result<(ControlReply, Option<Duration>), ControlError>;

type Sending = Pin<Box<dyn Future<Output = Answer>>>;

impl PushTask {
    async fn run(mut self, mailbox: &Mailbox) -> DeliveryStats {
        let mut sending: Option<(PushRequest, Sending)> = None;
        loop {
            let may_send = self.wake.is_none_or(|wake| wake <= Instant::now());
            if sending.is_none()
                && may_send
                && let Some(request) = self.queue.take()
            {
                let (client, url) = (self.client.clone(), self.url.clone());
                let answer = Box::pin(send(client, url, request.clone()));
                sending = Some((request, answer));
            }
            if sending.is_none() && self.queue.is_empty() && self.deadline.is_some() {
                break;
            }
            let is_waiting = sending.is_none() && !self.queue.is_empty();
            tokio::select! {
                mail = mailbox.fetch() => self.receive(mail),
                answer = answered(&mut sending) => {
                    if let Some((request, _)) = sending.take() {
                        self.handle(request, answer);
                    }
                }
                () = until(self.wake), if is_waiting => {}
                () = until(self.deadline), if self.deadline.is_some() => {
                    if let Some((request, _)) = sending.take() {
                        self.queue.put_back(request);
                    }
                    self.queue.give_up("the store did not accept them before the end");
                    break;
                }
            }
        }
        self.queue.account
    }

    fn receive(&mut self, mail: Mail) {
        self.series.extend(mail.series);
        let mut end = None;
        if let Some(frame) = &mail.frame {
            self.destination.take(&self.series, frame);
            end = Some(frame.end());
        }
        match mail.last {
            None => {
                if end.is_some_and(|end| end >= self.due) {
                    self.push(false);
                    // Pushes keep their schedule; a missed push is skipped.
                    while end.is_some_and(|end| end >= self.due) {
                        self.due += self.interval;
                    }
                }
            }
            Some(Shutdown::Flush) if self.deadline.is_none() => {
                self.push(true);
                let deadline = Instant::now() + FLUSH;
                self.deadline = Some(deadline);
                // Little time is left, so waits start short again; a wait that the store requested is respected if it
                // ends in time.
                self.backoff.reset();
                self.wake = self.pause.filter(|pause| *pause < deadline);
            }
            Some(Shutdown::Flush) => {}
            Some(Shutdown::Abort) => self.deadline = Some(Instant::now()),
        }
    }

    fn push(&mut self, end: bool) {
        for request in self.destination.requests(end) {
            self.queue.push(request);
        }
        self.queue.account.miss(self.destination.missed());
    }

    /// Handles the answer to a request: counts it, drops it, or schedules a retry.
    fn handle(&mut self, request: PushRequest, answer: Answer) {
        let (delivery, why, asked) = match answer {
            Ok((reply, asked)) => {
                let delivery = self.destination.classify(&request, &reply);
                let why = words(reply.status.as_u16(), &reply.body);
                (delivery, why, asked)
            }
            // The client itself cannot send the request, so retrying cannot help.
            Err(failure) if failure.kind == FailureKind::Settings => {
                (Delivery::Rejected(failure.message), String::new(), None)
            }
            Err(failure) => (Delivery::Retry, failure.message, None),
        };
        if delivery != Delivery::Retry {
            (self.wake, self.pause) = (None, None);
            self.backoff.reset();
            if std::mem::take(&mut self.is_unreachable) {
                (self.report)(StoreStatus::Recovered);
            }
        }
        match delivery {
            Delivery::Stored => self.queue.account.store(&request, 0, None),
            Delivery::PartlyStored(without, why) => {
                self.queue
                    .account
                    .store(&request, without, Some(why.clone()));
                self.report_rejection(why);
            }
            Delivery::Rejected(why) => {
                self.queue.account.drop(&request, &why);
                self.report_rejection(why);
            }
            Delivery::Reencode => {
                self.queue.put_back(request);
                let destination = &self.destination;
                self.queue.reencode(|request| destination.reencode(request));
            }
            Delivery::Retry => {
                self.queue.put_back(request);
                self.queue.account.retries += 1;
                let now = Instant::now();
                self.wake = Some(now + self.backoff.next(chance(), asked));
                self.pause = asked.map(|asked| now + asked);
                if !std::mem::replace(&mut self.is_unreachable, true) {
                    (self.report)(StoreStatus::Unreachable(why));
                }
            }
        }
    }

    fn report_rejection(&mut self, why: String) {
        if !std::mem::replace(&mut self.is_rejection_reported, true) {
            (self.report)(StoreStatus::Rejected(why));
        }
    }
}

async fn answered(sending: &mut Option<(PushRequest, Sending)>) -> Answer {
    match sending {
        Some((_, answer)) => answer.await,
        None => pending().await,
    }
}

async fn until(moment: Option<Instant>) {
    if let Some(moment) = moment {
        sleep_until(moment).await;
    }
}

/// A random number from 0 to 1; 1 if the system provides none.
fn chance() -> f64 {
    let mut bytes = [0; 4];
    match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    }
}

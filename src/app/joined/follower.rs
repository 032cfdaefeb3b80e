//! A part other than part 0: sends its frames and follows the orders of part 0.

use std::time::{Duration, Instant};

use crate::app::inbox::Inbox;
use crate::app::phase::Phase;
use crate::app::role::{AgreedStart, Agreement, PartLoad, PartResult, Role, RunResult};
use crate::app::{Verdict, stop};
use crate::error::Error;
use crate::join::{Address, Clock, Disconnected, Follower, Heartbeat, Hello, Orders, PartEnd};
use crate::metrics::{Catalog, Selector, Totals};
use crate::output::Terminal;
use crate::record::{Frame, RunEnd, VerdictKind};
use crate::runner::{Handle, RunSnapshot};

/// How long an interrupted part tries to send the rest.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);

/// A part that has joined part 0.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a step that the part has completed"
)]
pub(super) struct RunFollower {
    follower: Option<Follower>,
    clock: Clock,
    hello: Hello,
    address: String,
    /// The number of series sent to part 0.
    known: usize,
    is_ready: bool,
    has_go: bool,
    has_begun: bool,
    /// The shortest graceful stop that part 0 has ordered.
    stop: Option<Duration>,
    fault: Option<String>,
    lost: Option<Disconnected>,
    has_ended: bool,
}

impl RunFollower {
    pub(super) fn new(follower: Follower, clock: Clock, hello: Hello, address: &Address) -> Self {
        Self {
            follower: Some(follower),
            clock,
            hello,
            address: address.to_string(),
            known: 0,
            is_ready: false,
            has_go: false,
            has_begun: false,
            stop: None,
            fault: None,
            lost: None,
            has_ended: false,
        }
    }

    fn orders(&self) -> Orders {
        let follower = self.follower.as_ref();
        follower.map(Follower::orders).unwrap_or_default()
    }

    /// Why the run cannot take place.
    fn trouble(&self, orders: &Orders) -> Option<Error> {
        if let Some(fault) = &orders.fault {
            return Some(Error::Usage(fault.clone()));
        }
        let lost = self.follower.as_ref().and_then(Follower::lost);
        lost.map(|lost| Error::Lost(lost.to_string()))
    }

    /// Sends the end of the load, and waits for the verdict on the whole run. `None` if part 0 is lost, or only this part was
    /// stopped.
    fn end(&mut self, end: PartEnd, inbox: &Inbox, terminal: &Terminal) -> Option<RunEnd> {
        self.has_ended = true;
        let follower = self.follower.take()?;
        if self.lost.is_some() || self.fault.is_some() {
            return None;
        }
        follower.end(end);
        let since = Instant::now();
        let mut phase = Phase::new(terminal, "waiting for the result on part 0");
        let run_end = loop {
            if let Some(end) = follower.orders().end {
                break Some(end);
            }
            if let Some(lost) = follower.lost() {
                terminal.error(&lost.to_string());
                self.lost = Some(lost);
                break None;
            }
            // After a stop of this part, waits only until its messages are sent.
            let is_over = follower.is_all_sent() || since.elapsed() > SEND_TIMEOUT;
            if inbox.stopper.is_stopped() && is_over || inbox.stopper.is_urgent() {
                break None;
            }
            phase.update();
            std::thread::sleep(stop::POLL_INTERVAL / 10);
        };
        drop(phase);
        follower.leave();
        run_end
    }
}

/// This part, which sends everything to part 0.
impl Role for RunFollower {
    fn is_joined(&self) -> bool {
        true
    }

    fn is_following(&self) -> bool {
        true
    }

    fn agree_on_start(
        &mut self,
        _: AgreedStart,
        agreement: Agreement<'_>,
    ) -> Result<AgreedStart, Error> {
        let Agreement {
            program,
            registry,
            inbox,
            terminal,
            ..
        } = agreement;
        let mut phase = Phase::new(terminal, "waiting for setup on part 0");
        loop {
            if inbox.stopper.is_stopped() {
                return Err(Error::Stopped);
            }
            let orders = self.orders();
            if let Some(error) = self.trouble(&orders) {
                return Err(error);
            }
            let value = self.follower.as_ref().and_then(Follower::setup);
            if let (Some(value), Some(began)) = (value, orders.run_start) {
                if !program.set_up_with(&value) {
                    let what = "what setup returned on part 0 cannot be read";
                    return Err(Error::Internal(what.to_owned()));
                }
                let labels = orders.labels.into_iter();
                let selectors: Vec<Selector> = labels
                    .map(|(prefix, tags)| Selector::Labels { prefix, tags })
                    .collect();
                registry.declare(&selectors);
                return Ok((self.clock.instant(began), orders.started));
            }
            phase.update();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn sync(&mut self, handle: &Handle, load: &PartLoad<'_>) {
        let PartLoad {
            grace, terminal, ..
        } = *load;
        let Some(follower) = &self.follower else {
            return;
        };
        if handle.is_ready() && !self.is_ready {
            self.is_ready = true;
            follower.ready();
        }
        let orders = follower.orders();
        if let Some(go) = orders.go
            && self.is_ready
            && !self.has_go
        {
            self.has_go = true;
            handle.start_at(self.clock.instant(go));
        }
        if let Some(begun) = handle.begun()
            && !self.has_begun
        {
            self.has_begun = true;
            follower.begun(self.clock.at(begun));
        }
        if let Some(stop) = &orders.stop
            && self.stop.is_none_or(|known| stop.grace < known)
        {
            if self.stop.is_none() {
                terminal.info(&format!("part 0 ends the load: {}", stop.reason));
            }
            self.stop = Some(stop.grace);
            handle.stop(stop.grace);
        }
        if orders.end.is_some() {
            handle.stop(Duration::ZERO);
        }
        if let Some(fault) = orders.fault
            && self.fault.is_none()
        {
            terminal.error(&fault);
            self.fault = Some(fault);
            handle.stop(Duration::ZERO);
        }
        if self.lost.is_none()
            && let Some(lost) = follower.lost()
        {
            terminal.error(&format!("{lost}; ending the load of this part"));
            self.lost = Some(lost);
            handle.stop(grace);
        }
    }

    fn add(&mut self, _: &Totals, catalog: &Catalog, frame: Option<&Frame>) {
        if let (Some(follower), Some(frame)) = (&self.follower, frame) {
            let series = catalog.series();
            follower.frame(&series[self.known..], frame.clone());
            self.known = series.len();
        }
    }

    fn send_progress(&self, progress: &RunSnapshot) {
        let busy = progress.scenarios.iter().map(|scenario| scenario.vus_busy);
        let total = progress
            .scenarios
            .iter()
            .filter_map(|scenario| scenario.iterations_total);
        if let Some(follower) = &self.follower {
            follower.beat(Heartbeat {
                vus: progress.vus_active,
                made: progress.vus_made,
                most: progress.vus_max,
                complete: progress.iterations_completed,
                interrupted: progress.iterations_interrupted,
                busy: busy.sum(),
                total: total.sum(),
            });
        }
    }

    fn await_result(
        &mut self,
        end: PartResult<'_>,
        inbox: &Inbox,
        terminal: &Terminal,
    ) -> RunResult {
        let own = end.verdict.clone();
        let run_end = self.end(part_end(end), inbox, terminal);
        let lost = self.lost.as_ref();
        let verdict = match (run_end, lost.map(ToString::to_string), &self.fault) {
            _ if own != Verdict::Passed => own,
            (Some(end), ..) => Verdict::of_end(&end),
            (None, Some(lost), _) => Verdict::Lost(lost),
            (None, None, Some(fault)) => Verdict::Lost(fault.clone()),
            (None, None, None) => Verdict::Stopped,
        };
        let Hello { part, count, .. } = &self.hello;
        RunResult {
            verdict,
            part: format!("part {part} of {count}"),
            leader: lost.is_none().then(|| self.address.clone()),
        }
    }
}

fn part_end(result: PartResult<'_>) -> PartEnd {
    let (end, summary) = (result.verdict.to_end(), result.summary);
    PartEnd {
        verdict: end.verdict,
        reason: end.reason,
        duration: summary.duration,
        complete: summary.iterations_complete,
        interrupted: summary.iterations_interrupted,
        vus: summary.vus,
        vus_max: summary.vus_max,
        raised: result.raised,
        rejected: summary.rejected,
        client: summary.client.clone(),
        notes: Vec::new(),
        extra: result.extra,
    }
}

impl Drop for RunFollower {
    /// Reports to part 0 that this part ends before its load.
    fn drop(&mut self) {
        let Some(follower) = self.follower.take().filter(|_| !self.has_ended) else {
            return;
        };
        follower.end(PartEnd {
            verdict: VerdictKind::Script,
            reason: "it ended before the load; see its own messages".to_owned(),
            ..PartEnd::default()
        });
        let until = Instant::now() + Duration::from_secs(1);
        while !follower.is_all_sent() && follower.lost().is_none() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(2));
        }
        follower.leave();
    }
}

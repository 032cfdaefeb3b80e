//! A queue of text for a stream, with a thread that writes it.
//!
//! Whoever prints leaves a text in the queue and goes on, so that a reader who stands still (a pager, Ctrl-S, a stuck
//! collector of logs) holds up nobody. The queue is bounded for what scripts print; what finds no room is counted. What ssel
//! itself has to say always finds room.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// So many bytes may wait before what scripts print is left out.
const ROOM: usize = 16 << 20;

/// So many bytes are given to a stream at once, so that a reader who reads slowly can be told from one who stands still.
const PIECE: usize = 16 << 10;

/// How often a wait looks at what has moved.
const GLANCE: Duration = Duration::from_millis(20);

/// Something to be written.
#[derive(Debug)]
pub(super) enum Job {
    /// For standard output.
    Out(Vec<u8>, Class),
    /// For standard error.
    Err(String, Class),
    /// Progress lines that take the place of those before them.
    Progress(Vec<String>),
}

/// How much a text matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// May be left out where there is no room: what scripts print, progress that is appended.
    Print,
    /// Has to be written.
    Own,
    /// Has to be written, on the other stream if this one fails.
    Result,
}

/// Writes jobs, on the lane's thread.
pub(super) trait Press: Send + 'static {
    /// Writes jobs, in order. Results that could not be written come back.
    fn write(&mut self, jobs: Vec<Job>) -> Vec<Vec<u8>>;

    /// Takes results that could not be written.
    fn save(&mut self, results: Vec<Vec<u8>>);
}

pub(super) struct Lane {
    queue: Mutex<Queue>,
    news: Condvar,
    /// Moves with every piece that is written.
    moved: Arc<AtomicU64>,
    /// Who writes, where a thread for that could not be started.
    here: OnceLock<Mutex<Box<dyn Press>>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Bytes that wait.
    bytes: usize,
    /// Bytes that the thread has in hand, and the results among them.
    in_hand: usize,
    results_in_hand: Vec<Vec<u8>>,
    /// Texts that found no room.
    left_out: u64,
    is_closed: bool,
}

/// What a stream had to leave unwritten.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unwritten {
    pub(super) bytes: usize,
    pub(super) results: Vec<Vec<u8>>,
}

impl Job {
    fn len(&self) -> usize {
        match self {
            Self::Out(text, _) => text.len(),
            Self::Err(text, _) => text.len(),
            Self::Progress(lines) => lines.iter().map(String::len).sum(),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Out(_, class) | Self::Err(_, class) => *class,
            Self::Progress(_) => Class::Print,
        }
    }

    fn result(&self) -> Option<Vec<u8>> {
        match self {
            Self::Out(text, Class::Result) => Some(text.clone()),
            _ => None,
        }
    }
}

impl Lane {
    /// A lane with its thread; `moved` is that of the streams it writes to.
    pub(super) fn start(name: &str, press: impl Press, moved: &Arc<AtomicU64>) -> Arc<Self> {
        let lane = Arc::new(Self {
            queue: Mutex::default(),
            news: Condvar::new(),
            moved: Arc::clone(moved),
            here: OnceLock::new(),
        });
        let on_thread = Arc::clone(&lane);
        let press: Arc<Mutex<Option<Box<dyn Press>>>> = Arc::new(Mutex::new(Some(Box::new(press))));
        let taken = Arc::clone(&press);
        let take = |press: &Mutex<Option<Box<dyn Press>>>| {
            press.lock().unwrap_or_else(PoisonError::into_inner).take()
        };
        let thread = std::thread::Builder::new().name(format!("ssel-print-{name}"));
        let spawned = thread.spawn(move || {
            if let Some(mut press) = take(&taken) {
                while on_thread.write_next(&mut *press, true) {}
            }
        });
        // A machine without room for a thread runs no load, but has to be able to say so.
        if spawned.is_err()
            && let Some(press) = take(&press)
        {
            let _ = lane.here.set(Mutex::new(press));
        }
        lane
    }

    /// Leaves a job. False if there was no room for the first time.
    pub(super) fn push(&self, job: Job) -> bool {
        let mut queue = self.lock();
        if queue.is_closed {
            return true;
        }
        if queue.bytes > ROOM && job.class() == Class::Print && !matches!(job, Job::Progress(_)) {
            queue.left_out += 1;
            return queue.left_out > 1;
        }
        queue.push(job);
        self.send(queue);
        true
    }

    /// Has the queue written.
    fn send(&self, queue: MutexGuard<'_, Queue>) {
        drop(queue);
        self.news.notify_all();
        if let Some(press) = self.here.get() {
            let mut press = press.lock().unwrap_or_else(PoisonError::into_inner);
            while self.write_next(&mut **press, false) {}
        }
    }

    /// Leaves a job when there is room for it, for whoever has time to wait.
    ///
    /// # Errors
    /// A stream that is no more, or that nothing was written to for so long that `enough` gives up.
    pub(super) fn push_patiently(
        &self,
        job: Job,
        enough: impl Fn(Duration) -> bool,
    ) -> io::Result<()> {
        let mut still = Still::new(self);
        let mut queue = self.lock();
        while queue.bytes > ROOM && !queue.is_closed {
            if enough(still.time()) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            queue = self.wait(queue);
        }
        if queue.is_closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        queue.push(job);
        self.send(queue);
        Ok(())
    }

    /// Waits until all is written, or until nothing moved for so long that `enough` gives up.
    pub(super) fn drain(&self, mut enough: impl FnMut(Duration) -> bool) -> Result<(), Unwritten> {
        let mut still = Still::new(self);
        let mut queue = self.lock();
        while !queue.is_idle() {
            if enough(still.time()) {
                let left = queue.give_up();
                drop(queue);
                self.news.notify_all();
                return Err(left);
            }
            queue = self.wait(queue);
        }
        Ok(())
    }

    /// How many texts found no room since the last call.
    pub(super) fn take_left_out(&self) -> u64 {
        std::mem::take(&mut self.lock().left_out)
    }

    /// Takes no more jobs; what waits is written.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.news.notify_all();
    }

    /// Writes what waits; without anything, waits for it if that `is_wanted`. False if there is nothing.
    fn write_next(&self, press: &mut dyn Press, is_wanted: bool) -> bool {
        let mut queue = self.lock();
        while queue.jobs.is_empty() {
            if queue.is_closed || !is_wanted {
                return false;
            }
            queue = self
                .news
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let jobs: Vec<Job> = queue.jobs.drain(..).collect();
        queue.in_hand = std::mem::take(&mut queue.bytes).max(1);
        queue.results_in_hand = jobs.iter().filter_map(Job::result).collect();
        drop(queue);
        self.news.notify_all();
        let failed = press.write(jobs);
        // Given up on meanwhile, they are in other hands.
        let is_ours = !std::mem::take(&mut self.lock().results_in_hand).is_empty();
        if is_ours && !failed.is_empty() {
            press.save(failed);
        }
        self.lock().in_hand = 0;
        self.news.notify_all();
        true
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        let waited = self.news.wait_timeout(queue, GLANCE);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code under the lock leaves the queue half changed if it panics.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, job: Job) {
        if matches!(job, Job::Progress(_))
            && let Some(last @ Job::Progress(_)) = self.jobs.back_mut()
        {
            // Nobody has seen it, and nobody needs to.
            self.bytes = self.bytes - last.len() + job.len();
            *last = job;
            return;
        }
        self.bytes += job.len();
        self.jobs.push_back(job);
    }

    /// Whether nothing is to be waited for: all is written, or given up.
    fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.in_hand == 0
    }

    fn give_up(&mut self) -> Unwritten {
        self.is_closed = true;
        let mut results = std::mem::take(&mut self.results_in_hand);
        results.extend(self.jobs.drain(..).filter_map(|job| job.result()));
        Unwritten {
            bytes: std::mem::take(&mut self.in_hand) + std::mem::take(&mut self.bytes),
            results,
        }
    }
}

/// For how long nothing was written.
struct Still<'a> {
    lane: &'a Lane,
    moved: u64,
    since: Instant,
}

impl<'a> Still<'a> {
    fn new(lane: &'a Lane) -> Self {
        Self {
            lane,
            moved: lane.moved.load(Ordering::Relaxed),
            since: Instant::now(),
        }
    }

    fn time(&mut self) -> Duration {
        let moved = self.lane.moved.load(Ordering::Relaxed);
        if moved != self.moved {
            self.moved = moved;
            self.since = Instant::now();
        }
        self.since.elapsed()
    }
}

/// A stream that tells of every piece that it has taken.
pub(super) struct Watched {
    pub(super) writer: Box<dyn Write + Send>,
    pub(super) moved: Arc<AtomicU64>,
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        loop {
            match self.writer.write(piece) {
                // A stream that is shared with a program which never waits: that is its way to say "not now".
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(GLANCE);
                }
                result => {
                    self.moved.fetch_add(1, Ordering::Relaxed);
                    return result;
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Writes a job for each word of a test.
    struct Paced(Receiver<()>, Sender<Vec<u8>>, Sender<Vec<Vec<u8>>>);

    impl Press for Paced {
        fn write(&mut self, jobs: Vec<Job>) -> Vec<Vec<u8>> {
            let mut failed = Vec::new();
            for job in jobs {
                if self.0.recv().is_err() {
                    failed.extend(job.result());
                } else if let Job::Out(text, _) = job {
                    let _ = self.1.send(text);
                }
            }
            failed
        }

        fn save(&mut self, results: Vec<Vec<u8>>) {
            let _ = self.2.send(results);
        }
    }

    struct Bench {
        lane: Arc<Lane>,
        go: Sender<()>,
        written: Receiver<Vec<u8>>,
        saved: Receiver<Vec<Vec<u8>>>,
    }

    fn bench() -> Bench {
        let (go, word) = channel();
        let (text, written) = channel();
        let (result, saved) = channel();
        let moved = Arc::default();
        let lane = Lane::start("test", Paced(word, text, result), &moved);
        Bench {
            lane,
            go,
            written,
            saved,
        }
    }

    fn print(bytes: usize) -> Job {
        Job::Out(vec![b'x'; bytes], Class::Print)
    }

    #[test]
    fn a_reader_who_stands_still_costs_prints_and_nothing_else() {
        let Bench {
            lane, go, written, ..
        } = bench();
        // One is in the hands of the thread, the others wait.
        lane.push(print(1));
        while lane.lock().in_hand == 0 {
            std::thread::yield_now();
        }
        let piece = ROOM / 4;
        let took: Vec<bool> = (0..8).map(|_| lane.push(print(piece))).collect();
        assert_eq!(took.iter().filter(|took| !**took).count(), 1, "told once");
        lane.push(Job::Out(b"result".to_vec(), Class::Result));
        assert_eq!(lane.take_left_out(), 3);
        for _ in 0..7 {
            go.send(()).unwrap();
        }
        assert!(lane.drain(|_| false).is_ok());
        let texts: Vec<_> = written.try_iter().map(|text| text.len()).collect();
        assert_eq!(texts, [1, piece, piece, piece, piece, piece, 6]);
    }

    #[test]
    fn what_cannot_be_written_comes_back_with_the_results() {
        let Bench {
            lane, go, saved, ..
        } = bench();
        let result = |text: &[u8]| Job::Out(text.to_vec(), Class::Result);
        lane.push(result(b"in hand"));
        while lane.lock().in_hand == 0 {
            std::thread::yield_now();
        }
        lane.push(print(3));
        lane.push(result(b"waits"));
        let left = lane
            .drain(|still| still > Duration::from_millis(30))
            .unwrap_err();
        assert_eq!(left.results, [b"in hand".to_vec(), b"waits".to_vec()]);
        assert_eq!(left.bytes, 7 + 3 + 5);
        drop(go);
        // The thread comes back with it as well, but it is in other hands.
        assert!(saved.recv().is_err());
    }

    #[test]
    fn a_stream_that_fails_gives_its_results_away() {
        let Bench {
            lane, go, saved, ..
        } = bench();
        drop(go);
        lane.push(print(3));
        lane.push(Job::Out(b"result".to_vec(), Class::Result));
        assert_eq!(saved.recv().unwrap(), [b"result".to_vec()]);
    }

    #[test]
    fn progress_nobody_has_seen_is_replaced() {
        let Bench { lane, go: _go, .. } = bench();
        lane.push(print(1));
        while lane.lock().in_hand == 0 {
            std::thread::yield_now();
        }
        for n in 0..10_000 {
            lane.push(Job::Progress(vec![n.to_string()]));
        }
        assert_eq!(lane.lock().jobs.len(), 1);
        assert_eq!(lane.lock().bytes, 4);
    }
}

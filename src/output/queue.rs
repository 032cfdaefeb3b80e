//! A queue of text for a stream, with a thread that writes it.
//!
//! Printing only appends to the queue, so that an idle reader (a pager, Ctrl-S, a stuck log collector) blocks nothing. The
//! output of scripts is dropped and counted beyond a bound; the output of ssel itself is always queued.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use crate::sync::{Condvar, Mutex};

/// The number of queued bytes beyond which the output of scripts is dropped.
const CAPACITY: usize = 16 << 20;

/// The number of bytes per write, small enough to distinguish a slow reader from an idle one.
const CHUNK: usize = 16 << 10;

/// The interval at which a waiting thread checks for progress.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A text to be written.
#[derive(Debug)]
pub(super) enum PrintJob {
    /// For standard output.
    Out(Vec<u8>, Class),
    /// For standard error.
    Err(String, Class),
    /// Progress lines, which replace the previous ones.
    Progress(Vec<String>),
}

/// The importance of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// May be dropped if the queue is full: output of scripts, appended progress.
    Print,
    /// Must be written.
    Own,
    /// Must be written, to the other stream if this one fails.
    Result,
}

/// Writes jobs on the thread of a queue.
pub(super) trait JobWriter: Send + 'static {
    /// Writes jobs in order. Returns results that could not be written.
    fn write(&mut self, jobs: Vec<PrintJob>) -> Vec<Vec<u8>>;

    /// Writes such results elsewhere.
    fn save(&mut self, results: Vec<Vec<u8>>);
}

pub(super) struct PrintQueue {
    queue: Mutex<Pending>,
    news: Condvar,
    /// Counts the chunks written.
    chunks: Arc<AtomicU64>,
    /// The writer, if no thread could be started for it.
    here: OnceLock<Mutex<Box<dyn JobWriter>>>,
}

#[derive(Default)]
struct Pending {
    jobs: VecDeque<PrintJob>,
    /// Queued bytes.
    bytes: usize,
    /// Bytes that the thread is writing, and the results among them.
    in_progress: usize,
    results_in_progress: Vec<Vec<u8>>,
    /// Dropped texts.
    dropped: u64,
    is_closed: bool,
}

/// Output that was given up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Unwritten {
    pub(super) bytes: usize,
    pub(super) results: Vec<Vec<u8>>,
}

impl PrintJob {
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

impl PrintQueue {
    /// Creates a queue and its thread. `chunks` is the counter of the streams that it writes to.
    pub(super) fn start(name: &str, writer: impl JobWriter, chunks: &Arc<AtomicU64>) -> Arc<Self> {
        let queue = Arc::new(Self {
            queue: Mutex::default(),
            news: Condvar::new(),
            chunks: Arc::clone(chunks),
            here: OnceLock::new(),
        });
        let on_thread = Arc::clone(&queue);
        let writer: Arc<Mutex<Option<Box<dyn JobWriter>>>> =
            Arc::new(Mutex::new(Some(Box::new(writer))));
        let taken = Arc::clone(&writer);
        let take = |writer: &Mutex<Option<Box<dyn JobWriter>>>| writer.lock().take();
        let thread = std::thread::Builder::new().name(format!("ssel-print-{name}"));
        let spawned = thread.spawn(move || {
            if let Some(mut writer) = take(&taken) {
                while on_thread.write_next(&mut *writer, true) {}
            }
        });
        // Without a thread, texts are written directly, so that the error can be shown.
        if spawned.is_err()
            && let Some(writer) = take(&writer)
        {
            let _ = queue.here.set(Mutex::new(writer));
        }
        queue
    }

    /// Queues a job. Returns false if one was dropped for the first time.
    pub(super) fn push(&self, job: PrintJob) -> bool {
        let mut queue = self.queue.lock();
        if queue.is_closed {
            return true;
        }
        if queue.bytes > CAPACITY
            && job.class() == Class::Print
            && !matches!(job, PrintJob::Progress(_))
        {
            queue.dropped += 1;
            return queue.dropped > 1;
        }
        queue.push(job);
        self.send(queue);
        true
    }

    /// Wakes the thread, or writes without one.
    fn send(&self, queue: MutexGuard<'_, Pending>) {
        drop(queue);
        self.news.notify_all();
        if let Some(writer) = self.here.get() {
            let mut writer = writer.lock();
            while self.write_next(&mut **writer, false) {}
        }
    }

    /// Queues a job, waiting for room.
    ///
    /// # Errors
    /// The queue is closed, or the reader was idle for so long that `gives_up` returned true.
    pub(super) fn push_patiently(
        &self,
        job: PrintJob,
        gives_up: impl Fn(Duration) -> bool,
    ) -> io::Result<()> {
        let mut idle = IdleTime::new(self);
        let mut queue = self.queue.lock();
        while queue.bytes > CAPACITY && !queue.is_closed {
            if gives_up(idle.time()) {
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

    /// Waits until everything is written, or until the reader was idle for so long that `gives_up` returned true.
    pub(super) fn drain(
        &self,
        mut gives_up: impl FnMut(Duration) -> bool,
    ) -> Result<(), Unwritten> {
        let mut idle = IdleTime::new(self);
        let mut queue = self.queue.lock();
        while !queue.is_idle() {
            if gives_up(idle.time()) {
                let left = queue.give_up();
                drop(queue);
                self.news.notify_all();
                return Err(left);
            }
            queue = self.wait(queue);
        }
        Ok(())
    }

    /// The number of texts dropped since the last call.
    pub(super) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.queue.lock().dropped)
    }

    /// Accepts no more jobs; queued ones are still written.
    pub(super) fn close(&self) {
        self.queue.lock().is_closed = true;
        self.news.notify_all();
    }

    /// Writes the queued jobs; if there are none, waits for them if `waits`. Returns false if there is nothing to write.
    fn write_next(&self, writer: &mut dyn JobWriter, waits: bool) -> bool {
        let mut queue = self.queue.lock();
        while queue.jobs.is_empty() {
            if queue.is_closed || !waits {
                return false;
            }
            queue = self.news.wait(queue);
        }
        let jobs: Vec<PrintJob> = queue.jobs.drain(..).collect();
        queue.in_progress = std::mem::take(&mut queue.bytes).max(1);
        queue.results_in_progress = jobs.iter().filter_map(PrintJob::result).collect();
        drop(queue);
        self.news.notify_all();
        let failed = writer.write(jobs);
        // If the queue was given up meanwhile, `give_up` has returned these results.
        let is_ours = !std::mem::take(&mut self.queue.lock().results_in_progress).is_empty();
        if is_ours && !failed.is_empty() {
            writer.save(failed);
        }
        self.queue.lock().in_progress = 0;
        self.news.notify_all();
        true
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Pending>) -> MutexGuard<'a, Pending> {
        self.news.wait_timeout(queue, POLL_INTERVAL)
    }
}

impl Pending {
    fn push(&mut self, job: PrintJob) {
        if matches!(job, PrintJob::Progress(_))
            && let Some(last @ PrintJob::Progress(_)) = self.jobs.back_mut()
        {
            // The queued progress was not shown and is outdated.
            self.bytes = self.bytes - last.len() + job.len();
            *last = job;
            return;
        }
        self.bytes += job.len();
        self.jobs.push_back(job);
    }

    /// Whether everything is written or given up.
    fn is_idle(&self) -> bool {
        self.jobs.is_empty() && self.in_progress == 0
    }

    fn give_up(&mut self) -> Unwritten {
        self.is_closed = true;
        let mut results = std::mem::take(&mut self.results_in_progress);
        results.extend(self.jobs.drain(..).filter_map(|job| job.result()));
        Unwritten {
            bytes: std::mem::take(&mut self.in_progress) + std::mem::take(&mut self.bytes),
            results,
        }
    }
}

/// Measures the time without writes.
struct IdleTime<'a> {
    queue: &'a PrintQueue,
    chunks: u64,
    since: Instant,
}

impl<'a> IdleTime<'a> {
    fn new(queue: &'a PrintQueue) -> Self {
        Self {
            queue,
            chunks: queue.chunks.load(Ordering::Relaxed),
            since: Instant::now(),
        }
    }

    fn time(&mut self) -> Duration {
        let chunks = self.queue.chunks.load(Ordering::Relaxed);
        if chunks != self.chunks {
            self.chunks = chunks;
            self.since = Instant::now();
        }
        self.since.elapsed()
    }
}

/// A stream that counts the chunks written to it.
pub(super) struct CountingWriter {
    pub(super) writer: Box<dyn Write + Send>,
    pub(super) chunks: Arc<AtomicU64>,
}

impl Write for CountingWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(CHUNK)];
        loop {
            match self.writer.write(piece) {
                // Another program has made the shared stream non-blocking.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(POLL_INTERVAL);
                }
                result => {
                    self.chunks.fetch_add(1, Ordering::Relaxed);
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

    impl JobWriter for Paced {
        fn write(&mut self, jobs: Vec<PrintJob>) -> Vec<Vec<u8>> {
            let mut failed = Vec::new();
            for job in jobs {
                if self.0.recv().is_err() {
                    failed.extend(job.result());
                } else if let PrintJob::Out(text, _) = job {
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
        queue: Arc<PrintQueue>,
        go: Sender<()>,
        written: Receiver<Vec<u8>>,
        saved: Receiver<Vec<Vec<u8>>>,
    }

    fn bench() -> Bench {
        let (go, word) = channel();
        let (text, written) = channel();
        let (result, saved) = channel();
        let chunks = Arc::default();
        let queue = PrintQueue::start("test", Paced(word, text, result), &chunks);
        Bench {
            queue,
            go,
            written,
            saved,
        }
    }

    fn print(bytes: usize) -> PrintJob {
        PrintJob::Out(vec![b'x'; bytes], Class::Print)
    }

    #[test]
    fn an_idle_reader_causes_only_prints_to_be_dropped() {
        let Bench {
            queue, go, written, ..
        } = bench();
        // The thread writes one job, and the others wait.
        queue.push(print(1));
        while queue.queue.lock().in_progress == 0 {
            std::thread::yield_now();
        }
        let piece = CAPACITY / 4;
        let took: Vec<bool> = (0..8).map(|_| queue.push(print(piece))).collect();
        assert_eq!(took.iter().filter(|took| !**took).count(), 1, "told once");
        queue.push(PrintJob::Out(b"result".to_vec(), Class::Result));
        assert_eq!(queue.take_dropped(), 3);
        for _ in 0..7 {
            go.send(()).unwrap();
        }
        assert!(queue.drain(|_| false).is_ok());
        let texts: Vec<_> = written.try_iter().map(|text| text.len()).collect();
        assert_eq!(texts, [1, piece, piece, piece, piece, piece, 6]);
    }

    #[test]
    fn giving_up_returns_the_unwritten_results() {
        let Bench {
            queue, go, saved, ..
        } = bench();
        let result = |text: &[u8]| PrintJob::Out(text.to_vec(), Class::Result);
        queue.push(result(b"in hand"));
        while queue.queue.lock().in_progress == 0 {
            std::thread::yield_now();
        }
        queue.push(print(3));
        queue.push(result(b"waits"));
        let left = queue
            .drain(|idle| idle > Duration::from_millis(30))
            .unwrap_err();
        assert_eq!(left.results, [b"in hand".to_vec(), b"waits".to_vec()]);
        assert_eq!(left.bytes, 7 + 3 + 5);
        drop(go);
        // The thread comes back with it as well, but it is in other hands.
        assert!(saved.recv().is_err());
    }

    #[test]
    fn results_of_a_failed_stream_are_saved_elsewhere() {
        let Bench {
            queue, go, saved, ..
        } = bench();
        drop(go);
        queue.push(print(3));
        queue.push(PrintJob::Out(b"result".to_vec(), Class::Result));
        assert_eq!(saved.recv().unwrap(), [b"result".to_vec()]);
    }

    #[test]
    fn progress_that_was_not_shown_is_replaced() {
        let Bench { queue, go: _go, .. } = bench();
        queue.push(print(1));
        while queue.queue.lock().in_progress == 0 {
            std::thread::yield_now();
        }
        for n in 0..10_000 {
            queue.push(PrintJob::Progress(vec![n.to_string()]));
        }
        assert_eq!(queue.queue.lock().jobs.len(), 1);
        assert_eq!(queue.queue.lock().bytes, 4);
    }
}

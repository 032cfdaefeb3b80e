//! Passes frames from the main thread to the pushing thread.

use tokio::sync::Notify;

use crate::metrics::SeriesInfo;
use crate::record::Frame;
use crate::sync::Mutex;

/// A queue that merges waiting frames into one, so that it takes the memory of one frame.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    inside: Mutex<Inside>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Inside {
    /// New series that were not fetched yet.
    series: Vec<SeriesInfo>,
    /// The number of series so far.
    known: usize,
    frame: Option<Frame>,
    last: Option<Shutdown>,
}

/// How the output ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shutdown {
    /// Send the rest first.
    Flush,
    /// End immediately.
    Abort,
}

/// The content of the mailbox.
pub(super) struct Mail {
    /// New series.
    pub(super) series: Vec<SeriesInfo>,
    pub(super) frame: Option<Frame>,
    pub(super) last: Option<Shutdown>,
}

impl Mailbox {
    /// Adds a frame; `series` contains all series so far. Takes as long as merging two frames.
    pub(super) fn leave(&self, series: &[SeriesInfo], frame: &Frame) {
        let mut inside = self.inside.lock();
        let known = inside.known.min(series.len());
        inside.series.extend_from_slice(&series[known..]);
        inside.known = series.len();
        match &mut inside.frame {
            Some(waiting) => waiting.then(frame),
            none => *none = Some(frame.clone()),
        }
        drop(inside);
        self.news.notify_one();
    }

    /// Announces that no frame follows.
    pub(super) fn end(&self, how: Shutdown) {
        let mut inside = self.inside.lock();
        inside.last = inside.last.max(Some(how));
        drop(inside);
        self.news.notify_one();
    }

    /// Waits for new content and takes it.
    pub(super) async fn fetch(&self) -> Mail {
        self.news.notified().await;
        let mut inside = self.inside.lock();
        Mail {
            series: std::mem::take(&mut inside.series),
            frame: inside.frame.take(),
            last: inside.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::{Counter, MetricKind, SeriesRole, Tags, Unit};
    use crate::record::Point;

    fn series(count: usize) -> Vec<SeriesInfo> {
        let info = |n: usize| SeriesInfo {
            metric: format!("m{n}"),
            kind: MetricKind::Counter,
            unit: Unit::Plain,
            tags: Tags::new(),
            role: SeriesRole::Whole,
        };
        (0..count).map(info).collect()
    }

    fn frame(second: u64) -> Frame {
        let one = Counter {
            count: 1.0,
            samples: 1,
        };
        let frame = Frame::new(Duration::from_secs(second), Duration::from_secs(1));
        frame.with_points(vec![(0, Point::Counter(one))])
    }

    #[tokio::test]
    async fn unfetched_frames_take_the_memory_of_one() {
        let mailbox = Mailbox::default();
        for second in 0..10_000 {
            mailbox.leave(&series(1 + usize::from(second > 50)), &frame(second));
        }
        let mail = mailbox.fetch().await;
        assert_eq!(mail.series, series(2));
        let all = mail.frame.unwrap();
        assert_eq!(all.points().count(), 1);
        assert_eq!(all.point(0).map(Point::count), Some(10_000));
        assert_eq!(all.end(), Duration::from_secs(10_000));
        mailbox.leave(&series(3), &frame(10_000));
        mailbox.end(Shutdown::Abort);
        mailbox.end(Shutdown::Flush);
        let mail = mailbox.fetch().await;
        assert_eq!(mail.series, series(3)[2..]);
        assert_eq!(mail.last, Some(Shutdown::Abort));
    }
}

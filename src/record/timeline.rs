//! The frames of a run that is not saved, in bounded memory.

use super::Frame;

/// The frames of a run that is not saved, in bounded memory. Beyond [`FrameHistory::MOST`] frames, older ones are merged into
/// frames of two seconds, then of four and so on, so that they always cover the whole run and the last minutes by second.
#[derive(Debug)]
pub(crate) struct FrameHistory {
    pub(super) frames: Vec<Frame>,
    /// Older frames are merged into frames of this many seconds.
    span: u64,
}

impl Default for FrameHistory {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            span: 2,
        }
    }
}

impl FrameHistory {
    /// The maximum number of frames.
    pub(crate) const MOST: usize = 600;

    /// Swaps its frames with those of a record.
    pub(crate) fn swap(&mut self, frames: &mut Vec<Frame>) {
        std::mem::swap(&mut self.frames, frames);
    }

    /// Appends a frame.
    pub(crate) fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
        if self.frames.len() <= Self::MOST {
            return;
        }
        self.join();
        // Leave room for some minutes.
        if self.frames.len() > Self::MOST * 3 / 4 {
            self.span *= 2;
            self.join();
        }
    }

    fn join(&mut self) {
        let span = |frame: &Frame| frame.start.as_secs() / self.span;
        let mut joined: Vec<Frame> = Vec::with_capacity(self.frames.len());
        for frame in std::mem::take(&mut self.frames) {
            match joined.last_mut() {
                Some(last) if span(last) == span(&frame) => last.then(&frame),
                _ => joined.push(frame),
            }
        }
        self.frames = joined;
    }

    /// The frames in order of time.
    pub(crate) fn into_frames(self) -> Vec<Frame> {
        self.frames
    }
}

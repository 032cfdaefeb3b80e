//! The frames of a run that is not saved, in bounded memory.

use super::Frame;

/// The frames of a run that is written to no file, in bounded memory: when there are more than [`Timeline::MOST`], those
/// are joined that begin in the same span of time, of two seconds at first, then of four and so on. So the whole length
/// of the run stays, and its latest minutes by the second.
#[derive(Debug)]
pub struct Timeline {
    frames: Vec<Frame>,
    /// Older frames that begin in the same span of so many seconds are one.
    span: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            frames: Vec::new(),
            span: 2,
        }
    }
}

impl Timeline {
    /// How many frames there are at most.
    pub const MOST: usize = 600;

    /// Exchanges its frames with those of a record, which then is the one to keep them.
    pub fn swap(&mut self, frames: &mut Vec<Frame>) {
        std::mem::swap(&mut self.frames, frames);
    }

    /// Adds the frame of the latest time.
    pub fn push(&mut self, frame: Frame) {
        self.frames.push(frame);
        if self.frames.len() <= Self::MOST {
            return;
        }
        self.join();
        // There has to be room for some minutes.
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

    /// The frames, in the order of time.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The frames, in the order of time.
    pub fn into_frames(self) -> Vec<Frame> {
        self.frames
    }
}

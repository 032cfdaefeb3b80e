//! The fields of the event being read: borrowed from the chunk if possible, copied if they span chunks.

use memchr::memchr;

use super::field::Field;

/// Fields of the open block that lie in the current chunk. They are newer than those in `held`.
#[derive(Default)]
pub(super) struct Block<'c> {
    pub(super) data: Option<&'c [u8]>,
    pub(super) name: Option<&'c [u8]>,
    pub(super) id: Option<&'c [u8]>,
    pub(super) comment: Option<&'c [u8]>,
}

impl<'c> Block<'c> {
    /// Takes a field that applies only to its block. The second `data` line of a block moves its data to `held`.
    #[inline]
    pub(super) fn set(&mut self, field: Field<'c>, held: &mut Held) {
        match field {
            Field::Data(value) if held.data.is_set() => held.data.push_line(value),
            Field::Data(value) => match self.data.take() {
                None => self.data = Some(value),
                Some(first) => {
                    held.data.set(first);
                    held.data.push_line(value);
                }
            },
            Field::Name(value) => self.name = Some(value),
            // An ID that contains a NUL is ignored.
            Field::Id(value) if memchr(0, value).is_some() => {}
            Field::Id(value) => self.id = Some(value),
            Field::Comment(value) => self.comment = Some(value),
            Field::Retry(_) => {}
        }
    }
}

/// Fields of the open block from earlier chunks, and data of several lines.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) data: Slot,
    pub(super) name: Slot,
    pub(super) id: Slot,
    pub(super) comment: Slot,
}

impl Held {
    /// Copies the fields that `block` borrows, because its chunk ends.
    pub(super) fn keep(&mut self, block: &Block<'_>) {
        for (slot, value) in [
            (&mut self.data, block.data),
            (&mut self.name, block.name),
            (&mut self.id, block.id),
            (&mut self.comment, block.comment),
        ] {
            if let Some(value) = value {
                slot.set(value);
            }
        }
    }

    /// Prepares for the next block.
    pub(super) fn clear(&mut self) {
        self.data.clear();
        self.name.clear();
        self.id.clear();
        self.comment.clear();
    }
}

/// An optional value with a reusable buffer.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) bytes: Vec<u8>,
    /// The start of the value in `bytes`; `None` if it is not set.
    start: Option<usize>,
}

impl Slot {
    pub(super) fn is_set(&self) -> bool {
        self.start.is_some()
    }

    pub(super) fn get(&self) -> Option<&[u8]> {
        self.start.and_then(|start| self.bytes.get(start..))
    }

    /// Takes the tail of `line` from `start` as the value by swapping buffers, so that a long line is not copied twice.
    pub(super) fn adopt(&mut self, line: &mut Vec<u8>, start: usize) {
        std::mem::swap(&mut self.bytes, line);
        self.start = Some(start);
    }

    fn set(&mut self, value: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(value);
        self.start = Some(0);
    }

    fn push_line(&mut self, value: &[u8]) {
        self.bytes.push(b'\n');
        self.bytes.extend_from_slice(value);
    }

    fn clear(&mut self) {
        if self.start.take().is_some() {
            empty(&mut self.bytes);
        }
    }
}

/// Empties a buffer for its next use, and frees the memory of one that grew beyond the usual size. With thousands of
/// streams, each would otherwise keep the size of its largest event.
pub(super) fn empty(buffer: &mut Vec<u8>) {
    const USUAL: usize = 64 * 1024;
    buffer.clear();
    if buffer.capacity() > USUAL {
        *buffer = Vec::new();
    }
}

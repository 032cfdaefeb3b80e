//! Splits a stream into lines, for APIs that send one JSON object per line.

use memchr::memchr;

/// Splits a stream into lines at LF. A CR before it stays part of the line, where JSON treats it as white space.
///
/// A line within a chunk is a slice of it; only the start of a line that does not end in its chunk is copied.
#[derive(Debug)]
pub(super) struct LineSplitter {
    limit: usize,
    partial: Vec<u8>,
}

/// The error for a line that is longer than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

impl LineSplitter {
    /// A splitter for a new stream whose lines have at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            partial: Vec::new(),
        }
    }

    /// Calls `line` for each line that `chunk` completes.
    pub(super) fn push(
        &mut self,
        mut chunk: &[u8],
        mut line: impl FnMut(&[u8]),
    ) -> Result<(), TooLong> {
        while let Some(end) = memchr(b'\n', chunk) {
            self.check(end)?;
            if self.partial.is_empty() {
                line(&chunk[..end]);
            } else {
                self.partial.extend_from_slice(&chunk[..end]);
                line(&self.partial);
                self.partial.clear();
            }
            chunk = &chunk[end + 1..];
        }
        self.check(chunk.len())?;
        self.partial.extend_from_slice(chunk);
        Ok(())
    }

    /// Ends the stream. Returns its unfinished last line, if there is one. The splitter is then ready for another stream.
    pub(super) fn finish(&mut self) -> Option<Vec<u8>> {
        Some(std::mem::take(&mut self.partial)).filter(|line| !line.is_empty())
    }

    fn check(&self, more: usize) -> Result<(), TooLong> {
        if self.partial.len().saturating_add(more) > self.limit {
            Err(TooLong)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split<'a>(
        limit: usize,
        chunks: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut lines = LineSplitter::new(limit);
        let mut seen = Vec::new();
        for chunk in chunks {
            lines.push(chunk, |line| seen.push(line.to_vec()))?;
        }
        seen.extend(lines.finish());
        Ok(seen)
    }

    #[test]
    fn a_line_is_as_long_as_the_limit_at_most() {
        assert_eq!(split(3, [&b"abc\nabc"[..]]).unwrap(), [b"abc", b"abc"]);
        assert_eq!(split(3, [&b"abcd\n"[..]]), Err(TooLong));
        assert_eq!(split(3, [&b"ab"[..], b"cd"]), Err(TooLong));
        assert_eq!(split(3, [&b"ab"[..], b"cd\n"]), Err(TooLong));
    }

    proptest! {
        #[test]
        fn the_position_of_splits_does_not_matter(stream in "[ab\n]{0,40}", cut in 0..=40_usize) {
            let stream = stream.as_bytes();
            let (head, tail) = stream.split_at(cut.min(stream.len()));
            let mut whole: Vec<&[u8]> = stream.split(|byte| *byte == b'\n').collect();
            if whole.last() == Some(&&b""[..]) {
                whole.pop();
            }
            prop_assert_eq!(split(64, [head, tail]).unwrap(), whole);
        }
    }
}

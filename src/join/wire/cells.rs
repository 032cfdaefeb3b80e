//! Encodes the cells of a histogram: distances in zigzag form, and counts, as varints.

use prost::encoding::{decode_varint, encode_varint};

/// Encodes cells.
pub(super) fn packed(cells: impl ExactSizeIterator<Item = (i32, u64)>) -> Vec<u8> {
    // Differences and counts are usually small: a byte each.
    let mut bytes = Vec::with_capacity(cells.len() * 2 + 4);
    let mut before = 0_i64;
    for (cell, count) in cells {
        let distance = i64::from(cell) - before;
        before = cell.into();
        encode_varint(
            ((distance << 1) ^ (distance >> 63)).cast_unsigned(),
            &mut bytes,
        );
        encode_varint(count, &mut bytes);
    }
    bytes
}

/// Decodes cells one by one; stops at the first invalid one, with bytes left.
#[derive(Debug, Clone)]
pub(super) struct Packed<'a> {
    rest: &'a [u8],
    before: i64,
}

impl<'a> Packed<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            before: 0,
        }
    }

    /// Whether all bytes have been read.
    pub(super) fn is_done(&self) -> bool {
        self.rest.is_empty()
    }
}

impl Iterator for Packed<'_> {
    type Item = (i32, u64);

    fn next(&mut self) -> Option<(i32, u64)> {
        let mut rest = self.rest;
        let zigzag = decode_varint(&mut rest).ok()?;
        let distance = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
        let cell = i32::try_from(self.before.checked_add(distance)?).ok()?;
        let count = decode_varint(&mut rest).ok()?;
        self.before = cell.into();
        self.rest = rest;
        Some((cell, count))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // The last byte of a varint is below 0x80. The number of bytes bounds the memory.
        let varints = self.rest.iter().filter(|byte| **byte < 0x80).count();
        (0, Some(varints / 2))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cells_survive_encoding(cells in prop::collection::vec(any::<(i32, u64)>(), 0..50)) {
            let bytes = packed(cells.iter().copied());
            let mut read = Packed::new(&bytes);
            prop_assert_eq!(read.size_hint().1, Some(cells.len()));
            prop_assert_eq!(read.by_ref().collect::<Vec<_>>(), cells);
            prop_assert!(read.is_done());
        }

        #[test]
        fn arbitrary_bytes_end_the_decoder(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut read = Packed::new(&bytes);
            let most = read.size_hint().1;
            prop_assert!(most.is_some_and(|most| read.by_ref().count() <= most));
        }
    }

    #[test]
    fn close_cells_take_two_bytes() {
        let cells = (0..100).map(|n| (20_000 + n * 7, 3));
        assert_eq!(packed(cells).len(), 200 + 2);
    }

    #[test]
    fn an_incomplete_cell_is_left_over() {
        let bytes = packed([(-5, 1), (70_000, 300)].into_iter());
        for end in 1..bytes.len() {
            let mut read = Packed::new(&bytes[..end]);
            let count = read.by_ref().count();
            assert_eq!((count, read.is_done()), (usize::from(end >= 2), end == 2));
        }
    }
}

//! The chunked transfer coding.

use super::Malformed;

/// The most hexadecimal digits of a size.
const DIGITS: u8 = 16;
/// The longest extension or trailer.
const LONGEST_LINE: u32 = 64 << 10;

/// The position in a chunked body.
#[derive(Debug, Default)]
pub(crate) enum Chunked {
    /// Before the size of a chunk.
    #[default]
    Start,
    Size {
        value: u64,
        digits: u8,
    },
    /// After the size, up to the line end.
    Extension {
        value: u64,
        length: u32,
    },
    Data(u64),
    /// After the data, at CR or LF.
    DataEnd,
    DataLf,
    /// In a line after the last chunk.
    Trailer {
        length: u32,
        total: u32,
    },
}

impl Chunked {
    /// The next piece of the body, empty if the input is used up; `None` at the end of the body.
    ///
    /// # Errors
    /// An invalid chunk.
    pub(crate) fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Malformed> {
        while let Some((&byte, rest)) = input.split_first() {
            if let Self::Data(left) = self {
                let here = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                let (piece, rest) = input.split_at(here);
                *input = rest;
                *left -= here as u64;
                if *left == 0 {
                    *self = Self::DataEnd;
                }
                return Ok(Some(piece));
            }
            *input = rest;
            *self = match (&*self, byte) {
                (Self::DataEnd, b'\r') => Self::DataLf,
                (Self::DataEnd | Self::DataLf, b'\n') => Self::Start,
                (Self::Trailer { length: 0, .. }, b'\n') => {
                    *self = Self::Start;
                    return Ok(None);
                }
                (state, byte) => state.line(byte)?,
            };
        }
        Ok(Some(&[]))
    }

    /// Parses one byte of the lines between the data.
    fn line(&self, byte: u8) -> Result<Self, Malformed> {
        let hex = char::from(byte).to_digit(16).map(u64::from);
        Ok(match (self, byte) {
            (Self::Start, _) => Self::Size {
                value: hex.ok_or(Malformed::Chunk)?,
                digits: 1,
            },
            (Self::Size { value, .. } | Self::Extension { value, .. }, b'\n') => match value {
                0 => Self::Trailer {
                    length: 0,
                    total: 0,
                },
                size => Self::Data(*size),
            },
            (Self::Size { value, digits }, _) if *digits < DIGITS && hex.is_some() => Self::Size {
                value: value << 4 | hex.unwrap_or_default(),
                digits: digits + 1,
            },
            (Self::Size { value, .. }, b'\r' | b';' | b' ' | b'\t') => Self::Extension {
                value: *value,
                length: 0,
            },
            (Self::Extension { value, length }, _) if *length < LONGEST_LINE => Self::Extension {
                value: *value,
                length: length + 1,
            },
            // The CR of the blank line is not content.
            (Self::Trailer { total, .. }, b'\n') | (Self::Trailer { length: 0, total }, b'\r') => {
                Self::Trailer {
                    length: 0,
                    total: *total,
                }
            }
            (Self::Trailer { length, total }, _) if *total < LONGEST_LINE => Self::Trailer {
                length: length + 1,
                total: total + 1,
            },
            _ => return Err(Malformed::Chunk),
        })
    }
}

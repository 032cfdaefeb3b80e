//! The frame of gzip around deflate: RFC 1952, one member or several.

use std::io;

use flate2::Crc;

use super::unpack::{Deflate, Unpack, Unpacked};

const TEXT_FLAGS: [u8; 2] = [NAME, COMMENT];
const HEADER_CRC: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;

/// Reads gzip.
#[derive(Default)]
pub(super) struct Gzip {
    place: Place,
    /// What the header says is still to come of it.
    flags: u8,
}

/// Where in a member we are.
#[derive(Default)]
enum Place {
    /// Before a member.
    #[default]
    Between,
    /// So far into the first ten bytes.
    Start(u8),
    /// The length of the extra field: its first byte, once known.
    ExtraLength(Option<u8>),
    Extra(u16),
    /// A text that ends with a zero.
    Text,
    /// The checksum of the header: so many bytes are left of it.
    HeaderCrc(u8),
    Data(Box<(Deflate, Crc)>),
    /// The checksum and length of the data: expected, and how many bytes of it are read.
    Trailer([u8; 8], usize),
}

impl Unpack for Gzip {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        let mut done = Unpacked {
            read: 0,
            written: 0,
        };
        loop {
            if let Place::Data(data) = &mut self.place {
                let (deflate, crc) = &mut **data;
                let room = &mut output[done.written..];
                let step = deflate.unpack(&input[done.read..], room)?;
                crc.update(&room[..step.written]);
                done.read += step.read;
                done.written += step.written;
                if !deflate.has_ended() {
                    return Ok(done);
                }
                let mut expected = [0; 8];
                expected[..4].copy_from_slice(&crc.sum().to_le_bytes());
                expected[4..].copy_from_slice(&crc.amount().to_le_bytes());
                self.place = Place::Trailer(expected, 0);
            }
            let Some(&byte) = input.get(done.read) else {
                return Ok(done);
            };
            done.read += 1;
            self.frame(byte)?;
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.place, Place::Between)
    }
}

impl Gzip {
    /// Takes a byte of what is around the data.
    fn frame(&mut self, byte: u8) -> io::Result<()> {
        let place = match std::mem::take(&mut self.place) {
            Place::Between if byte == 0x1f => Place::Start(1),
            Place::Start(1) if byte == 0x8b => Place::Start(2),
            Place::Start(2) if byte == 8 => Place::Start(3),
            Place::Between | Place::Start(0..=2) => return Err(invalid("not a gzip header")),
            Place::Start(3) => {
                self.flags = byte;
                Place::Start(4)
            }
            Place::Start(9) | Place::Extra(1) | Place::HeaderCrc(1) => self.next_field(),
            Place::Start(at) => Place::Start(at + 1),
            Place::ExtraLength(None) => Place::ExtraLength(Some(byte)),
            Place::ExtraLength(Some(low)) => match u16::from_le_bytes([low, byte]) {
                0 => self.next_field(),
                length => Place::Extra(length),
            },
            Place::Extra(left) => Place::Extra(left - 1),
            Place::Text if byte == 0 => self.next_field(),
            Place::Text => Place::Text,
            Place::HeaderCrc(left) => Place::HeaderCrc(left - 1),
            Place::Trailer(expected, at) if expected[at] != byte => {
                return Err(invalid("the checksum does not match"));
            }
            Place::Trailer(_, 7) => Place::Between,
            Place::Trailer(expected, at) => Place::Trailer(expected, at + 1),
            // Data is not given out byte by byte.
            data @ Place::Data(_) => data,
        };
        self.place = place;
        Ok(())
    }

    /// What follows in the header, or the data.
    fn next_field(&mut self) -> Place {
        if self.takes(EXTRA) {
            return Place::ExtraLength(None);
        }
        if TEXT_FLAGS.into_iter().any(|flag| self.takes(flag)) {
            return Place::Text;
        }
        if self.takes(HEADER_CRC) {
            return Place::HeaderCrc(2);
        }
        Place::Data(Box::new((Deflate::new(false), Crc::new())))
    }

    fn takes(&mut self, flag: u8) -> bool {
        let set = self.flags & flag != 0;
        self.flags &= !flag;
        set
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    /// Unpacks pieces of `cut` bytes through a buffer of `room`.
    fn unpack(bytes: &[u8], cut: usize, room: usize) -> io::Result<(Vec<u8>, bool)> {
        let (mut gzip, mut plain) = (Gzip::default(), Vec::new());
        let mut buffer = vec![0; room];
        for mut piece in bytes.chunks(cut) {
            loop {
                let step = gzip.unpack(piece, &mut buffer)?;
                piece = &piece[step.read..];
                plain.extend_from_slice(&buffer[..step.written]);
                if piece.is_empty() && step.written < room {
                    break;
                }
            }
        }
        Ok((plain, gzip.is_complete()))
    }

    fn packed(text: &[u8], name: bool) -> Vec<u8> {
        let builder = GzBuilder::new();
        let builder = if name {
            builder.filename("a name").comment("why").extra([1, 2, 3])
        } else {
            builder
        };
        let mut encoder = builder.write(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn any_cut_and_any_room_give_the_same() {
        let text: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
        let members = [
            packed(&text, true),
            packed(b"", true),
            packed(b"more", false),
        ]
        .concat();
        let whole = [&text[..], b"more"].concat();
        for (cut, room) in [(1, 1), (1, 1000), (7, 3), (100_000, 10), (100_000, 100_000)] {
            let (plain, complete) = unpack(&members, cut, room).unwrap();
            assert!(plain == whole && complete, "{cut} {room}");
        }
    }

    #[test]
    fn each_end_but_that_of_a_member_is_early() {
        let bytes = packed(b"hello", true);
        for end in 1..bytes.len() {
            assert!(!unpack(&bytes[..end], 100, 100).unwrap().1, "{end}");
        }
    }

    #[test]
    fn a_wrong_byte_in_the_trailer_is_seen() {
        let bytes = packed(b"hello", false);
        for at in bytes.len() - 8..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(unpack(&wrong, 100, 100).is_err(), "{at}");
        }
        assert!(unpack(&[&bytes[..], b"junk"].concat(), 100, 100).is_err());
    }
}

//! Reads recorded responses: what `curl --raw -i` printed, in `tests/data/streams`.

use std::path::Path;
use std::time::Duration;

use super::{Dialect, End, KEEP, Reader, Reply};
use crate::sse::{Decoder, Event, Flow, Sink};

/// One recorded response.
pub(super) struct Capture {
    pub(super) status: u16,
    /// The body, without the framing of `transfer-encoding: chunked`.
    pub(super) body: Vec<u8>,
}

/// The recorded response of that name.
pub(super) fn named(name: &str) -> Capture {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/streams");
    let file = std::fs::read(folder.join(format!("{name}.txt"))).unwrap();
    // Above the response stands the command line in most files, below it curl's exit code.
    let start = find(&file, b"HTTP/1.1 ").unwrap();
    let end = find(&file, b"[curl exit ").unwrap_or(file.len());
    let response = &file[start..end];
    let head_end = find(response, b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&response[..head_end]).to_ascii_lowercase();
    let body = &response[head_end + 4..];
    Capture {
        status: head[9..12].parse().unwrap(),
        body: if head.contains("transfer-encoding: chunked") {
            unchunk(body)
        } else {
            body.to_vec()
        },
    }
}

impl Capture {
    /// Reads the response as it would arrive in these pieces.
    pub(super) fn read<'a>(
        &self,
        dialect: Dialect,
        pieces: impl IntoIterator<Item = &'a [u8]>,
    ) -> Reply {
        let mut reader = Reader::new(dialect, KEEP);
        if self.status != 200 {
            let end = End::Status {
                status: self.status,
                body: &self.body,
            };
            return reader.finish(Duration::ZERO, end);
        }
        let mut decoder = Decoder::new(1 << 20);
        for piece in pieces {
            if dialect.is_ndjson() {
                reader.bytes(Duration::ZERO, piece);
            } else {
                decoder.push(piece, &mut Feed(&mut reader)).unwrap();
            }
        }
        reader.finish(Duration::ZERO, End::Eof)
    }
}

struct Feed<'r>(&'r mut Reader);

impl Sink for Feed<'_> {
    fn event(&mut self, event: &Event<'_>) -> Flow {
        self.0.event(Duration::ZERO, event.name, event.data);
        Flow::Continue
    }

    fn comment(&mut self, _: &[u8]) -> Flow {
        self.0.comment();
        Flow::Continue
    }
}

/// Undoes the chunked framing.
fn unchunk(mut framed: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = find(framed, b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&framed[..end]).unwrap(), 16).unwrap();
        framed = &framed[end + 2..];
        let (data, rest) = match framed.strip_prefix(b"...\n") {
            // One recording was shortened by hand: this line stands for what is left out, and sizes do not hold.
            Some(kept) => kept.split_at(find(kept, b"\r\n").unwrap()),
            None => framed.split_at(size),
        };
        body.extend_from_slice(data);
        framed = rest.strip_prefix(b"\r\n").unwrap();
    }
    body
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

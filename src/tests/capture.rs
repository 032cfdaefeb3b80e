//! Reads recorded responses: what `curl --raw -i` printed, in `tests/data/streams`.

use std::path::Path;

/// One recorded response.
pub(super) struct Capture {
    pub(super) name: String,
    /// The body, without the framing of `transfer-encoding: chunked`.
    pub(super) body: Vec<u8>,
    /// The `content-type` header begins with `text/event-stream`.
    pub(super) is_event_stream: bool,
}

/// All recorded responses, by name.
pub(super) fn all() -> Vec<Capture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/streams");
    let mut captures: Vec<Capture> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            read(
                &path.file_stem().unwrap().to_string_lossy(),
                &std::fs::read(&path).unwrap(),
            )
        })
        .collect();
    captures.sort_by(|a, b| a.name.cmp(&b.name));
    captures
}

/// The recorded response of that name.
pub(super) fn named(name: &str) -> Capture {
    all()
        .into_iter()
        .find(|capture| capture.name == name)
        .unwrap()
}

fn read(name: &str, file: &[u8]) -> Capture {
    // Above the response stands the command line in most files, below it curl's exit code.
    let start = find(file, b"HTTP/1.1 ").unwrap();
    let end = file
        .windows(11)
        .rposition(|w| w == b"[curl exit ")
        .unwrap_or(file.len());
    let response = &file[start..end];
    let head_end = find(response, b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&response[..head_end]).to_ascii_lowercase();
    let body = &response[head_end + 4..];
    Capture {
        name: name.to_owned(),
        body: if head.contains("transfer-encoding: chunked") {
            unchunk(body)
        } else {
            body.to_vec()
        },
        is_event_stream: head.contains("content-type: text/event-stream"),
    }
}

/// Undoes the chunked framing, as far as the recording goes.
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
    assert!(framed.is_empty(), "left over: {}", framed.escape_ascii());
    body
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes
        .windows(needle.len())
        .position(|window| window == needle)
}

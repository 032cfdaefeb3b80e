//! Reads recorded responses: what `curl --raw -i` printed, in `tests/data/streams`.

use std::path::{Path, PathBuf};

/// One recorded response.
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) status: u16,
    /// The body, without the framing of `transfer-encoding: chunked`.
    pub(crate) body: Vec<u8>,
    /// The `content-type` header begins with `text/event-stream`.
    pub(crate) is_event_stream: bool,
}

/// All recorded responses, by name.
pub(crate) fn all() -> Vec<Capture> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.iter().map(|name| named(name)).collect()
}

/// The recorded response of that name.
pub(crate) fn named(name: &str) -> Capture {
    read(
        name,
        &std::fs::read(folder().join(format!("{name}.txt"))).unwrap(),
    )
}

fn folder() -> PathBuf {
    // The tests of the decoder, a package below this one, read the same recordings.
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("tests/data/streams"))
        .find(|folder| folder.is_dir())
        .unwrap()
}

fn read(name: &str, file: &[u8]) -> Capture {
    // Above the response stands the command line in most files, below it curl's exit code.
    let start = find(file, b"HTTP/1.1 ").unwrap();
    let end = memchr::memmem::rfind(file, b"[curl exit ").unwrap_or(file.len());
    let response = &file[start..end];
    let head_end = find(response, b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&response[..head_end]).to_ascii_lowercase();
    let body = &response[head_end + 4..];
    Capture {
        name: name.to_owned(),
        status: head[9..12].parse().unwrap(),
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
    memchr::memmem::find(bytes, needle)
}

use proptest::prelude::*;

use super::*;

/// Status, head and body, and for a complete response, whether the connection is kept.
type Whole = (u16, Vec<u8>, Vec<u8>, Option<bool>);

/// The responses of a connection, with joined bodies.
#[derive(Debug, Default, PartialEq, Eq)]
struct ParsedBytes {
    responses: Vec<Whole>,
    malformed: bool,
}

/// Parses the pieces in turn and then ends the connection.
fn parsed(pieces: &[&[u8]], bodiless: bool) -> (ParsedBytes, AtEnd) {
    let mut parser = Parser::default();
    let mut parsed = ParsedBytes::default();
    for piece in pieces {
        let mut input = *piece;
        loop {
            match parser.next(&mut input, bodiless) {
                Ok(Step::More) => break,
                Ok(Step::Head(head)) => {
                    parsed
                        .responses
                        .push((head.status, head.bytes.to_vec(), Vec::new(), None));
                }
                Ok(Step::Body(body)) => {
                    assert!(!body.is_empty());
                    parsed
                        .responses
                        .last_mut()
                        .unwrap()
                        .2
                        .extend_from_slice(body);
                }
                Ok(Step::End { keep_alive }) => {
                    parsed.responses.last_mut().unwrap().3 = Some(keep_alive);
                }
                Err(_) => {
                    parsed.malformed = true;
                    return (parsed, AtEnd::Broken);
                }
            }
        }
    }
    let end = parser.at_end();
    (parsed, end)
}

fn whole(bytes: &str) -> (ParsedBytes, AtEnd) {
    parsed(&[bytes.as_bytes()], false)
}

/// Status, body and keep-alive of each response.
fn short(parsed: &ParsedBytes) -> Vec<(u16, &str, Option<bool>)> {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    let short = parsed
        .responses
        .iter()
        .map(|(status, _, body, keep)| (*status, text(body), *keep));
    short.collect()
}

const EACH_KIND: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\nA \r\n0123456789\r\n000\r\nTrailer: x\r\nB: c\r\n\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 2\n\nab",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nz",
    "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2, 2\r\nContent-Length: 2\r\n\r\ncd",
];

#[test]
fn every_kind_of_response_is_parsed() {
    let table = [
        (200, "hello"),
        (204, ""),
        (304, ""),
        (404, ""),
        (200, "x"),
        (200, "hello world"),
        (200, "0123456789"),
        (200, "ab"),
        (200, "z"),
        (200, ""),
        (200, "cd"),
    ];
    for (bytes, (status, body)) in EACH_KIND.iter().zip(table) {
        let (parsed, end) = whole(bytes);
        assert_eq!(short(&parsed), [(status, body, Some(true))], "{bytes}");
        assert_eq!(end, AtEnd::Between, "{bytes}");
    }
}

#[test]
fn the_head_decides_whether_the_connection_is_kept() {
    for (head, kept) in [
        ("HTTP/1.1 200 OK\r\n", true),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n", false),
        ("HTTP/1.1 200 OK\r\nConnection: foo, CLOSE\r\n", false),
        ("HTTP/1.0 200 OK\r\n", false),
    ] {
        let (parsed, _) = whole(&format!("{head}Content-Length: 0\r\n\r\n"));
        assert_eq!(short(&parsed), [(200, "", Some(kept))], "{head}");
    }
}

#[test]
fn a_body_without_length_ends_with_the_connection() {
    let (parsed, end) = whole("HTTP/1.1 200 OK\r\n\r\nall of this");
    assert_eq!(short(&parsed), [(200, "all of this", None)]);
    assert_eq!(end, AtEnd::Complete);
}

#[test]
fn a_transfer_coding_overrides_a_length() {
    let chunked =
        "Content-Length: 3\r\nTransfer-Encoding: identity, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    let other = "Transfer-Encoding: chunked, gzip\r\nContent-Length: 3\r\n\r\n1\r\na";
    for (rest, body, end) in [
        (chunked, "a", AtEnd::Between),
        (other, "1\r\na", AtEnd::Complete),
    ] {
        let (parsed, at_end) = whole(&format!("HTTP/1.1 200 OK\r\n{rest}"));
        assert_eq!((short(&parsed)[0].1, at_end), (body, end), "{rest}");
    }
}

#[test]
fn a_head_has_its_version_and_reason() {
    for (line, is_1_0, reason) in [
        ("HTTP/1.1 200 OK", false, "OK"),
        ("HTTP/1.0 429 Slow Down ", true, "Slow Down"),
        ("\r\nHTTP/1.1 599 ", false, ""),
        ("HTTP/1.1 200", false, ""),
    ] {
        let bytes = format!("{line}\r\nContent-Length: 0\r\n\r\n");
        let mut parser = Parser::default();
        let Ok(Step::Head(head)) = parser.next(&mut bytes.as_bytes(), false) else {
            panic!("no head");
        };
        assert_eq!((head.is_1_0, head.reason()), (is_1_0, reason.as_bytes()));
    }
}

#[test]
fn an_idle_parser_holds_no_memory() {
    let mut parser = Parser::default();
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx" {
        let mut input = std::slice::from_ref(byte);
        while !matches!(parser.next(&mut input, false), Ok(Step::More)) {}
    }
    assert_eq!(parser.held.capacity(), 0);
}

#[test]
fn an_answer_to_head_has_no_body() {
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n";
    let (parsed, end) = parsed(&[bytes], true);
    assert_eq!(
        short(&parsed),
        [(200, "", Some(true)), (404, "", Some(true))]
    );
    assert_eq!(end, AtEnd::Between);
}

#[test]
fn a_connection_that_ends_within_a_response_cuts_it_off() {
    for bytes in [
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    ] {
        assert_eq!(whole(bytes).1, AtEnd::Broken, "{bytes}");
    }
}

#[test]
fn invalid_http_is_rejected() {
    for bytes in [
        "SSH-2.0-x\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    ] {
        assert!(whole(bytes).0.malformed, "{bytes}");
    }
}

#[test]
fn a_head_is_bounded_and_may_have_many_headers() {
    let many = "X: y\r\n".repeat(10_000);
    let (parsed, _) = whole(&format!(
        "HTTP/1.1 200 OK\r\n{many}Content-Length: 0\r\n\r\n"
    ));
    assert_eq!(short(&parsed), [(200, "", Some(true))]);
    let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "y".repeat(LONGEST_HEAD));
    assert!(whole(&endless).0.malformed);
}

#[test]
fn an_event_stream_is_recognized_by_its_content_type() {
    for (value, stream) in [
        ("text/event-stream", true),
        ("Text/Event-Stream; charset=utf-8", true),
        ("text/html", false),
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Type: {value}\r\n\r\n");
        let mut parser = Parser::default();
        let Ok(Step::Head(head)) = parser.next(&mut bytes.as_bytes(), false) else {
            panic!("no head");
        };
        assert_eq!(head.event_stream, stream, "{value}");
    }
}

proptest! {
    #[test]
    fn responses_are_the_same_at_every_cut(
        kinds in prop::collection::vec(0..EACH_KIND.len(), 1..5),
        cuts in prop::collection::vec(0_usize..2_000, 0..8),
        end in prop::sample::select(vec!["", "HTTP/1.1 200 OK\r\n\r\nto the end", "HTTP/1.1 2", "garbage\r\n\r\n"]),
    ) {
        let bytes = kinds.iter().map(|&kind| EACH_KIND[kind]).collect::<String>() + end;
        let bytes = bytes.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut from = 0;
        for cut in cuts {
            pieces.push(&bytes[from..cut]);
            from = cut;
        }
        pieces.push(&bytes[from..]);
        prop_assert_eq!(parsed(&pieces, false), parsed(&[bytes], false));
    }

    #[test]
    fn responses_in_single_bytes_are_the_same(kinds in prop::collection::vec(0..EACH_KIND.len(), 1..5)) {
        let bytes = kinds.iter().map(|&kind| EACH_KIND[kind]).collect::<String>();
        let single: Vec<&[u8]> = bytes.as_bytes().chunks(1).collect();
        prop_assert_eq!(parsed(&single, false), parsed(&[bytes.as_bytes()], false));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[HTP/1. 20OK\r\n:xa0-9]{0,200}") {
        let _ = parsed(&[&bytes], false);
        let _ = parsed(&[b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", text.as_bytes()], false);
        let _ = parsed(&[b"HTTP/1.1 200 OK\r\n", text.as_bytes(), &bytes], false);
    }
}

//! Writes the events of `/.sse`.

use std::fmt::Write;
use std::time::Duration;

use bytes::{BufMut, BytesMut};

use crate::serve::clock;
use crate::serve::failure::ErrorResponse;
use crate::serve::params::Params;

/// The content of `data`, repeated.
const FILLER: &[u8] = b"0123456789abcdef";

/// The largest `data` of an event, in bytes.
const MAX_SIZE: u64 = 64 << 20;

/// Writes events with the same fields.
#[derive(Debug)]
pub(super) struct Writer {
    eol: &'static str,
    has_id: bool,
    bom: bool,
    retry: Option<u64>,
    comment_every: u64,
    comment: String,
    stamp: bool,
    /// The bytes between the ID and the data.
    before_data: Vec<u8>,
    /// The data after the stamp, and the blank line of the event.
    data: Vec<u8>,
}

impl Writer {
    /// Reads the parameters of events.
    pub(super) fn read(params: &mut Params) -> Result<Self, ErrorResponse> {
        let eol = params.choice("eol", &[("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")])?;
        let event = params.line("event")?;
        let size = params.number("size", 16, 0..=MAX_SIZE)?;
        let stamp = params.switch("stamp", false)?;

        let mut before_data = Vec::new();
        if let Some(event) = event {
            before_data.extend_from_slice(format!("event: {event}{eol}").as_bytes());
        }
        before_data.extend_from_slice(b"data: ");

        let mut data = Vec::new();
        let stamp_size = if stamp { STAMP.len() } else { 0 };
        let mut filler = usize::try_from(size)
            .unwrap_or(usize::MAX)
            .saturating_sub(stamp_size);
        if stamp && filler > 0 {
            data.push(b' ');
            filler -= 1;
        }
        data.extend(FILLER.iter().cycle().take(filler));
        data.extend_from_slice(eol.as_bytes());
        data.extend_from_slice(eol.as_bytes());

        Ok(Self {
            eol,
            has_id: params.switch("id", true)?,
            bom: params.switch("bom", false)?,
            retry: params.maybe_time("retry")?.map(millis),
            comment_every: params.number("comment", 0, 0..=u64::from(u32::MAX))?,
            comment: params
                .line("comment_text")?
                .unwrap_or_else(|| "comment".to_owned()),
            stamp,
            before_data,
            data,
        })
    }

    /// Appends event `number`. The first event of a stream also has the fields of the stream: byte order mark and `retry`.
    pub(super) fn event(&self, out: &mut BytesMut, number: u64, is_first: bool) {
        // Writing to memory cannot fail.
        if is_first {
            if self.bom {
                out.put_slice(b"\xef\xbb\xbf");
            }
            if let Some(retry) = self.retry {
                let _ = write!(out, "retry: {retry}{}", self.eol);
            }
        }
        if self.comment_every > 0 && number.is_multiple_of(self.comment_every) {
            let _ = write!(out, ": {}{}", self.comment, self.eol);
        }
        if self.has_id {
            let _ = write!(out, "id: {number}{}", self.eol);
        }
        out.put_slice(&self.before_data);
        if self.stamp {
            let now = clock::unix_now();
            let _ = write!(out, "{}.{:09}", now.as_secs(), now.subsec_nanos());
        }
        out.put_slice(&self.data);
    }

    /// The comment that is sent during silence.
    pub(super) fn ping(&self) -> String {
        format!(":{eol}{eol}", eol = self.eol)
    }
}

/// An example of a stamp.
const STAMP: &str = "1795530598.123456789";

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderMap;

    fn written(query: &str) -> String {
        let writer = Writer::read(&mut Params::new(query, &HeaderMap::new())).unwrap();
        let mut out = BytesMut::new();
        writer.event(&mut out, 0, true);
        writer.event(&mut out, 1, false);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn an_event_has_an_id_and_data_of_the_requested_size() {
        assert_eq!(
            written(""),
            "id: 0\ndata: 0123456789abcdef\n\nid: 1\ndata: 0123456789abcdef\n\n"
        );
        assert_eq!(written("size=3&id=off"), "data: 012\n\ndata: 012\n\n");
        assert_eq!(written("size=0&id=off"), "data: \n\ndata: \n\n");
    }

    #[test]
    fn requested_fields_are_written() {
        assert_eq!(
            written("size=1&event=tick&retry=3s&bom&eol=crlf&comment=2&comment_text=hi"),
            "\u{feff}retry: 3000\r\n: hi\r\nid: 0\r\nevent: tick\r\ndata: 0\r\n\r\n\
             id: 1\r\nevent: tick\r\ndata: 0\r\n\r\n"
        );
        assert_eq!(written("size=1&eol=cr&id=0"), "data: 0\r\rdata: 0\r\r");
    }

    #[test]
    fn a_stamp_counts_towards_the_size() {
        for (query, size) in [
            ("stamp&size=30", 30),
            ("stamp&size=5", STAMP.len()),
            ("stamp", 20),
        ] {
            let events = written(query);
            let data = events
                .lines()
                .nth(1)
                .unwrap()
                .strip_prefix("data: ")
                .unwrap();
            assert_eq!(data.len(), size, "{query}");
            let sent: f64 = data.split(' ').next().unwrap().parse().unwrap();
            assert!(
                (sent - clock::unix_now().as_secs_f64()).abs() < 60.0,
                "{query}"
            );
        }
    }
}

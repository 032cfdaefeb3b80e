//! Parses one line of a stream into field and value.

use std::time::Duration;

/// A line with a known field; its value is the tail of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field<'l> {
    Data(&'l [u8]),
    Name(&'l [u8]),
    Id(&'l [u8]),
    Retry(&'l [u8]),
    Comment(&'l [u8]),
}

impl<'l> Field<'l> {
    /// Parses a line without its end. `None` for a field that the standard does not define.
    #[inline]
    pub(super) fn parse(line: &'l [u8]) -> Option<Self> {
        match line.first()? {
            b'd' => value(line.strip_prefix(b"data")?).map(Self::Data),
            b'e' => value(line.strip_prefix(b"event")?).map(Self::Name),
            b'i' => value(line.strip_prefix(b"id")?).map(Self::Id),
            b'r' => value(line.strip_prefix(b"retry")?).map(Self::Retry),
            b':' => value(line).map(Self::Comment),
            _ => None,
        }
    }
}

/// Parses the rest of a line after the name of its field: empty, or a colon, at most one ignored space, and the value.
#[inline]
fn value(after_name: &[u8]) -> Option<&[u8]> {
    match after_name {
        [b':', b' ', value @ ..] | [b':', value @ ..] | value @ [] => Some(value),
        _ => None,
    }
}

/// The value of a `retry` field: milliseconds in ASCII digits. Larger values than `u64` saturate.
pub(super) fn retry(value: &[u8]) -> Option<Duration> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let millis = value.iter().fold(0_u64, |n, digit| {
        n.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    });
    Some(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_recognised_by_its_whole_name() {
        let table: [(&[u8], Option<Field<'_>>); 17] = [
            (b"data: a", Some(Field::Data(b"a"))),
            (b"data:a", Some(Field::Data(b"a"))),
            (b"data:  a", Some(Field::Data(b" a"))),
            (b"data:\ta", Some(Field::Data(b"\ta"))),
            (b"data:", Some(Field::Data(b""))),
            (b"data: ", Some(Field::Data(b""))),
            (b"data", Some(Field::Data(b""))),
            (b"data : a", None),
            (b"datax: a", None),
            (b"DATA: a", None),
            (b" data: a", None),
            (b"event: e", Some(Field::Name(b"e"))),
            (b"id:7", Some(Field::Id(b"7"))),
            (b"retry: 10", Some(Field::Retry(b"10"))),
            (b": ping", Some(Field::Comment(b"ping"))),
            (b"::", Some(Field::Comment(b":"))),
            (b"", None),
        ];
        for (line, field) in table {
            assert_eq!(
                Field::parse(line),
                field,
                "{:?}",
                String::from_utf8_lossy(line)
            );
        }
    }

    #[test]
    fn retry_takes_digits_only_and_any_number_of_them() {
        assert_eq!(retry(b"3000"), Some(Duration::from_secs(3)));
        assert_eq!(retry(b"0"), Some(Duration::ZERO));
        assert_eq!(retry(b"007"), Some(Duration::from_millis(7)));
        assert_eq!(retry(&[b'9'; 1000]), Some(Duration::from_millis(u64::MAX)));
        for bad in [
            &b""[..],
            b"+1",
            b"-1",
            b"1.5",
            b"1s",
            b" 1",
            b"1 ",
            "\u{661}".as_bytes(),
        ] {
            assert_eq!(retry(bad), None, "{:?}", String::from_utf8_lossy(bad));
        }
    }
}

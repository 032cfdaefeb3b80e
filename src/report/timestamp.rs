//! Formats times as in RFC 3339, in UTC and to the nanosecond: `2026-01-31T12:00:00.000000001Z`.

use std::io::Write;
use std::time::Duration;

use crate::units::utc_date;

/// Formats times as in RFC 3339, in UTC and to the nanosecond: `2026-01-31T12:00:00.000000001Z`.
#[derive(Debug, Default)]
pub(super) struct Timestamp {
    second: u64,
    /// The text of the last second, because consecutive times often share it; empty before the first time.
    text: String,
}

impl Timestamp {
    /// Appends a time since the Unix epoch.
    pub(super) fn write(&mut self, time: Duration, out: &mut Vec<u8>) {
        if self.text.is_empty() || self.second != time.as_secs() {
            self.second = time.as_secs();
            self.text = utc_date(self.second);
        }
        out.extend_from_slice(self.text.as_bytes());
        // Writing to a vector does not fail.
        let _ = write!(out, ".{:09}Z", time.subsec_nanos());
    }
}

/// Formats seconds since the Unix epoch as `20260131-120000`, in UTC.
pub fn compact_date(seconds: u64) -> String {
    utc_date(seconds).replace(['-', ':'], "").replace('T', "-")
}

/// Formats a time since the Unix epoch to the second: `2026-01-31 12:00:00 UTC`.
pub(crate) fn utc(time: Duration) -> String {
    utc_date(time.as_secs()).replace('T', " ") + " UTC"
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::metrics::{MetricKind, Registry, Sample, Tags, Unit};

    /// Samples of several kinds, as a run gives them.
    pub(in crate::report) fn samples(mut see: impl FnMut(&Sample<'_>)) {
        let registry = Registry::new(Vec::new());
        let time = Duration::new(1_769_860_800, 1);
        registry.keep_samples(move || time);
        let recorder = registry.recorder();
        let tags = Tags::new().with("scenario", "a").with("status", "200");
        let odd = Tags::new().with("user", "ann & \"bob\", é").with("a", "1");
        let metric = |name, kind, unit| registry.register(name, kind, unit).unwrap();
        let part = metric("part", MetricKind::Rate, Unit::Plain);
        let time = metric("time", MetricKind::Trend, Unit::Time);
        recorder.add(&recorder.series(registry.builtin().data_sent, &tags), 1e15);
        recorder.add_n(&recorder.series(time, &tags), 0.25, 2);
        recorder.add_tagged(part, &tags, &odd, 1.0);
        recorder.add(&recorder.series(time, &Tags::new()), 1e-9);
        registry.take_samples(|block| block.iter().for_each(&mut see));
    }

    fn written(time: Duration) -> String {
        let mut out = Vec::new();
        Timestamp::default().write(time, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn times_are_in_utc_to_the_nanosecond() {
        for (seconds, nanos, text) in [
            (0, 0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400, 5, "2000-02-29T00:00:00.000000005Z"),
            (1_769_860_800, 999_999_999, "2026-01-31T12:00:00.999999999Z"),
            (u64::MAX, 0, "9999-12-31T23:59:59.000000000Z"),
        ] {
            assert_eq!(written(Duration::new(seconds, nanos)), text);
        }
    }

    #[test]
    fn a_compact_date_is_in_utc() {
        assert_eq!(compact_date(1_769_860_800), "20260131-120000");
    }

    #[test]
    fn the_cached_second_is_replaced_by_another() {
        let mut stamp = Timestamp::default();
        let mut out = Vec::new();
        for millis in [999, 1000, 1001, 0] {
            stamp.write(Duration::from_millis(millis), &mut out);
            out.push(b' ');
        }
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "1970-01-01T00:00:00.999000000Z 1970-01-01T00:00:01.000000000Z \
             1970-01-01T00:00:01.001000000Z 1970-01-01T00:00:00.000000000Z "
        );
    }
}

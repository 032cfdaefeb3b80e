//! A saved run as an HdrHistogram log, version 1.3: a line for each trend and second.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::metrics::{SeriesRole, Unit};
use crate::record::{Point, Record};
use crate::report::timestamp::utc;

/// The trends of a run as a log of `HdrHistogram`, version 1.3: a line for each trend and each second, with the name of
/// the series as its tag. Values are nanoseconds for times, millionths for plain numbers, and bytes for data; the column
/// of the greatest value is in milliseconds for times.
pub(crate) fn hdr_log(record: &Record) -> String {
    let started = record.started();
    let mut out = String::from("#[Histogram log format version 1.3]\n");
    let _ = writeln!(
        out,
        "#[StartTime: {:.3} (seconds since epoch), {}]",
        started.as_secs_f64(),
        utc(started)
    );
    out += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
    for frame in &record.frames {
        for (series, point) in frame.points() {
            let info = &record.series[series];
            let Point::Trend(histogram) = point else {
                continue;
            };
            if matches!(info.role, SeriesRole::Check | SeriesRole::Labels) {
                continue;
            }
            // Lines are split at commas, and tags end at white space.
            let tag = info.selector().replace([',', ' ', '\t', '\n', '\r'], ";");
            let scale = match info.unit {
                Unit::Time => 1e3,
                Unit::Plain | Unit::Data => 1.0,
            };
            let _ = writeln!(
                out,
                "Tag={tag},{:.3},{:.3},{:.6},{}",
                frame.start.as_secs_f64(),
                frame.length.as_secs_f64(),
                histogram.max() * scale,
                STANDARD.encode(histogram.to_hdr())
            );
        }
    }
    out
}

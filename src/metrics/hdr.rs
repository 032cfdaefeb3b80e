//! The compressed binary format V2 of HdrHistogram.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use super::bucket::Bucket;
use super::percentile::Exact;
use super::{Histogram, Unit};

/// Version 2 with counts of variable length.
const COOKIE: u32 = 0x1c84_9313;
const COMPRESSED: u32 = 0x1c84_9314;
const DIGITS: u32 = 3;
/// An hour in nanoseconds. Histograms with the same range can be added by their readers.
const HIGHEST: u64 = 3_600_000_000_000;
/// The length of the header before the counts.
const HEADER: usize = 40;
/// The maximum size of an uncompressed histogram.
const LONGEST: u64 = 1 << 20;

/// The bytes are not a histogram in this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not HdrHistogram V2 of three digits")]
pub(crate) struct HdrError;

impl Histogram {
    /// Encodes the values from 0 up, in nanoseconds for times, millionths for plain numbers, and bytes for data.
    pub(crate) fn to_hdr(&self) -> Vec<u8> {
        encode(
            self.buckets
                .iter()
                .filter(|(bucket, _)| !bucket.magnitude().1),
        )
    }

    /// Encodes the magnitudes of the values below 0; `None` if there are none.
    pub(crate) fn negative_to_hdr(&self) -> Option<Vec<u8>> {
        let negative = self.buckets.iter().rev();
        let mut negative = negative
            .filter(|(bucket, _)| bucket.magnitude().1)
            .peekable();
        negative.peek().is_some().then(|| encode(negative))
    }

    /// Decodes a histogram from its values from 0 up and those below 0. The format lacks the exact sum and extremes.
    ///
    /// # Errors
    /// Invalid bytes.
    pub(crate) fn from_hdr(
        unit: Unit,
        positive: &[u8],
        negative: Option<&[u8]>,
        (sum, min, max): (f64, f64, f64),
    ) -> Result<Self, HdrError> {
        let mut buckets = Vec::new();
        if let Some(negative) = negative {
            let below = decode(negative)?.into_iter().rev();
            buckets.extend(below.map(|(bucket, n)| (bucket.negated(), n)));
        }
        buckets.extend(decode(positive)?);
        let counts = buckets.iter().map(|(_, n)| *n);
        let count = counts.fold(0, u64::saturating_add);
        Ok(Self {
            unit,
            exact: Exact {
                count,
                sum,
                min,
                max,
            },
            buckets,
        })
    }
}

fn encode<'a>(buckets: impl Iterator<Item = &'a (Bucket, u64)>) -> Vec<u8> {
    let mut counts = Vec::new();
    let mut next = 0;
    let mut highest = HIGHEST;
    for (bucket, count) in buckets {
        let (number, _) = bucket.magnitude();
        let (low, width) = bucket.range();
        highest = highest.max(low + (width - 1));
        if let Some(gap) = number.checked_sub(next).filter(|gap| *gap > 0) {
            // A negative number stands for that many empty buckets.
            put(&mut counts, (gap << 1) - 1);
        }
        put(&mut counts, count.min(&(i64::MAX as u64)) << 1);
        next = number + 1;
    }
    let length = u32::try_from(counts.len()).unwrap_or(u32::MAX);
    let mut plain = Vec::with_capacity(HEADER + counts.len());
    for word in [COOKIE, length, 0, DIGITS] {
        plain.extend(word.to_be_bytes());
    }
    for word in [1, highest, 1.0_f64.to_bits()] {
        plain.extend(word.to_be_bytes());
    }
    plain.extend(counts);
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = deflated.write_all(&plain);
    let deflated = deflated.finish().unwrap_or_default();
    let mut bytes = COMPRESSED.to_be_bytes().to_vec();
    bytes.extend(
        u32::try_from(deflated.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes(),
    );
    bytes.extend(deflated);
    bytes
}

/// Writes a number with seven bits per byte, the least significant first; a ninth byte has eight bits.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    for _ in 0..8 {
        let [low, ..] = number.to_le_bytes();
        if number < 0x80 {
            bytes.push(low);
            return;
        }
        bytes.push(low | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

fn decode(bytes: &[u8]) -> Result<Vec<(Bucket, u64)>, HdrError> {
    let (cookie, rest) = word(bytes)?;
    let (length, rest) = word(rest)?;
    let deflated = rest.get(..length as usize).ok_or(HdrError)?;
    if cookie != COMPRESSED {
        return Err(HdrError);
    }
    let mut plain = Vec::new();
    let read = ZlibDecoder::new(deflated)
        .take(LONGEST)
        .read_to_end(&mut plain);
    read.map_err(|_| HdrError)?;
    let header = plain.get(..HEADER).ok_or(HdrError)?;
    let (cookie, rest) = word(header)?;
    let (length, rest) = word(rest)?;
    let (offset, rest) = word(rest)?;
    let (digits, rest) = word(rest)?;
    let lowest_is_one = rest.starts_with(&1_u64.to_be_bytes());
    if (cookie, offset, digits, lowest_is_one) != (COOKIE, 0, DIGITS, true) {
        return Err(HdrError);
    }
    let mut counts = plain[HEADER..].get(..length as usize).ok_or(HdrError)?;
    let mut buckets = Vec::new();
    let mut next: u64 = 0;
    while !counts.is_empty() {
        let number = take(&mut counts).ok_or(HdrError)?;
        let half = number >> 1;
        if number & 1 == 1 {
            next = next.checked_add(half + 1).ok_or(HdrError)?;
            continue;
        }
        let bucket = i32::try_from(next).map_err(|_| HdrError)?;
        if half > 0 {
            buckets.push((Bucket(bucket), half));
        }
        next += 1;
    }
    if next > u64::try_from(Bucket::of(u64::MAX).0).unwrap_or_default() + 1 {
        return Err(HdrError);
    }
    Ok(buckets)
}

fn word(bytes: &[u8]) -> Result<(u32, &[u8]), HdrError> {
    let (word, rest) = bytes.split_first_chunk().ok_or(HdrError)?;
    Ok((u32::from_be_bytes(*word), rest))
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for n in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if n == 8 {
            return Some(number | u64::from(*byte) << 56);
        }
        number |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::{Deserializer, Serializer, V2DeflateSerializer};
    use proptest::prelude::*;

    use super::*;
    use crate::metrics::Trend;

    fn of(values: &[f64]) -> Histogram {
        let mut trend = Trend::new(Unit::Time);
        for &value in values {
            trend.add(value, 1);
        }
        trend.histogram()
    }

    proptest! {
        #[test]
        fn histograms_survive_a_round_trip_through_ours_and_the_library(values in prop::collection::vec(0.0..1e4_f64, 1..200)) {
            let histogram = of(&values);
            let bytes = histogram.to_hdr();
            let beside = (histogram.exact.sum, histogram.exact.min, histogram.exact.max);
            prop_assert_eq!(&Histogram::from_hdr(Unit::Time, &bytes, None, beside).unwrap(), &histogram);
            let theirs: hdrhistogram::Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
            let steps: Vec<_> = theirs.iter_recorded().map(|s| (Bucket::of(s.value_iterated_to()), s.count_at_value())).collect();
            prop_assert_eq!(&steps, &histogram.buckets);
            let mut written = Vec::new();
            V2DeflateSerializer::new().serialize(&theirs, &mut written).unwrap();
            prop_assert_eq!(Histogram::from_hdr(Unit::Time, &written, None, beside).unwrap(), histogram);
        }

        #[test]
        fn arbitrary_bytes_cause_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = Histogram::from_hdr(Unit::Time, &bytes, None, (0.0, 0.0, 0.0));
        }
    }

    #[test]
    fn both_signs_and_large_counts_survive_a_round_trip() {
        let mut trend = Trend::new(Unit::Plain);
        trend.add(-7.5, 3);
        trend.add(-0.000_001, 1);
        trend.add(0.0, 1 << 61);
        trend.add(1e30, 2);
        let histogram = trend.histogram();
        let beside = (
            histogram.exact.sum,
            histogram.exact.min,
            histogram.exact.max,
        );
        let (positive, negative) = (histogram.to_hdr(), histogram.negative_to_hdr());
        let back = Histogram::from_hdr(Unit::Plain, &positive, negative.as_deref(), beside);
        assert_eq!(back, Ok(histogram));
    }

    #[test]
    fn truncated_bytes_are_refused() {
        let bytes = of(&[0.001, 5.0]).to_hdr();
        for end in 0..bytes.len() {
            let cut = Histogram::from_hdr(Unit::Time, &bytes[..end], None, (0.0, 0.0, 0.0));
            assert_eq!(cut, Err(HdrError), "{end}");
        }
    }
}

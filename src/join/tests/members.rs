use super::*;
use crate::join::hello::PROTOCOL;
use proptest::prelude::*;

use crate::join::wire::{FrameMessage, PartMessage, from_json, json};
use crate::metrics::{Counter, MetricKind, SeriesRole, Sink, Tags, Trend, Unit};
use crate::record::Point;

fn hello(part: u64, count: u64) -> Hello {
    Hello {
        protocol: PROTOCOL,
        part,
        count,
        run_id: "7".into(),
        ..Hello::default()
    }
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn members(count: u64) -> Members {
    let mut members = Members::new(hello(0, count));
    for part in 1..count {
        let from = format!("10.0.0.{part}");
        let admitted = members.admit(hello(part, count), &format!("s{part}"), &from, s(0));
        assert_eq!(admitted, Ok(()));
    }
    members
}

fn series() -> SeriesInfo {
    SeriesInfo {
        metric: "iterations".into(),
        kind: MetricKind::Counter,
        unit: Unit::Plain,
        tags: Tags::new(),
        role: SeriesRole::Whole,
    }
}

fn frame(second: u64, count: f64) -> PartMessage {
    let point = Point::Counter(Counter { count, samples: 1 });
    let frame = Frame::new(s(second), s(1)).with_points(vec![(0, point)]);
    Content::Frame(FrameMessage::of(&frame)).into()
}

fn batch(first: u64, messages: Vec<PartMessage>) -> MessageBatch {
    MessageBatch { first, messages }
}

#[test]
fn a_run_is_complete_when_all_its_parts_have_joined() {
    let mut members = Members::new(hello(0, 3));
    assert_eq!(members.missing(), [1, 2]);
    members.admit(hello(2, 3), "a", "b", s(1)).unwrap();
    assert_eq!(members.missing(), [1]);
    members.admit(hello(1, 3), "c", "d", s(1)).unwrap();
    assert_eq!((members.missing(), members.fault()), (vec![], None));
}

#[test]
fn a_part_of_another_run_is_rejected() {
    let refused = |hello: Hello| {
        let mut members = members(3);
        let refusal = members.admit(hello, "x", "10.0.0.9", s(1)).unwrap_err();
        (refusal.0, members.fault().is_some())
    };
    let (reason, fault) = refused(hello(2, 3));
    assert!(fault);
    assert!(
        reason.contains("part 2 of 3, 10.0.0.2 and 10.0.0.9"),
        "{reason}"
    );
    let (reason, _) = refused(hello(0, 3));
    assert!(reason.contains("part 0 itself"), "{reason}");
    let (reason, fault) = refused(hello(1, 4));
    assert!(fault);
    assert!(reason.contains("part 1 is one of 4 parts"), "{reason}");
    let (reason, fault) = refused(hello(3, 3));
    assert!(fault);
    assert!(reason.contains("there is no part 3 of 3"), "{reason}");
    // A part of another run is not a fault of this one.
    let (reason, fault) = refused(Hello {
        run_id: "8".into(),
        ..hello(1, 3)
    });
    assert!(!fault);
    assert!(reason.contains("this is the run"), "{reason}");
}

#[test]
fn a_part_restarted_before_the_load_joins_again() {
    let mut members = members(2);
    members.set_listening(1, "s1", s(1), true);
    members.set_listening(1, "s1", s(2), false);
    members.drop_lost(s(3));
    assert!(members.missing().is_empty());
    members.drop_lost(s(7));
    assert_eq!(members.missing(), [1]);
    members.admit(hello(1, 2), "new", "10.0.0.1", s(8)).unwrap();
    assert_eq!(
        members
            .take(1, "s1", MessageBatch::default(), s(8))
            .unwrap_err()
            .0,
        "part 1 has not joined this run"
    );
    members.close();
    let refusal = members.admit(hello(1, 2), "third", "10.0.0.1", s(20));
    assert!(refusal.unwrap_err().0.contains("has begun without part 1"));
}

#[test]
fn each_message_counts_once() {
    let mut members = members(2);
    let first = batch(
        0,
        vec![Content::Series(json(&series())).into(), frame(0, 5.0)],
    );
    assert_eq!(members.take(1, "s1", first.clone(), s(1)), Ok(2));
    assert_eq!(members.take(1, "s1", first, s(2)), Ok(2));
    assert_eq!(
        members.take(1, "s1", batch(2, vec![frame(1, 6.0)]), s(2)),
        Ok(3)
    );
    let state = members.parts().remove(0);
    assert!((state.tally.iterations - 11.0).abs() < f64::EPSILON);
    assert_eq!(state.until, s(2));
    // Something is missing before it.
    assert!(
        members
            .take(1, "s1", batch(9, vec![frame(2, 1.0)]), s(3))
            .is_err()
    );
}

#[test]
fn a_second_is_complete_when_no_part_has_more_for_it() {
    let mut members = members(3);
    let first = || {
        vec![
            Content::Series(json(&series())).into(),
            frame(0, 1.0),
            frame(1, 1.0),
        ]
    };
    members.take(1, "s1", batch(0, first()), s(2)).unwrap();
    assert!(members.take_complete(s(5)).1.is_empty());
    members.take(2, "s2", batch(0, first()), s(2)).unwrap();
    let (_, complete) = members.take_complete(s(5));
    assert_eq!(complete.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [0, 1]);
    members
        .take(1, "s1", batch(3, vec![frame(2, 1.0)]), s(3))
        .unwrap();
    assert!(members.take_complete(s(5)).1.is_empty());
    // The other part is lost, so nothing waits for it.
    members.close();
    members.take(1, "s1", batch(4, vec![]), s(32)).unwrap();
    members.drop_lost(s(32));
    assert_eq!(members.take_complete(s(5)).1.len(), 1);
    assert_eq!(
        members
            .take(2, "s2", MessageBatch::default(), s(33))
            .unwrap_err()
            .0,
        "part 2 was silent for too long; the run continues without it"
    );
}

#[test]
fn a_silent_part_is_lost_and_an_ended_one_sooner() {
    let mut members = members(4);
    members.close();
    for part in 1..4 {
        members.set_listening(part, &format!("s{part}"), s(1), true);
    }
    // The link of the second part was cut and restored; the process of the third one ended.
    members.set_listening(2, "s2", s(10), false);
    members.set_listening(3, "s3", s(10), false);
    members.set_listening(2, "s2", s(13), true);
    members.drop_lost(s(16));
    let lost = |members: &Members| {
        members
            .parts()
            .iter()
            .map(|part| part.is_lost)
            .collect::<Vec<_>>()
    };
    assert_eq!(lost(&members), [false, false, true]);
    members.drop_lost(s(31));
    assert_eq!(lost(&members), [true, false, true]);
}

proptest! {
    /// The cells are those of one process, whichever part records a sample in whichever second.
    #[test]
    fn histograms_of_parts_add_up_to_that_of_one_process(
        samples in prop::collection::vec((1_u64..4, 0_u64..5, -1e3..1e4_f64), 1..300),
    ) {
        let info = SeriesInfo { kind: MetricKind::Trend, unit: Unit::Time, ..series() };
        let mut members = members(4);
        let mut whole = Trend::new(Unit::Time);
        for part in 1..4 {
            let mut messages = vec![Content::Series(json(&info)).into()];
            for second in 0..5 {
                let mut trend = Trend::new(Unit::Time);
                for (_, _, value) in samples.iter().filter(|(p, at, _)| (*p, *at) == (part, second)) {
                    trend.add(*value, 1);
                    whole.add(*value, 1);
                }
                let points = vec![(0, Point::of(&Sink::Trend(trend)))];
                let frame = Frame::new(s(second), s(1)).with_points(points);
                messages.push(Content::Frame(FrameMessage::of(&frame)).into());
            }
            let bytes = batch(0, messages).to_bytes();
            members.take(part, &format!("s{part}"), MessageBatch::from_bytes(bytes.into()).unwrap(), s(5)).unwrap();
        }
        let mut total = Sink::new(MetricKind::Trend, Unit::Time);
        for (_, frame) in members.merged.take_all() {
            frame.point(0).unwrap().add_to(&mut total);
        }
        let Sink::Trend(total) = total else { panic!("a trend") };
        let (own, one) = (total.histogram(), whole.histogram());
        prop_assert!(own.numbered().eq(one.numbered()));
        prop_assert_eq!((own.count(), own.min(), own.max()), (one.count(), one.min(), one.max()));
        prop_assert!((own.sum() - one.sum()).abs() <= 1e-9 * one.sum().abs().max(1.0));
    }
}

#[test]
fn arbitrary_bytes_cause_no_panic() {
    proptest!(|(bytes in prop::collection::vec(any::<u8>(), 0..200))| {
        if let Ok(batch) = MessageBatch::from_bytes(bytes.into()) {
            let _ = members(2).take(1, "s1", batch, s(1));
        }
    });
}

#[test]
fn an_incomplete_frame_is_rejected() {
    let bytes = batch(
        0,
        vec![Content::Series(json(&series())).into(), frame(0, 1.0)],
    )
    .to_bytes();
    let bytes = bytes::Bytes::from(bytes);
    assert!(MessageBatch::from_bytes(bytes.clone()).is_ok());
    for end in 1..bytes.len() {
        let half = MessageBatch::from_bytes(bytes.slice(..end));
        let taken = half
            .ok()
            .and_then(|half| members(2).take(1, "s1", half, s(1)).ok());
        assert!(taken.is_none_or(|next| next < 2), "{end}");
    }
}

#[test]
fn series_arrive_unchanged() {
    for role in [
        SeriesRole::Whole,
        SeriesRole::SubMetric,
        SeriesRole::Check,
        SeriesRole::Labels,
    ] {
        let here = SeriesInfo { role, ..series() };
        assert_eq!(from_json::<SeriesInfo>(&json(&here)).unwrap(), here);
    }
}

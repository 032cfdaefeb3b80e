use super::*;

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn told(timeline: &SignalTimeline) -> Vec<(u64, Recipients, Signal)> {
    timeline
        .changes
        .iter()
        .map(|change| (change.at.as_secs(), change.recipients, change.signal))
        .collect()
}

#[test]
fn steady_vus_run_stop_and_are_interrupted() {
    let expected = [
        (0, Recipients::All, Signal::Run),
        (10, Recipients::All, Signal::Stop),
        (40, Recipients::All, Signal::StopNow),
    ];
    assert_eq!(told(&SignalTimeline::steady(s(10), s(30))), expected);
}

#[test]
fn a_ramped_down_vu_pauses_and_is_interrupted_later() {
    let timeline =
        SignalTimeline::ramping([vec![s(1)..s(4)], vec![s(2)..s(10)]], s(3), s(10), s(30));
    let expected = [
        (1, Recipients::One(0), Signal::Run),
        (2, Recipients::One(1), Signal::Run),
        (4, Recipients::One(0), Signal::Pause),
        (7, Recipients::One(0), Signal::PauseNow),
        (10, Recipients::All, Signal::Stop),
        (40, Recipients::All, Signal::StopNow),
    ];
    assert_eq!(told(&timeline), expected);
}

#[test]
fn a_vu_that_becomes_active_again_keeps_its_iteration() {
    let timeline = SignalTimeline::ramping(
        [vec![s(0)..s(2), s(4)..s(5), s(9)..s(10)]],
        s(3),
        s(12),
        s(0),
    );
    let cuts: Vec<u64> = told(&timeline)
        .into_iter()
        .filter_map(|(at, _, order)| (order == Signal::PauseNow).then_some(at))
        .collect();
    assert_eq!(cuts, [8, 13], "not at 5: the second interval had begun");
}

#[test]
fn signals_are_taken_when_they_are_due() {
    let mut timeline = SignalTimeline::steady(s(10), s(0));
    assert_eq!(timeline.next_at(), Some(s(0)));
    assert_eq!(
        timeline.take_due(s(0)).map(|change| change.signal),
        Some(Signal::Run)
    );
    assert_eq!(timeline.take_due(s(9)), None);
    assert_eq!(
        timeline.take_due(s(10)).map(|change| change.signal),
        Some(Signal::Stop)
    );
    assert_eq!(
        timeline.take_due(s(10)).map(|change| change.signal),
        Some(Signal::StopNow)
    );
    assert_eq!(timeline.next_at(), None);
}

#[test]
fn a_stop_ends_all_vus_and_keeps_earlier_interruptions() {
    let mut timeline = SignalTimeline::ramping(
        [vec![s(0)..s(2)], vec![s(0)..s(8)], vec![s(20)..s(30)]],
        s(5),
        s(60),
        s(30),
    );
    while timeline.take_due(s(3)).is_some() {}
    timeline.stop(s(3), s(9));
    let expected = [
        (3, Recipients::All, Signal::Stop),
        (7, Recipients::One(0), Signal::PauseNow),
        (12, Recipients::All, Signal::StopNow),
    ];
    assert_eq!(told(&timeline), expected);
}

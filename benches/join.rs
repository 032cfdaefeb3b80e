//! The cost of a joined run for part 0: the listening thread, and the merging on the main thread, with simulated parts that
//! send one frame per second. `cargo bench --bench join [PARTS SERIES]`

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::time::{Duration, Instant};

use ssel::internals::{Address, Follower, Hello, Leader};
use ssel::metrics::{
    Counter, MetricKind, Rate, Registry, SeriesInfo, SeriesRole, Sink, SinkId, Tags, Totals, Trend,
    Unit,
};
use ssel::record::{Frame, Point};

/// Samples of a trend in a second of one part.
const SAMPLES: u64 = 50;
const SECONDS: u64 = 10;

fn main() {
    let numbers = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse().ok());
    let numbers: Vec<u64> = numbers.collect();
    println!(
        "{:>6} {:>7} {:>12} {:>12} {:>10}",
        "parts", "series", "listening", "merging", "of a core"
    );
    match numbers[..] {
        [parts, series] => measure(parts, series),
        _ => {
            for (parts, series) in [
                (10, 1_000),
                (50, 1_000),
                (100, 100),
                (100, 1_000),
                (200, 1_000),
            ] {
                measure(parts, series);
            }
        }
    }
}

fn measure(parts: u64, series: u64) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("it works");
    let address = Address::new("127.0.0.1", listener.local_addr().expect("it works").port());
    drop(listener);
    let hello = |part| Hello {
        part,
        count: parts + 1,
        ..Hello::default()
    };
    let before = threads("ssel-join");
    let leader = Leader::listen(&address, None, hello(0)).expect("it works");
    let listening = threads("ssel-join");
    let listening = listening
        .into_iter()
        .find(|thread| !before.contains(thread))
        .expect("it works");
    let followers: Vec<Follower> = (1..=parts)
        .map(|part| Follower::join(address.clone(), None, hello(part)).expect("it works"))
        .collect();
    while !leader.members().missing().is_empty()
        || followers.iter().any(|part| part.clock().is_none())
    {
        std::thread::sleep(Duration::from_millis(10));
    }
    leader.members().close();

    let infos: Vec<SeriesInfo> = (0..series).map(info).collect();
    let registry = Registry::new(Vec::new());
    let mut totals = Totals::new();
    let mut places: Vec<(SinkId, MetricKind, Unit)> = Vec::new();
    let (mut spent, mut merged) = (Duration::ZERO, 0_u64);
    let mut received = of_thread(listening);
    for second in 0..=SECONDS {
        let begun = Instant::now();
        for (number, follower) in (1..).zip(&followers) {
            let new = if second == 0 { &infos[..] } else { &[] };
            follower.frame(new, frame(second, number, &infos));
            let due = begun + Duration::from_micros(1_000_000 * number / parts);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        let before = this_thread();
        let new = leader.members().merged.series()[places.len()..].to_vec();
        for info in new {
            let sink = registry
                .sink_of(&info)
                .expect("it works")
                .expect("it works");
            places.push((sink, info.kind, info.unit));
        }
        let (_, seconds) = leader.members().take_complete(Duration::MAX);
        for (_, frame) in seconds {
            for (at, point) in frame.points() {
                let (sink, kind, unit) = places[at];
                point.add_to(totals.entry(sink, kind, unit));
                merged += point.count();
            }
        }
        if second == 0 {
            // Series come once.
            received = of_thread(listening);
        } else {
            spent += this_thread().saturating_sub(before);
        }
    }
    let received = of_thread(listening).saturating_sub(received);
    assert!(merged > 0);
    let per_second = |time: Duration| time.as_secs_f64() * 1e3 / SECONDS as f64;
    println!(
        "{parts:>6} {series:>7} {:>9.1} ms {:>9.1} ms {:>8.1} %",
        per_second(received),
        per_second(spent),
        (received + spent).as_secs_f64() / SECONDS as f64 * 100.0
    );
}

/// Of ten series, four are counters, two are rates and four are trends.
fn info(number: u64) -> SeriesInfo {
    let kind = match number % 10 {
        0..4 => MetricKind::Counter,
        4..6 => MetricKind::Rate,
        _ => MetricKind::Trend,
    };
    SeriesInfo {
        metric: format!("metric_{number}"),
        kind,
        unit: if kind == MetricKind::Trend {
            Unit::Time
        } else {
            Unit::Plain
        },
        tags: Tags::new(),
        role: SeriesRole::Whole,
    }
}

fn frame(second: u64, part: u64, infos: &[SeriesInfo]) -> Frame {
    let mut random = second * 7919 + part * 104_729 + 1;
    let mut next = move || {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 40) as f64 / f64::from(1 << 24)
    };
    let points = (0..).zip(infos).map(|(at, info)| {
        let point = match info.kind {
            MetricKind::Rate => Point::Rate(Rate {
                passes: 40,
                total: 50,
            }),
            MetricKind::Trend => {
                let mut trend = Trend::new(info.unit);
                // Around 20 ms, as answers of a server are.
                for _ in 0..SAMPLES {
                    trend.add(0.015 + 0.01 * next() * next(), 1);
                }
                Point::of(&Sink::Trend(trend))
            }
            _ => Point::Counter(Counter {
                count: 50.0,
                samples: 50,
            }),
        };
        (at, point)
    });
    Frame::new(Duration::from_secs(second), Duration::from_secs(1)).with_points(points.collect())
}

/// The threads of this process that have this name.
fn threads(name: &str) -> Vec<u32> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("/proc");
    let number = |task: std::fs::DirEntry| {
        let comm = std::fs::read_to_string(task.path().join("comm")).ok()?;
        let id = task.file_name().to_string_lossy().parse().ok()?;
        (comm.trim_end() == name).then_some(id)
    };
    tasks.flatten().filter_map(number).collect()
}

fn of_thread(thread: u32) -> Duration {
    time(&format!("/proc/self/task/{thread}/schedstat"))
}

fn this_thread() -> Duration {
    time("/proc/thread-self/schedstat")
}

/// Time on a processor, which comes first there, in nanoseconds.
fn time(path: &str) -> Duration {
    let text = std::fs::read_to_string(path).expect("/proc");
    let nanos = text.split(' ').next().and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.expect("a number"))
}

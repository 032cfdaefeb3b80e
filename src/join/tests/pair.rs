//! Part 0 and other parts over real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::*;
use crate::metrics::{Counter, MetricKind, SeriesInfo, SeriesRole, Tags, Unit};
use crate::record::{Frame, Point, RunEnd, VerdictKind};

fn hello(part: u64, count: u64) -> Hello {
    Hello {
        part,
        count,
        command: "run".into(),
        ..Hello::default()
    }
}

/// A free port.
fn free() -> Address {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    Address::new("127.0.0.1", listener.local_addr().unwrap().port())
}

fn token(text: &str) -> Option<Token> {
    Token::new(text)
}

#[track_caller]
fn wait(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn events() -> SeriesInfo {
    SeriesInfo {
        metric: "sse_event".into(),
        kind: MetricKind::Counter,
        unit: Unit::Plain,
        tags: Tags::new(),
        role: SeriesRole::Whole,
    }
}

fn frame(second: u64) -> Frame {
    let point = Point::Counter(Counter {
        count: 7.0,
        samples: 7,
    });
    Frame::new(Duration::from_secs(second), Duration::from_secs(1)).with_points(vec![(0, point)])
}

#[test]
fn a_run_of_three_from_joining_to_leaving() {
    let address = free();
    let join = |part| Follower::join(address.clone(), token("secret"), hello(part, 3)).unwrap();
    // A part tries to join before part 0 listens.
    let early = join(1);
    wait("there is no answer", || early.trouble().is_some());
    let leader = Leader::listen(&address, token("secret"), hello(0, 3)).unwrap();
    let late = join(2);
    let parts = [early, late];
    wait("all have joined", || leader.members().missing().is_empty());
    leader.members().close();
    wait("the clock is read", || {
        parts.iter().all(|part| part.clock().is_some())
    });
    for part in &parts {
        let clock = part.clock().unwrap();
        let now = Instant::now();
        let apart = Duration::from_nanos(clock.at(now).abs_diff(leader.clock().at(now)));
        assert!(apart <= clock.round_trip, "{apart:?} of {clock:?}");
    }
    leader.set_up(vec![0, 255, 7]);
    wait("setup is received", || {
        parts
            .iter()
            .all(|part| part.setup() == Some(vec![0, 255, 7]))
    });
    for part in &parts {
        part.ready();
        part.frame(&[events()], frame(0));
        part.frame(&[], frame(1));
    }
    wait("frames are here", || {
        let parts = leader.members().parts();
        parts
            .iter()
            .all(|part| part.is_ready && part.until.as_secs() == 2)
    });
    assert_eq!(leader.members().merged.series(), [events()]);
    let (_, seconds) = leader.members().take_complete(Duration::from_secs(2));
    assert_eq!(seconds.len(), 2);
    let point = seconds[1].1.point(0).unwrap();
    assert!((point.stat(crate::metrics::Stat::Count, 1.0).unwrap() - 14.0).abs() < f64::EPSILON);
    leader.order(|orders| orders.end = Some(RunEnd::new(VerdictKind::Passed, "")));
    wait("the end is received", || {
        parts.iter().all(|part| part.orders().end.is_some())
    });
    parts.into_iter().for_each(Follower::leave);
    assert!(leader.members().parts().iter().all(|part| part.has_left));
    assert_eq!(leader.unauthorized(), 0);
}

#[test]
fn a_part_without_the_token_is_rejected() {
    let address = free();
    let leader = Leader::listen(&address, token("secret"), hello(0, 2)).unwrap();
    for other in [None, token("Secret")] {
        let part = Follower::join(address.clone(), other, hello(1, 2)).unwrap();
        wait("it is turned away", || {
            part.lost() == Some(Disconnected::Token)
        });
    }
    assert_eq!(
        (leader.members().missing(), leader.unauthorized()),
        (vec![1], 2)
    );
}

#[test]
fn a_difference_is_reported_on_both_sides() {
    let address = free();
    let leader = Leader::listen(&address, None, hello(0, 2)).unwrap();
    let own = Hello {
        script_hash: "x".into(),
        name: "other.lua".into(),
        ..hello(1, 2)
    };
    let part = Follower::join(address, None, own).unwrap();
    wait("it is turned away", || part.lost().is_some());
    let reason = part.lost().unwrap().to_string();
    assert!(
        reason.contains("the script of part 1, other.lua"),
        "{reason}"
    );
    assert!(leader.members().fault().unwrap().contains("other.lua"));
}

fn say(addr: SocketAddr, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // It may already be closed.
    let _ = socket.write_all(bytes);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn other_clients_do_not_disturb_the_run() {
    let address = free();
    let leader = Leader::listen(&address, token("secret"), hello(0, 2)).unwrap();
    let addr = leader.addr();
    let slow: Vec<TcpStream> = (0..50)
        .map(|_| {
            let mut socket = TcpStream::connect(addr).unwrap();
            socket
                .write_all(b"POST /join HTTP/1.1\r\nHost: x\r\nX: ")
                .unwrap();
            socket
        })
        .collect();
    let page = say(
        addr,
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    assert!(page.starts_with("HTTP/1.1 401"), "{page}");
    assert!(!page.contains("secret"));
    say(addr, &[0x16, 3, 1, 0, 200, 1, 0, 0, 252, 3, 3]);
    say(addr, &[0; 300]);
    // Authorized by its token, but not a valid message.
    let half = b"POST /join HTTP/1.1\r\nHost: x\r\nssel-join: 1\r\nAuthorization: Bearer secret\r\nContent-Type: application/json\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{\"p";
    assert!(say(addr, half).starts_with("HTTP/1.1 4"));
    let part = Follower::join(address, token("secret"), hello(1, 2)).unwrap();
    wait("a part joins all the same", || {
        leader.members().missing().is_empty()
    });
    wait("its clock is read", || part.clock().is_some());
    drop(slow);
}

#[test]
fn a_process_that_ends_is_noticed_on_both_sides() {
    let address = free();
    let leader = Leader::listen(&address, None, hello(0, 3)).unwrap();
    let join = |part| Follower::join(address.clone(), None, hello(part, 3)).unwrap();
    let (stays, goes) = (join(1), join(2));
    wait("all have joined", || leader.members().missing().is_empty());
    wait("the orders arrive", || {
        leader.set_up(Vec::new());
        stays.setup().is_some() && goes.setup().is_some()
    });
    leader.members().close();
    drop(goes);
    wait("it is lost", || leader.members().parts()[1].is_lost);
    assert!(!leader.members().parts()[0].is_lost);
    drop(leader);
    wait("part 0 has ended", || {
        stays.lost() == Some(Disconnected::Gone)
    });
}

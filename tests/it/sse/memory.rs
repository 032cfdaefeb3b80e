//! The memory that a VU keeps after events have passed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::support::counting::{Counting, STREAM};
use crate::support::ssel::run;

const VUS: u64 = 40;

/// Waits until `done`; fails after the time limit of tests.
fn wait(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < Duration::from_secs(40), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A run that ends with this value.
struct Running(std::process::Child);

impl Running {
    fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.unwrap().parse::<u64>().unwrap() / 1024
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_memory_of_a_large_event_is_freed() {
    for open in [
        "sse.open(url, function(client) client:on('event', function(event) n = n + #event.data end) end)",
        "sse.open(url, function() end)",
        "local stream = sse.connect(url) for event in stream:events() do n = n + #event.data end",
    ] {
        // The server sends small events (0), a large one (1), then small ones again.
        let order = Arc::new(AtomicU64::new(0));
        let large = Arc::new(AtomicU64::new(0));
        let server = Counting::start({
            let (order, large) = (Arc::clone(&order), Arc::clone(&large));
            move |peer, _, _| {
                peer.send(STREAM)?;
                let mut is_sent = false;
                loop {
                    if order.load(Ordering::SeqCst) == 1 && !is_sent {
                        is_sent = true;
                        peer.event(&"x".repeat(1 << 20))?;
                        large.fetch_add(1, Ordering::SeqCst);
                    }
                    peer.event("small")?;
                    std::thread::sleep(Duration::from_millis(100));
                }
            }
        });
        let script = format!(
            "options = {{ scenarios = {{ s = {{ executor = 'constant-vus', vus = {VUS}, duration = '2m', graceful_stop = 0 }} }} }}
             local n, url = 0, '{}'
             function default() {open} end",
            server.url()
        );
        let ssel = run(&script);
        let child = Running(ssel.command().spawn().unwrap());
        wait("all streams are open", || server.requests() == VUS);
        let events = server.events();
        wait("they drip", || server.events() > events + 10 * VUS);
        let before = child.resident_mib();
        order.store(1, Ordering::SeqCst);
        wait("all have the large event", || {
            large.load(Ordering::SeqCst) == VUS
        });
        // Of 40 MiB and more; the rest belongs to the allocator.
        wait("the memory is given back", || {
            child.resident_mib() < before + VUS / 2
        });
    }
}

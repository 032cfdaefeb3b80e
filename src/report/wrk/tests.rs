use super::*;
use crate::metrics::ErrorCounts;

fn tally() -> Tally {
    let mut tally = Tally {
        requests: 12_345,
        bytes: 3_000_000,
        ..Tally::default()
    };
    for latency in [400, 500, 600, 700, 2_500] {
        tally.latency.record(latency);
    }
    tally.rate.record(1_200);
    tally.rate.record(1_300);
    tally
}

fn report(tally: &Tally, latency: bool, planned: bool) -> String {
    wrk(&WrkReport {
        runtime: Duration::from_millis(10_004),
        tally,
        latency,
        planned,
    })
}

#[test]
fn the_header_is_that_of_wrk() {
    assert_eq!(
        wrk_header(Duration::from_secs(10), "http://127.0.0.1:8080/", 2, 10),
        "Running 10s test @ http://127.0.0.1:8080/\n  2 threads and 10 connections\n"
    );
}

#[test]
fn the_report_is_that_of_wrk() {
    insta::assert_snapshot!(report(&tally(), true, false), @"");
}

#[test]
fn what_went_wrong_has_lines_of_its_own() {
    let tally = Tally {
        errors: ErrorCounts {
            connect: 1,
            read: 2,
            write: 3,
            timeout: 4,
            status: 5,
        },
        script_errors: 6,
        ..tally()
    };
    insta::assert_snapshot!(report(&tally, false, false), @"");
}

#[test]
fn planned_requests_have_the_spectrum_of_wrk2() {
    insta::assert_snapshot!(report(&tally(), true, true), @"");
}

#[test]
fn streams_have_events() {
    let mut tally = tally();
    tally.streams.opened = 3;
    tally.streams.events = 300;
    tally.streams.first_event.record(1_500);
    tally.streams.gaps.record_n(100_000, 299);
    insta::assert_snapshot!(report(&tally, true, false), @"");
}

#[test]
fn a_run_without_a_response_has_zeros() {
    let text = report(&Tally::default(), true, false);
    assert!(text.contains("    Latency     0.00us    0.00us   0.00us    0.00%\n"), "{text}");
    assert!(text.contains("  0 requests in 10.00s, 0.00B read\n"), "{text}");
}

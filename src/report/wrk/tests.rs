use super::*;

fn tally() -> WrkTally {
    let mut tally = WrkTally {
        requests: 12_345,
        bytes: 3_000_000,
        ..WrkTally::default()
    };
    for latency in [400, 500, 600, 700, 2_500] {
        tally.latency.record(latency);
    }
    tally.rate.record(1_200);
    tally.rate.record(1_300);
    tally
}

fn report(tally: &WrkTally, latency: bool, planned: bool) -> String {
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
        wrk_header(
            WrkLength::Time(Duration::from_secs(10)),
            "http://127.0.0.1:8080/",
            2,
            10
        ),
        "Running 10s test @ http://127.0.0.1:8080/\n  2 threads and 10 connections\n"
    );
}

#[test]
fn the_report_is_that_of_wrk() {
    insta::assert_snapshot!(report(&tally(), true, false), @r#"
      Thread Stats   Avg      Stdev     Max   +/- Stdev
        Latency     0.94ms    0.88ms   2.50ms   80.00%
        Req/Sec     1.25k    70.71     1.30k   100.00%
      Latency Distribution
         50%  600.00us
         75%  700.00us
         90%    2.50ms
         99%    2.50ms
      12345 requests in 10.00s, 2.86MB read
    Requests/sec:   1234.01
    Transfer/sec:    292.85KB
    "#);
}

#[test]
fn errors_have_their_own_lines() {
    let mut tally = WrkTally {
        script_errors: 6,
        ..tally()
    };
    let errors = &mut tally.errors;
    let kinds = [&mut errors.connect, &mut errors.read, &mut errors.write];
    for (kind, count) in kinds.into_iter().zip(1..) {
        kind.count = count;
    }
    (errors.timeout, errors.status) = (4, 5);
    insta::assert_snapshot!(report(&tally, false, false), @r#"
      Thread Stats   Avg      Stdev     Max   +/- Stdev
        Latency     0.94ms    0.88ms   2.50ms   80.00%
        Req/Sec     1.25k    70.71     1.30k   100.00%
      12345 requests in 10.00s, 2.86MB read
      Socket errors: connect 1, read 2, write 3, timeout 4
      Non-2xx or 3xx responses: 5
      Script errors: 6
    Requests/sec:   1234.01
    Transfer/sec:    292.85KB
    "#);
}

#[test]
fn planned_requests_have_the_spectrum_of_wrk2() {
    insta::assert_snapshot!(report(&tally(), true, true), @r#"
      Thread Stats   Avg      Stdev     Max   +/- Stdev
        Latency     0.94ms    0.88ms   2.50ms   80.00%
        Req/Sec     1.25k    70.71     1.30k   100.00%
      Latency Distribution (HdrHistogram - Recorded Latency)
     50.000%  600.00us
     75.000%  700.00us
     90.000%    2.50ms
     99.000%    2.50ms
     99.900%    2.50ms
     99.990%    2.50ms
     99.999%    2.50ms
    100.000%    2.50ms

      Detailed Percentile spectrum:
           Value   Percentile   TotalCount 1/(1-Percentile)

           0.400     0.000000            1           1.00
           0.400     0.100000            1           1.11
           0.400     0.200000            1           1.25
           0.500     0.300000            2           1.43
           0.500     0.400000            2           1.67
           0.600     0.500000            3           2.00
           0.600     0.550000            3           2.22
           0.700     0.600000            4           2.50
           0.700     0.650000            4           2.86
           0.700     0.700000            4           3.33
           0.700     0.750000            4           4.00
           0.700     0.775000            4           4.44
           2.500     0.800000            5           5.00
           2.500     1.000000            5            inf
    #[Mean    =        0.940, StdDeviation   =        0.879]
    #[Max     =        2.500, Total count    =            5]
    ----------------------------------------------------------
      12345 requests in 10.00s, 2.86MB read
    Requests/sec:   1234.01
    Transfer/sec:    292.85KB
    "#);
}

#[test]
fn streams_have_events() {
    let mut tally = tally();
    tally.streams.opened = 3;
    tally.streams.events = 300;
    tally.streams.first_event.record(1_500);
    tally.streams.gaps.record_n(100_000, 299);
    insta::assert_snapshot!(report(&tally, true, false), @r#"
      Thread Stats   Avg      Stdev     Max   +/- Stdev
        Latency     0.94ms    0.88ms   2.50ms   80.00%
        Req/Sec     1.25k    70.71     1.30k   100.00%
        1st event   1.50ms    0.00us   1.50ms  100.00%
        Event gap 100.00ms    0.00us 100.00ms  100.00%
      Latency Distribution
         50%  600.00us
         75%  700.00us
         90%    2.50ms
         99%    2.50ms
      1st event Distribution
         50%    1.50ms
         75%    1.50ms
         90%    1.50ms
         99%    1.50ms
      Event gap Distribution
         50%  100.00ms
         75%  100.00ms
         90%  100.00ms
         99%  100.00ms
      12345 requests in 10.00s, 2.86MB read
      300 events of 3 streams
    Requests/sec:   1234.01
    Events/sec:       29.99
    Transfer/sec:    292.85KB
    "#);
}

#[test]
fn a_run_without_a_response_has_zeros() {
    let text = report(&WrkTally::default(), true, false);
    assert!(
        text.contains("    Latency     0.00us    0.00us   0.00us    0.00%\n"),
        "{text}"
    );
    assert!(
        text.contains("  0 requests in 10.00s, 0.00B read\n"),
        "{text}"
    );
}

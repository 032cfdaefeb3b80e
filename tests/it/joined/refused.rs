//! Parts that do not belong together, and parts that never join.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use super::*;

const SHORT: [&str; 4] = ["--vus", "2", "--duration", "1s"];

/// Two parts, of which the second has other arguments.
fn two(second: impl Fn(Ssel) -> Ssel) -> (Said, Said) {
    let server = server(Duration::from_millis(1));
    let address = format!("127.0.0.1:{}", free_port());
    let call = |number| part(number, 2, &address, SCRIPT, &server).args(SHORT);
    let parts = [Part::start(call(0)), Part::start(second(call(1)))];
    let [(first, _), (second, _)] = parts.map(Part::said);
    assert_eq!(server.requests(), 0, "there was a load");
    (first, second)
}

#[track_caller]
fn both_say(said: &(Said, Said), text: &str) {
    for said in [&said.0, &said.1] {
        assert_eq!(said.code, Some(104), "{said:?}");
        assert!(said.stderr.contains(text), "{text:?} is not in {said:?}");
    }
}

#[test]
fn parts_with_different_options_are_refused_with_the_difference() {
    let said = two(|call| call.file("script.lua", format!("{SCRIPT} -- other")));
    both_say(
        &said,
        "the script of part 1, script.lua, is not that of part 0",
    );
    let said = two(|call| call.args(["--tag", "a=b"]));
    both_say(
        &said,
        "the option tags differs: {\"a\":\"b\"} in part 1, {} in part 0",
    );
    let said = two(|call| call.instead_of("1/2", "1/3"));
    both_say(&said, "part 1 is one of 3 parts, part 0 one of 2");
    let said = two(|call| call.args(["--seed", "5"]));
    both_say(&said, "the option seed differs: 5 in part 1, 0 in part 0");
}

#[test]
fn a_different_module_is_named() {
    let server = server(Duration::from_millis(1));
    let address = format!("127.0.0.1:{}", free_port());
    let script = format!("local common = require 'common'\n{SCRIPT}");
    let call = |number: u64| {
        let call = part(number, 2, &address, &script, &server).args(SHORT);
        call.file("common.lua", format!("return {number}"))
    };
    let [(first, _), (second, _)] = [0, 1]
        .map(|number| Part::start(call(number)))
        .map(Part::said);
    both_say(
        &(first, second),
        "the file common.lua, which the script reads, differs between part 1 and part 0",
    );
}

#[test]
fn two_parts_with_one_number_end_the_run() {
    let server = server(Duration::from_millis(1));
    let address = format!("127.0.0.1:{}", free_port());
    let numbers = [0, 1, 1];
    let parts =
        numbers.map(|number| Part::start(part(number, 3, &address, SCRIPT, &server).args(SHORT)));
    for (said, _) in parts.map(Part::said) {
        assert_eq!(said.code, Some(104), "{said:?}");
        assert!(
            said.stderr
                .contains("two processes say that they are part 1 of 3"),
            "{said:?}"
        );
    }
}

#[test]
fn a_part_without_the_token_is_refused() {
    let server = server(Duration::from_millis(1));
    let address = format!("127.0.0.1:{}", free_port());
    let call = |number, token| {
        let call = part(number, 2, &address, SCRIPT, &server).args(SHORT);
        Part::start(call.env("SSEL_JOIN_TOKEN", token))
    };
    let mut first = call(0, "open-sesame");
    let (said, _) = call(1, "abracadabra").said();
    assert_eq!(said.code, Some(104), "{said:?}");
    assert!(said.stderr.contains("part 0 refused the token"), "{said:?}");
    first.tells("without the right SSEL_JOIN_TOKEN");
    let (second, _) = call(1, "open-sesame").said();
    assert_eq!(second.code, Some(0), "{second:?}");
    let (first, _) = first.said();
    assert_eq!(first.code, Some(0), "{first:?}");
    for said in [&first.stderr, &second.stderr, &said.stderr] {
        assert!(
            !said.contains("open-sesame") && !said.contains("abracadabra"),
            "{said}"
        );
    }
}

#[test]
fn a_public_address_requires_a_token() {
    let server = server(Duration::from_millis(1));
    let said = part(0, 2, "0.0.0.0:7735", SCRIPT, &server)
        .args(SHORT)
        .said()
        .exits(104);
    assert!(
        said.stderr
            .contains("set SSEL_JOIN_TOKEN to the same secret for all parts"),
        "{said:?}"
    );
}

#[test]
fn a_part_of_an_older_version_is_refused() {
    let server = server(Duration::from_millis(1));
    let port = free_port();
    let address = format!("127.0.0.1:{port}");
    let mut first = Part::start(part(0, 2, &address, SCRIPT, &server).args(SHORT));
    first.tells("waiting for 1 other part");
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let hello = r#"{"version":"0.0.9","part":1,"count":2}"#;
    write!(
        socket,
        "POST /join HTTP/1.1\r\nHost: x\r\nssel-join: 1\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{hello}",
        hello.len()
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("part 1 runs ssel 0.0.9"), "{answer}");
    let (said, _) = first.said();
    assert_eq!(said.code, Some(104), "{said:?}");
    assert!(
        said.stderr
            .contains("part 1 runs ssel 0.0.9, part 0 runs ssel"),
        "{said:?}"
    );
}

#[test]
fn a_failing_setup_ends_all_parts() {
    let server = server(Duration::from_millis(1));
    let script = "function setup() error('no way') end\nfunction default() end";
    let team = Team::start(2, script, &server, &SHORT);
    let all = team.said();
    assert_eq!(all[0].0.code, Some(107), "{:?}", all[0].0);
    assert_ne!(all[1].0.code, Some(0), "{:?}", all[1].0);
    assert!(
        all[1].0.stderr.contains("part 0 ended before the load"),
        "{:?}",
        all[1].0
    );
}

#[test]
fn parts_report_which_parts_they_wait_for() {
    let server = server(Duration::from_millis(1));
    let address = format!("127.0.0.1:{}", free_port());
    let call = |number| Part::start(part(number, 3, &address, SCRIPT, &server).args(SHORT));
    let mut other = call(1);
    other.tells("waiting for part 0 at");
    let mut first = call(0);
    first.tells("waiting for part 2 of 3 to join");
    first.signal("-INT");
    let (said, _) = first.said();
    assert_eq!(said.code, Some(105), "{said:?}");
    other.said();
}

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use super::*;
use crate::compare::tests::{run, wandering};

fn get(live: &Live, path: &str, headers: &str) -> BufReader<TcpStream> {
    let address = live.url().trim_start_matches("http://");
    let (address, prefix) = address.split_once('/').unwrap();
    let mut socket = TcpStream::connect(address).unwrap();
    let host = if headers.contains("Host:") {
        String::new()
    } else {
        format!("Host: {address}\r\n")
    };
    write!(
        socket,
        "GET /{prefix}{path} HTTP/1.1\r\n{host}{headers}Connection: close\r\n\r\n"
    )
    .unwrap();
    BufReader::new(socket)
}

/// Reads events of the stream until `enough`: their names and ids.
fn events(
    stream: &mut BufReader<TcpStream>,
    enough: impl Fn(&[(String, u64)]) -> bool,
) -> Vec<(String, u64)> {
    let mut events: Vec<(String, u64)> = Vec::new();
    let (mut name, mut id) = (String::new(), 0);
    while !enough(&events) {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap() == 0 {
            break;
        }
        let line = line.trim_end();
        if let Some(text) = line.strip_prefix("event: ") {
            name = text.to_owned();
        } else if let Some(text) = line.strip_prefix("id: ") {
            id = text.parse().unwrap();
        } else if line.is_empty() && !name.is_empty() {
            events.push((std::mem::take(&mut name), id));
        }
    }
    events
}

/// A run, to be shown second by second.
fn record(seconds: u32) -> Record {
    run(&wandering(0.1, seconds), 0.1)
}

fn start(address: &str) -> Live {
    Live::start(address.parse().unwrap(), RunMetadata::default()).unwrap()
}

#[test]
fn a_browser_receives_the_page_then_frames_then_the_end() {
    let live = start("127.0.0.1:0");
    let record = record(6);
    live.show(&record.series, &record.frames[0]);
    let mut stream = get(&live, "events", "");
    let first = events(&mut stream, |seen| !seen.is_empty());
    assert_eq!(first[0].0, "whole");
    for frame in &record.frames[1..4] {
        live.show(&record.series, frame);
    }
    let frames = events(&mut stream, |seen| seen.len() == 3);
    assert!(frames.iter().all(|(name, _)| name == "frame"), "{frames:?}");
    let farewell = std::thread::spawn(move || live.end(record));
    let end = events(&mut stream, |_| false);
    assert_eq!(end.last().unwrap().0, "end");
    farewell.join().unwrap();
}

#[test]
fn a_reconnecting_browser_receives_what_it_missed() {
    let live = start("127.0.0.1:0");
    let record = record(4);
    live.show(&record.series, &record.frames[0]);
    let (_, id) = events(&mut get(&live, "events", ""), |seen| !seen.is_empty())[0].clone();
    let mut up_to_date = get(&live, "events", &format!("Last-Event-ID: {id}\r\n"));
    // After the head of the response, it is subscribed.
    up_to_date.read_line(&mut String::new()).unwrap();
    live.show(&record.series, &record.frames[1]);
    assert_eq!(
        events(&mut up_to_date, |seen| !seen.is_empty())[0].0,
        "frame"
    );
    let mut behind = get(&live, "events", &format!("Last-Event-ID: {id}\r\n"));
    assert_eq!(events(&mut behind, |seen| !seen.is_empty())[0].0, "whole");
}

#[test]
fn on_loopback_other_host_names_are_rejected() {
    let live = start("127.0.0.1:0");
    let answer = |headers: &str| {
        let mut text = String::new();
        let _ = get(&live, "", headers).read_to_string(&mut text);
        text
    };
    assert!(answer("").starts_with("HTTP/1.1 200"));
    assert!(answer("Host: localhost:1\r\n").starts_with("HTTP/1.1 200"));
    assert!(answer("Host: evil.example\r\n").starts_with("HTTP/1.1 403"));
}

#[test]
fn other_machines_need_the_token() {
    let live = start("0.0.0.0:0");
    let (_, rest) = live
        .url()
        .trim_start_matches("http://")
        .split_once('/')
        .unwrap();
    assert_eq!(rest.trim_end_matches('/').len(), 32, "{}", live.url());
    let port = live
        .url()
        .split(':')
        .nth(2)
        .unwrap()
        .split('/')
        .next()
        .unwrap();
    let mut socket = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    write!(
        socket,
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

#[test]
fn a_slow_browser_costs_nothing_and_receives_the_page_again() {
    let live = start("127.0.0.1:0");
    let record = record(60);
    live.show(&record.series, &record.frames[0]);
    let mut sleeper = get(&live, "events", "");
    assert_eq!(events(&mut sleeper, |seen| !seen.is_empty())[0].0, "whole");
    let mut awake = get(&live, "events", "");
    events(&mut awake, |seen| !seen.is_empty());
    for frame in &record.frames[1..] {
        live.show(&record.series, frame);
        events(&mut awake, |seen| !seen.is_empty());
    }
    let late = events(&mut sleeper, |seen| seen.len() >= 2);
    assert!(late.len() >= 2, "it hears of the run again");
}

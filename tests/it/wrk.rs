//! `ssel wrk`: wrk's flags, scripts and report.

mod docs;
mod errors;
mod hooks;
mod load;
mod mistakes;
mod report;
mod saved;
mod scripts;
mod signals;
mod streams;
mod threads;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use ssel::serve::{Background, Server};

use crate::support::ssel::{Said, Ssel};

/// The built-in target, which ends when it is dropped.
fn target() -> Background {
    Server::start_background(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap()
}

fn url(target: &Background, path: &str) -> String {
    format!("http://{}{path}", target.addr())
}

/// One connection of one thread to `url`, for a script that ends the load; else for a minute.
fn wrk(url: &str, script: &str) -> Ssel {
    Ssel::new().file("script.lua", script).args([
        "wrk",
        "-t1",
        "-c1",
        "-d1m",
        "-s",
        "script.lua",
        url,
    ])
}

/// Calls against a server that runs `serve` for each connection, one after the other.
fn server(mut serve: impl FnMut(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().flatten().for_each(&mut serve));
    format!("http://{address}/")
}

/// The output of the script before and after the report, by line.
fn printed(said: &Said) -> Vec<&str> {
    let of_report = |line: &&str| {
        line.starts_with("  ")
            || ["Running ", "Requests/sec:", "Events/sec:", "Transfer/sec:"]
                .iter()
                .any(|start| line.starts_with(start))
    };
    said.stdout
        .lines()
        .filter(|line| !of_report(line))
        .collect()
}

/// A count of the report, by the word after or before it: `requests`, `read`, `timeout`.
fn count(said: &Said, word: &str) -> u64 {
    let number = |text: &str| text.trim_end_matches(',').parse().ok();
    let errors = ["connect", "read", "write", "timeout"].contains(&word);
    let lines = said.stdout.lines();
    let words: Vec<&str> = lines
        .filter(|line| line.contains("Socket errors:") == errors)
        .flat_map(str::split_whitespace)
        .collect();
    words
        .windows(2)
        .find_map(|pair| match pair {
            [name, value] if errors && *name == word => number(value),
            [value, name] if !errors && *name == word => number(value),
            _ => None,
        })
        .unwrap_or(0)
}

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use crate::support::ssel::{Ssel, run, said};

#[test]
fn serve_prints_its_address_and_ends_at_a_signal() {
    for signal in ["-INT", "-TERM"] {
        let ssel = Ssel::new().args(["serve", "--addr", "127.0.0.1:0"]);
        let mut child = ssel.command().spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .strip_prefix("listening on http://")
            .unwrap()
            .split(' ')
            .next()
            .unwrap();

        let mut socket = TcpStream::connect(address).unwrap();
        socket
            .write_all(
                b"GET /.sse?n=2&interval=1ms HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            )
            .unwrap();
        let mut reply = String::new();
        socket.read_to_string(&mut reply).unwrap();
        assert!(
            reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.contains("id: 1\n"),
            "{reply}"
        );

        let script = "function default() print(sse.open(env.URL, function() end).events) end";
        let url = format!("URL=http://{address}/.sse?n=3&interval=1ms");
        assert_eq!(
            run(script).args(["-e", &url]).said().exits(0).printed(),
            "3"
        );

        Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .unwrap();
        said(child).exits(0);
    }
}

#[test]
fn an_address_in_use_exits_with_1_and_an_invalid_one_with_104() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = Ssel::new()
        .args(["serve", "--addr", &address])
        .said()
        .exits(1);
    assert!(
        said.stderr
            .starts_with(&format!("error: cannot listen on {address}: ")),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("; choose another port"),
        "{}",
        said.stderr
    );
    for address in ["127.0.0.1:99999", "8080", "localhost", ":80"] {
        let said = Ssel::new()
            .args(["serve", "--addr", address])
            .said()
            .exits(104);
        let start = format!("error: --addr cannot be {address:?}: use HOST:PORT");
        assert!(said.stderr.starts_with(&start), "{}", said.stderr);
    }
}

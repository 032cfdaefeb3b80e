use crate::support::ssel::Ssel;

#[test]
fn each_mistake_is_reported_in_one_line() {
    let url = "http://127.0.0.1:1/";
    for (flags, message) in [
        (
            vec!["-t", "0", url],
            "--threads cannot be \"0\": use a whole number from 1 to 1024",
        ),
        (
            vec!["-t", "x", url],
            "--threads cannot be \"x\": use a whole number from 1 to 1024",
        ),
        (
            vec!["-c", "1.5", url],
            "--connections cannot be \"1.5\": use a whole number from 1 to 1000000; 1k is 1000",
        ),
        (
            vec!["-t", "4", "-c", "3", url],
            "--connections cannot be \"3\": each thread needs a connection: use a number not below that of --threads",
        ),
        (
            vec!["-d", "soon", url],
            "--duration cannot be \"soon\": use a time such as 10s, 2m, 1h or 500ms",
        ),
        (
            vec!["-T", "0", url],
            "--timeout cannot be \"0\": use a time such as 10s, 2m, 1h or 500ms",
        ),
        (
            vec!["-R", "0", url],
            "--rate cannot be \"0\": use a number of requests per second from 0.001 on; 1k is 1000",
        ),
        (
            vec!["-H", "no colon", url],
            "--header cannot be \"no ***\": use 'Name: value'",
        ),
        (
            vec!["-H", "Authorization Bearer: sk-1", url],
            "--header cannot be \"Authorization ***\": use 'Name: value'",
        ),
        (
            vec!["-n", "0", url],
            "--requests cannot be \"0\": use a whole number from 1 on; 1k is 1000",
        ),
        (
            vec!["user:secret@127.0.0.1:8080/?key=sk-1"],
            "cannot request the URL \"***@127.0.0.1:8080/?key=***\": it has no scheme: write \"http://***@127.0.0.1:8080/?key=***\"",
        ),
        (
            vec!["127.0.0.1:8080"],
            "cannot request the URL \"127.0.0.1:8080\": it has no scheme: write \"http://127.0.0.1:8080\"",
        ),
        (
            vec!["ftp://x/"],
            "cannot request the URL \"ftp://x/\": the scheme \"ftp\" is not supported: use http or https",
        ),
    ] {
        let said = Ssel::new().args(["wrk"]).args(flags).said().exits(104);
        assert_eq!(said.stderr, format!("error: {message}\n"));
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn secrets_of_the_url_are_not_shown() {
    let target = super::target();
    let url = super::url(&target, "/health?key=sk-1&page=2").replace("//", "//user:sk-2@");
    let said = Ssel::new()
        .args(["wrk", "-n1", "-c1", "-t1", &url])
        .said()
        .exits(0);
    let line = said.stdout.lines().next().unwrap_or_default();
    assert!(line.ends_with("/health?key=***&page=2"), "{line}");
    assert!(
        !said.stdout.contains("sk-") && !said.stderr.contains("sk-"),
        "{said:?}"
    );
}

#[test]
fn the_version_is_shown() {
    for flag in ["-v", "--version"] {
        let said = Ssel::new().args(["wrk", flag]).said().exits(0);
        assert!(
            said.stdout.contains(env!("CARGO_PKG_VERSION")),
            "{}",
            said.stdout
        );
    }
}

#[test]
fn a_missing_url_is_named() {
    let said = Ssel::new().args(["wrk", "-c10"]).said().exits(104);
    assert!(said.stderr.contains("<URL>"), "{}", said.stderr);
}

#[test]
fn a_missing_script_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let said = Ssel::new()
        .args(["wrk", "-s", "none.lua", &url])
        .said()
        .exits(104);
    assert_eq!(said.stderr, "error: there is no file none.lua\n");
}

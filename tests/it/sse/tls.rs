use crate::support::ssel::{Ssel, run};
use crate::support::tls::TlsServer;

/// Opens the stream of the server and prints the result.
fn open(server: &TlsServer, options: &str) -> Ssel {
    let script = format!(
        r#"
        options = {options}
        function default()
            local res = sse.open("{}", function() end)
            print(res.status, res.error and res.error.kind, res.events, res.timings.tls > 0)
        end
        "#,
        server.url()
    );
    run(&script).args(["--no-summary"])
}

#[test]
fn an_untrusted_certificate_is_a_tls_error() {
    let server = TlsServer::start();
    let said = open(&server, "{}").said().exits(0);
    assert!(said.stdout.starts_with("0\ttls\t0\t"), "{}", said.stdout);
}

#[test]
fn an_authority_of_the_options_is_trusted() {
    let server = TlsServer::start();
    let said = open(&server, "{ ca = 'own.pem' }")
        .file("own.pem", &server.certificate)
        .said()
        .exits(0);
    assert_eq!(said.stdout, "200\tnil\t2\ttrue\n");
}

#[test]
fn any_certificate_is_accepted_if_the_options_say_so() {
    let server = TlsServer::start();
    let said = open(&server, "{}")
        .args(["--insecure-skip-tls-verify"])
        .said()
        .exits(0);
    assert_eq!(said.stdout, "200\tnil\t2\ttrue\n");
}

#[test]
fn a_certificate_for_another_name_is_a_tls_error() {
    let server = TlsServer::start();
    let script = format!(
        "options = {{ ca = 'own.pem', hosts = {{ ['elsewhere.test'] = '127.0.0.1' }} }} function default() \
         print(sse.open('https://elsewhere.test:{}/', function() end).error.kind) end",
        server.address.port()
    );
    let said = run(&script)
        .file("own.pem", &server.certificate)
        .args(["--no-summary"])
        .said()
        .exits(0);
    assert_eq!(said.stdout, "tls\n");
}

#[test]
fn an_unreadable_authority_is_reported_before_the_load() {
    let script = "options = { ca = 'none.pem' } function default() print('never') end";
    let said = run(script).said().exits(104);
    assert!(said.stderr.contains("none.pem"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

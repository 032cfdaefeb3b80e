use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::*;

/// Answers one request, and returns it.
fn server(answer: &'static str) -> (String, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", listener.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let n = stream.read(&mut buffer).unwrap();
            request.extend_from_slice(&buffer[..n]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(request).unwrap()
    });
    (url, heard)
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(work)
}

fn get(settings: &ClientSettings, url: &str) -> Result<ControlReply, ControlError> {
    let client = ControlClient::new(settings)?;
    run(client.send(client.request(Method::GET, url)))
}

#[test]
fn headers_and_credentials_are_sent_and_any_status_is_an_answer() {
    let (url, heard) = server("HTTP/1.1 429 Slow\r\nretry-after: 3\r\ncontent-length: 2\r\n\r\nno");
    let settings = ClientSettings {
        headers: vec![("X-Scope-OrgID".to_owned(), Secret::new("team"))],
        auth: Auth::Basic {
            user: "ann".to_owned(),
            password: Secret::new("s3cret"),
        },
        ..ClientSettings::default()
    };
    let reply = get(&settings, &url).unwrap();
    let heard = heard.join().unwrap();
    assert!(heard.contains("x-scope-orgid: team"), "{heard}");
    assert!(
        heard.contains("authorization: Basic YW5uOnMzY3JldA=="),
        "{heard}"
    );
    assert!(heard.contains("user-agent: ssel/"), "{heard}");
    assert_eq!((reply.status.as_u16(), &reply.body[..]), (429, &b"no"[..]));
    assert_eq!(reply.headers["retry-after"], "3");
}

#[test]
fn failures_have_kinds_and_show_no_secret() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = free.local_addr().unwrap();
    drop(free);
    let settings = ClientSettings {
        auth: Auth::Bearer(Secret::new("s3cret")),
        ..ClientSettings::default()
    };
    let url = format!("http://ann:s3cret@{closed}/?key=s3cret");
    let refused = get(&settings, &url).unwrap_err();
    assert_eq!(refused.kind, FailureKind::Connect);
    assert!(refused.message.contains("refused"), "{refused}");
    let (url, heard) = server("SMTP ready\r\n");
    let broken = get(&settings, &url).unwrap_err();
    assert_eq!(broken.kind, FailureKind::Broken);
    heard.join().unwrap();
    let nonsense = get(&settings, "no url: s3cret").unwrap_err();
    assert_eq!(nonsense.kind, FailureKind::Settings);
    for failure in [refused, broken, nonsense] {
        assert!(!failure.message.contains("s3cret"), "{failure}");
    }
    assert!(!format!("{settings:?}").contains("s3cret"));
    let client = ControlClient::new(&settings).unwrap();
    assert_eq!(client.without_secrets("bad token s3cret"), "bad token ***");
}

#[test]
fn a_silent_server_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let settings = ClientSettings {
        timeout: Some(Duration::from_millis(50)),
        ..ClientSettings::default()
    };
    assert_eq!(get(&settings, &url).unwrap_err().kind, FailureKind::Timeout);
}

#[test]
fn invalid_settings_are_reported_before_anything_is_sent() {
    let file = ClientSettings {
        ca: Some("/no/such/file.pem".into()),
        ..ClientSettings::default()
    };
    let error = ControlClient::new(&file).unwrap_err();
    assert_eq!(error.kind, FailureKind::Settings);
    assert!(error.message.contains("/no/such/file.pem"), "{error}");
    let header = ClientSettings {
        headers: vec![("a b".to_owned(), Secret::new("s3cret"))],
        ..ClientSettings::default()
    };
    assert!(
        !ControlClient::new(&header)
            .unwrap_err()
            .message
            .contains("s3cret")
    );
    let bearer = ClientSettings {
        auth: Auth::Bearer(Secret::new("two\nlines")),
        ..ClientSettings::default()
    };
    assert!(ControlClient::new(&bearer).is_err());
    assert_eq!(
        Secret::from_env("SSEL_TEST_NO_SUCH_VARIABLE"),
        Err(NoSecret::Unset)
    );
}

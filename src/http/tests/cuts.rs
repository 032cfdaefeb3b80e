//! Responses that are cut off at each byte, in each way that a connection can end.

use std::rc::Rc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::frames;
use super::support::*;
use super::tls::Authority;
use crate::http::{Client, ErrorKind, HttpVersion, Request};

/// How a response is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Fin,
    Rst,
    Stall,
}

/// Long enough for a response on a busy machine, short enough to wait for.
const STALL: Duration = Duration::from_secs(4);

const CUTS: [Cut; 3] = [Cut::Fin, Cut::Rst, Cut::Stall];

/// The result of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClientResult {
    Whole,
    NoHead(ErrorKind),
    NoEnd(ErrorKind),
}

fn outcome(cut: Cut, at: usize, head: usize) -> ClientResult {
    let kind = match (cut, at < head) {
        (Cut::Fin, true) | (Cut::Rst, _) => ErrorKind::Reset,
        (Cut::Fin, false) => ErrorKind::Truncated,
        (Cut::Stall, _) => ErrorKind::Timeout,
    };
    if at < head {
        ClientResult::NoHead(kind)
    } else {
        ClientResult::NoEnd(kind)
    }
}

async fn ask(client: &Client, mut request: Request, cut: Cut) -> ClientResult {
    if cut == Cut::Stall {
        request.timeout = Some(STALL);
    }
    let mut response = match client.send(request).await {
        Ok(response) => response,
        Err(failure) => return ClientResult::NoHead(failure.error.kind),
    };
    let read = response.body.read(1000).await;
    // The error is reported once.
    assert!(response.body.is_over());
    assert!(matches!(response.body.chunk().await, Ok(None)));
    match read {
        Ok(_) => ClientResult::Whole,
        Err(error) => ClientResult::NoEnd(error.kind),
    }
}

/// Ends a connection on which the beginning of a response has been sent.
async fn end(mut stream: TcpStream, cut: Cut) {
    match cut {
        Cut::Fin => stream.shutdown().await.unwrap(),
        Cut::Rst => return Peer::new(stream, Rc::default()).reset(),
        Cut::Stall => {}
    }
    Peer::new(stream, Rc::default()).gone().await;
}

/// All cuts of a response concurrently, each with its own server. `body` is the start of its body.
fn each_cut<Fut: Future<Output = ClientResult> + 'static>(
    (length, body): (usize, usize),
    one: impl Fn(Cut, usize) -> Fut,
) {
    run(async {
        let mut asked = Vec::new();
        for cut in CUTS {
            for at in 0..=length {
                asked.push((cut, at, tokio::task::spawn_local(one(cut, at))));
            }
        }
        for (cut, at, seen) in asked {
            let expected = if at == length {
                ClientResult::Whole
            } else {
                outcome(cut, at, body)
            };
            assert_eq!(seen.await.unwrap(), expected, "{cut:?} at {at}");
        }
    });
}

const ANSWERS: [&str; 3] = [
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nt: u\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
];

/// The length of a response, and the start of its body.
fn shape(answer: &str) -> (usize, usize) {
    let status = answer.find("200").unwrap();
    let head = answer[status..].find("\r\n\r\n").unwrap();
    (answer.len(), status + head + 4)
}

#[test]
fn each_cut_over_http1_is_one_error_of_its_kind() {
    for answer in ANSWERS {
        each_cut(shape(answer), |cut, at| async move {
            let server = Server::start(move |mut peer, _| async move {
                peer.request().await;
                peer.send(&answer[..at]).await;
                if at < answer.len() {
                    end(peer.stream, cut).await;
                }
            })
            .await;
            ask(&client(), server.get("/"), cut).await
        });
    }
}

#[test]
fn each_cut_over_tls_is_one_error_of_its_kind() {
    let answer = ANSWERS[1];
    let authority = Authority::new();
    let shared = authority.shared(|_| {});
    let acceptor = authority.acceptor(&["localhost"], &["http/1.1"]);
    each_cut(shape(answer), |cut, at| {
        let (shared, acceptor) = (shared.clone(), acceptor.clone());
        async move {
            let server = Server::start(move |peer, _| {
                let acceptor = acceptor.clone();
                async move {
                    let Ok(stream) = acceptor.accept(peer.stream).await else {
                        return;
                    };
                    let mut peer = Peer::new(stream, peer.seen);
                    peer.request().await;
                    peer.send(&answer[..at]).await;
                    if at < answer.len() {
                        // The connection ends without close_notify.
                        end(peer.stream.into_inner().0, cut).await;
                    }
                }
            })
            .await;
            let url = format!("https://localhost:{}/", server.address.port());
            ask(&Client::new(shared), Request::get(&url).unwrap(), cut).await
        }
    });
}

#[test]
fn each_cut_over_http2_is_one_error_of_its_kind() {
    let head = [frames::settings(), frames::head(1)].concat();
    let body = [
        frames::data(1, b"hello", false),
        frames::data(1, b"world", true),
    ];
    let whole: Rc<[u8]> = [&head[..], &body.concat()].concat().into();
    each_cut((whole.len(), head.len()), |cut, at| {
        let whole = whole.clone();
        async move {
            let server = Server::start(move |mut peer, _| {
                let whole = whole.clone();
                async move {
                    frames::request(&mut peer.stream).await;
                    peer.send(&whole[..at]).await;
                    if at < whole.len() {
                        end(peer.stream, cut).await;
                    } else {
                        peer.gone().await;
                    }
                }
            })
            .await;
            let client = client_with(|settings| settings.version = HttpVersion::Http2);
            ask(&client, server.get("/"), cut).await
        }
    });
}

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;

use super::support::*;
use super::tls::{Authority, secure_server};
use crate::http::{ErrorKind, Proxies, Request};

/// A proxy that opens tunnels and answers all other requests itself.
async fn proxy(refusal: Option<&'static str>) -> Server {
    Server::start(move |mut peer, _| async move {
        while let Some(request) = peer.request().await {
            if let Some(refusal) = refusal {
                peer.send(refusal).await;
            } else if let Some(rest) = request.strip_prefix("CONNECT ") {
                // Every host is this machine.
                let port = rest.split([':', ' ']).nth(1).unwrap();
                let mut target = TcpStream::connect(format!("127.0.0.1:{port}"))
                    .await
                    .unwrap();
                peer.send("HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")
                    .await;
                let _ = copy_bidirectional(&mut peer.stream, &mut target).await;
                return;
            } else {
                peer.send(ok("from the proxy")).await;
            }
        }
    })
    .await
}

fn through(url: &str) -> Proxies {
    Proxies::all(url).unwrap()
}

#[test]
fn plain_requests_are_forwarded_by_the_proxy() {
    run(async {
        let proxy = proxy(None).await;
        let url = format!("http://user:pass@{}", proxy.address);
        let client = client_with(|settings| settings.proxies = through(&url));
        for number in 0..2 {
            let request = Request::get("http://example.test:8080/x?y#z").unwrap();
            let (response, body) = fetch(&client, request).await;
            assert_eq!(
                (body.as_str(), response.reused),
                ("from the proxy", number > 0)
            );
        }
        let seen = &proxy.requests()[0];
        assert!(seen.starts_with(
            "GET http://example.test:8080/x?y HTTP/1.1\r\nhost: example.test:8080\r\n"
        ));
        assert!(
            seen.contains("proxy-authorization: Basic dXNlcjpwYXNz\r\n"),
            "{seen}"
        );
    });
}

#[test]
fn secure_requests_go_through_a_tunnel() {
    run(async {
        let authority = Authority::new();
        let server = secure_server(&authority, &["example.test"], &[]).await;
        let proxy = proxy(None).await;
        let url = format!("http://user:pass@{}", proxy.address);
        let client = client_with(|settings| {
            settings.proxies = through(&url);
            settings.ca_files = vec![authority.file()];
        });
        let url = format!("https://example.test:{}/", server.address.port());
        for number in 0..2 {
            let (response, _) = fetch(&client, Request::get(&url).unwrap()).await;
            assert_eq!(response.reused, number > 0);
        }
        let asked = proxy.requests();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].contains("Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"));
        // The server does not receive the password of the proxy.
        assert!(
            !server.requests()[0].contains("roxy-"),
            "{}",
            server.requests()[0]
        );
    });
}

#[test]
fn a_proxy_may_use_tls() {
    run(async {
        let authority = Authority::new();
        let target = Server::answering(ok("tunnelled?")).await;
        let proxy = secure_server(&authority, &["localhost"], &[]).await;
        let url = format!("https://localhost:{}", proxy.address.port());
        let client = client_with(|settings| {
            settings.proxies = through(&url);
            settings.ca_files = vec![authority.file()];
        });
        fetch(&client, target.get("/")).await;
        assert!(target.requests().is_empty());
        assert!(proxy.requests()[0].starts_with(&format!("GET {} HTTP/1.1", target.url("/"))));
    });
}

#[test]
fn a_refusing_or_missing_proxy_is_a_proxy_error() {
    run(async {
        for refusal in [
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            "nonsense\r\n\r\n",
        ] {
            let proxy = proxy(Some(refusal)).await;
            let client = client_with(|s| s.proxies = through(&format!("http://{}", proxy.address)));
            let failure = fail(&client, Request::get("https://example.test/").unwrap()).await;
            assert_eq!(failure.error.kind, ErrorKind::Proxy, "{}", failure.error);
        }
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://user:secret@{}", gone.local_addr().unwrap());
        drop(gone);
        let client = client_with(|settings| settings.proxies = through(&url));
        let failure = fail(&client, Request::get("http://example.test/").unwrap()).await;
        assert_eq!(failure.error.kind, ErrorKind::Proxy, "{}", failure.error);
        assert!(!failure.error.message.contains("secret"));
    });
}

#[test]
#[cfg(unix)]
fn a_unix_socket_can_replace_the_host() {
    run(async {
        let folder = Folder::new();
        let path = folder.path("server.sock");
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        let seen = std::rc::Rc::<Seen>::default();
        let ledger = seen.clone();
        tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let mut peer = Peer::new(stream, ledger.clone());
                tokio::task::spawn_local(async move {
                    while peer.request().await.is_some() {
                        peer.send(ok("unix")).await;
                    }
                });
            }
        });
        let client = client();
        let mut by_option = Request::get("http://service.test/x").unwrap();
        by_option.unix_socket = Some(path.clone());
        let escaped = path.to_str().unwrap().replace('/', "%2F");
        let by_url = Request::get(&format!("http+unix://{escaped}/y")).unwrap();
        for (request, line, host) in [
            (by_option, "GET /x ", "service.test"),
            (by_url, "GET /y ", "localhost"),
        ] {
            let (response, body) = fetch(&client, request).await;
            assert_eq!((body.as_str(), response.head.remote_addr), ("unix", None));
            let last = seen.requests.borrow().last().unwrap().clone();
            assert!(
                last.starts_with(line) && last.contains(&format!("host: {host}\r\n")),
                "{last}"
            );
        }
        let mut missing = Request::get("http://service.test/").unwrap();
        missing.unix_socket = Some(folder.path("missing.sock"));
        assert_eq!(fail(&client, missing).await.error.kind, ErrorKind::Connect);
    });
}

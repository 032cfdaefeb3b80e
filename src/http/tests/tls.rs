use std::cell::Cell;
use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::support::*;
use crate::http::{Client, ClientCert, ClientContext, ErrorKind, HttpVersion, Request, Settings};

/// A certificate authority of the test, and its file.
pub(super) struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
    folder: Folder,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "authority of a test");
        let certificate = params.self_signed(&key).unwrap();
        let folder = Folder::new();
        std::fs::write(folder.path("ca.pem"), certificate.pem()).unwrap();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
            folder,
        }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path("ca.pem")
    }

    /// A certificate for these names and this period.
    fn issue(&self, names: &[&str], until: i32) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    fn server(&self, names: &[&str], until: i32, protocols: &[&str], client: bool) -> ServerConfig {
        let (certificate, key) = self.issue(names, until);
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if client {
            let mut roots = RootCertStore::empty();
            roots.add(self.certificate.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            builder.with_no_client_auth()
        };
        let chain = vec![CertificateDer::from(certificate.der().to_vec())];
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = protocols
            .iter()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        config
    }

    /// The TLS configuration of a server with these names.
    pub(super) fn acceptor(&self, names: &[&str], protocols: &[&str]) -> TlsAcceptor {
        TlsAcceptor::from(Arc::new(self.server(names, 2090, protocols, false)))
    }

    pub(super) fn client(&self, change: impl FnOnce(&mut Settings)) -> Client {
        Client::new(self.shared(change))
    }

    pub(super) fn shared(&self, change: impl FnOnce(&mut Settings)) -> Rc<ClientContext> {
        let mut settings = Settings {
            ca_files: vec![self.file()],
            ..Settings::default()
        };
        change(&mut settings);
        ClientContext::new(settings).unwrap()
    }
}

/// A server over TLS that uses HTTP/1.1, or HTTP/2 if negotiated.
pub(super) async fn secure_server(
    authority: &Authority,
    names: &[&str],
    protocols: &[&str],
) -> Server {
    serve(authority.server(names, 2090, protocols, false)).await
}

async fn serve(config: ServerConfig) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let seen = Rc::<Seen>::default();
    let server = Server {
        address: listener.local_addr().unwrap(),
        seen: seen.clone(),
    };
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let number = seen.connections.replace(seen.connections.get() + 1);
            let (acceptor, seen) = (acceptor.clone(), seen.clone());
            tokio::task::spawn_local(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    serve_http2(stream).await;
                    return;
                }
                let mut peer = Peer::new(stream, seen);
                while let Some(request) = peer.request().await {
                    // Closes without close_notify.
                    if request.starts_with("GET /die") {
                        return;
                    }
                    peer.send(ok("secure")).await;
                    if number == 0 && request.starts_with("GET /leave") {
                        leave_unread(peer.stream.get_ref().0).await;
                        return;
                    }
                }
            });
        }
    });
    server
}

async fn serve_http2(stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    while let Some(Ok((_, mut answer))) = connection.accept().await {
        let head = http::Response::new(());
        let mut body = answer.send_response(head, false).unwrap();
        body.send_data(bytes::Bytes::from_static(b"secure"), true)
            .unwrap();
    }
}

fn get(server: &Server, host: &str) -> Request {
    Request::get(&format!("https://{host}:{}/", server.address.port())).unwrap()
}

#[test]
fn a_connection_to_a_trusted_server_is_opened_and_reused() {
    run(async {
        let authority = Authority::new();
        for (protocols, proto) in [
            (&["h2", "http/1.1"][..], "HTTP/2.0"),
            (&["http/1.1"], "HTTP/1.1"),
            (&[], "HTTP/1.1"),
        ] {
            let server = secure_server(&authority, &["localhost"], protocols).await;
            let client = authority.client(|_| {});
            for number in 0..2 {
                let (response, body) = fetch(&client, get(&server, "localhost")).await;
                assert_eq!((response.head.proto(), body.as_str()), (proto, "secure"));
                assert_eq!(response.reused, number > 0);
                assert_eq!(
                    response.timings.phases.tls > std::time::Duration::ZERO,
                    number == 0
                );
            }
            assert_eq!(server.seen.connections.get(), 1);
        }
    });
}

#[test]
fn the_requested_http_version_is_used() {
    run(async {
        let authority = Authority::new();
        let server = secure_server(&authority, &["localhost"], &["h2", "http/1.1"]).await;
        for (version, proto) in [
            (HttpVersion::Http1, "HTTP/1.1"),
            (HttpVersion::Http2, "HTTP/2.0"),
        ] {
            let client = authority.client(|settings| settings.version = version);
            let (response, _) = fetch(&client, get(&server, "localhost")).await;
            assert_eq!(response.head.proto(), proto);
        }
        let old = secure_server(&authority, &["localhost"], &[]).await;
        let client = authority.client(|settings| settings.version = HttpVersion::Http2);
        let failure = fail(&client, get(&old, "localhost")).await;
        assert_eq!(failure.error.kind, ErrorKind::Protocol, "{}", failure.error);
    });
}

#[test]
fn concurrent_streams_share_one_handshake() {
    run(async {
        let authority = Authority::new();
        for (protocols, connections) in [(&["h2"][..], 1), (&["http/1.1"], 3)] {
            let server = secure_server(&authority, &["localhost"], protocols).await;
            let client = authority.client(|_| {});
            let send = || fetch(&client, get(&server, "localhost"));
            tokio::join!(send(), send(), send());
            assert_eq!(server.seen.connections.get(), connections, "{protocols:?}");
        }
    });
}

#[test]
fn an_untrusted_server_is_a_tls_error_unless_verification_is_off() {
    run(async {
        let authority = Authority::new();
        let good = secure_server(&authority, &["localhost"], &[]).await;
        let wrong = secure_server(&authority, &["other.test"], &[]).await;
        let expired = serve(authority.server(&["localhost"], 2001, &[], false)).await;
        for (server, client, says) in [
            (
                &good,
                client(),
                "TLS handshake: the issuer of the server's certificate is not trusted: name it or its authority in the option ca",
            ),
            (
                &wrong,
                authority.client(|_| {}),
                "the server's certificate is for other.test, not for localhost: write its name in the URL",
            ),
            (
                &expired,
                authority.client(|_| {}),
                "days ago: renew it, or set the clock of this machine",
            ),
        ] {
            let failure = fail(&client, get(server, "localhost")).await;
            assert_eq!(failure.error.kind, ErrorKind::Tls);
            assert!(failure.error.message.contains(says), "{}", failure.error);
            let client = client_with(|settings| settings.insecure_skip_tls_verify = true);
            assert_eq!(fetch(&client, get(server, "localhost")).await.1, "secure");
        }
    });
}

#[test]
fn a_connection_closed_without_close_notify_is_replaced() {
    run(async {
        let authority = Authority::new();
        let server = secure_server(&authority, &["localhost"], &["http/1.1"]).await;
        let client = authority.client(|_| {});
        let mut request = get(&server, "localhost");
        request.url.set_path("/leave");
        fetch(&client, request).await;
        let (response, body) = fetch(&client, get(&server, "localhost")).await;
        assert_eq!((response.reconnects, body.as_str()), (1, "secure"));
        let mut request = get(&server, "localhost");
        request.url.set_path("/die");
        let failure = fail(&client, request).await;
        assert_eq!(
            (failure.error.kind, failure.reconnects),
            (ErrorKind::Reset, 0)
        );
    });
}

#[test]
fn streams_that_wait_for_a_failing_handshake_fail_concurrently() {
    run(async {
        let (open, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let counts = (open.clone(), most.clone());
        let server = Server::start(move |mut peer, _| {
            let (open, most) = counts.clone();
            async move {
                open.set(open.get() + 1);
                most.set(most.get().max(open.get()));
                peer.gone().await;
                open.set(open.get() - 1);
            }
        })
        .await;
        let limit = std::time::Duration::from_millis(60);
        let client = client_with(|settings| settings.connect_timeout = Some(limit));
        let send = || fail(&client, get(&server, "localhost"));
        let failures = tokio::join!(send(), send(), send(), send(), send(), send());
        assert_eq!(failures.5.error.kind, ErrorKind::Timeout);
        assert_eq!(server.seen.connections.get(), 6);
        assert!(most.get() >= 5, "{most:?}");
    });
}

#[test]
fn a_server_without_tls_is_a_tls_error() {
    run(async {
        let plain =
            Server::start(|mut peer, _| async move { peer.send("HTTP/1.1 400 Bad\r\n\r\n").await })
                .await;
        let failure = fail(&client(), get(&plain, "localhost")).await;
        assert_eq!(failure.error.kind, ErrorKind::Tls, "{}", failure.error);
        assert!(
            failure
                .error
                .message
                .contains("use http:// instead of https://"),
            "{}",
            failure.error
        );
        let closing = Server::start(|_, _| async {}).await;
        let failure = fail(&client(), get(&closing, "localhost")).await;
        assert_eq!(failure.error.kind, ErrorKind::Tls, "{}", failure.error);
        assert!(
            failure
                .error
                .message
                .contains("use http:// instead of https://"),
            "{}",
            failure.error
        );
    });
}

#[test]
fn a_plain_request_to_a_tls_server_has_a_remedy() {
    run(async {
        let authority = Authority::new();
        let server = secure_server(&authority, &["localhost"], &[]).await;
        let failure = fail(&client(), server.get("/")).await;
        assert_eq!(failure.error.kind, ErrorKind::Protocol);
        assert!(
            failure
                .error
                .message
                .contains("use https:// instead of http://"),
            "{}",
            failure.error
        );
    });
}

/// A server whose certificate is signed by its own key, and its file.
async fn self_signed(is_ca: IsCa, name: &str, until: i32) -> (Server, Folder) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = is_ca;
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    let certificate = params.self_signed(&key).unwrap();
    let folder = Folder::new();
    std::fs::write(folder.path("own.pem"), certificate.pem()).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (serve(config).await, folder)
}

#[test]
fn a_named_self_signed_certificate_is_trusted() {
    run(async {
        let authority = || IsCa::Ca(BasicConstraints::Unconstrained);
        for is_ca in [IsCa::NoCa, IsCa::ExplicitNoCa, authority()] {
            let (server, folder) = self_signed(is_ca, "localhost", 2090).await;
            let failure = fail(&client(), get(&server, "localhost")).await;
            assert_eq!(failure.error.kind, ErrorKind::Tls);
            assert!(
                failure
                    .error
                    .message
                    .contains("the server's certificate is self-signed: name it"),
                "{}",
                failure.error
            );
            let named = client_with(|settings| settings.ca_files = vec![folder.path("own.pem")]);
            assert_eq!(fetch(&named, get(&server, "localhost")).await.1, "secure");
            // The certificate of another server is not enough.
            let (other, _folder) = self_signed(authority(), "localhost", 2090).await;
            fail(&named, get(&other, "localhost")).await;
        }
        // Its name and its dates are still checked.
        for (name, until, says) in [
            ("other.test", 2090, "is for other.test, not for localhost"),
            ("localhost", 2001, "certificate expired"),
        ] {
            let (server, folder) = self_signed(authority(), name, until).await;
            let named = client_with(|settings| settings.ca_files = vec![folder.path("own.pem")]);
            let failure = fail(&named, get(&server, "localhost")).await;
            assert!(failure.error.message.contains(says), "{}", failure.error);
        }
    });
}

#[test]
fn a_server_may_request_a_client_certificate() {
    run(async {
        let authority = Authority::new();
        let server = serve(authority.server(&["localhost"], 2090, &["http/1.1"], true)).await;
        let (certificate, key) = authority.issue(&["vu"], 2090);
        let files = ClientCert {
            cert: authority.folder.path("client.pem"),
            key: authority.folder.path("client.key"),
        };
        std::fs::write(&files.cert, certificate.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        let client = authority.client(|settings| settings.client_cert = Some(files));
        assert_eq!(fetch(&client, get(&server, "localhost")).await.1, "secure");
        let failure = fail(&authority.client(|_| {}), get(&server, "localhost")).await;
        assert_eq!(failure.error.kind, ErrorKind::Tls, "{}", failure.error);
        assert!(
            failure.error.message.contains(
                "requires a client certificate: set it and its key with the option tls_auth"
            ),
            "{}",
            failure.error
        );
    });
}

#[test]
fn an_unusable_file_is_named_before_the_first_request() {
    let folder = Folder::new();
    let empty = folder.path("empty.pem");
    std::fs::write(&empty, "no certificate").unwrap();
    let missing = folder.path("missing.pem");
    for file in [&empty, &missing] {
        let settings = Settings {
            ca_files: vec![file.clone()],
            ..Settings::default()
        };
        let error = ClientContext::new(settings.clone()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Tls);
        assert!(error.message.contains(file.to_str().unwrap()), "{error}");
        // Without a check beforehand, https requests fail and plain ones succeed.
        run(async {
            let client = Client::new(ClientContext::for_thread(&settings));
            let request = Request::get("https://localhost:1/").unwrap();
            assert_eq!(fail(&client, request).await.error, error);
            let plain = Server::answering(ok("")).await;
            fetch(&client, plain.get("/")).await;
        });
    }
}

#[test]
fn a_thread_has_one_context_per_settings() {
    let settings = Settings::default();
    let first = ClientContext::for_thread(&settings);
    assert!(Rc::ptr_eq(&first, &ClientContext::for_thread(&settings)));
    let other = Settings {
        max_redirects: 3,
        ..settings
    };
    assert!(!Rc::ptr_eq(&first, &ClientContext::for_thread(&other)));
}

#[test]
fn a_session_ticket_does_not_end_the_waiting_phase() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor(&["localhost"], &["http/1.1"]);
        let thought = Duration::from_millis(20);
        let server = Server::start(move |peer, _| {
            let acceptor = acceptor.clone();
            async move {
                // Tickets are sent with the handshake.
                let stream = acceptor.accept(peer.stream).await.unwrap();
                let mut peer = Peer::new(stream, peer.seen);
                peer.request().await;
                tokio::time::sleep(thought).await;
                peer.send(ok("x")).await;
                peer.gone().await;
            }
        })
        .await;
        let client = authority.client(|_| {});
        let (response, _) = fetch(&client, get(&server, "localhost")).await;
        assert!(
            response.timings.phases.waiting >= thought,
            "{:?}",
            response.timings
        );
    });
}

#[test]
fn bytes_before_a_bad_record_are_returned_before_its_error() {
    run(async {
        let authority = Authority::new();
        let acceptor = authority.acceptor(&["localhost"], &["http/1.1"]);
        let server = Server::start(move |peer, _| {
            let acceptor = acceptor.clone();
            async move {
                let stream = acceptor.accept(peer.stream).await.unwrap();
                let mut peer = Peer::new(stream, peer.seen);
                peer.request().await;
                let (socket, session) = peer.stream.get_mut();
                let answer = format!("{STREAM}{}", chunk("data: x\n\n"));
                session.writer().write_all(answer.as_bytes()).unwrap();
                let mut records = Vec::new();
                while session.wants_write() {
                    session.write_tls(&mut records).unwrap();
                }
                records.extend(b"\x17\x03\x03\x00\x20no such record has ever been made");
                socket.write_all(&records).await.unwrap();
                peer.gone().await;
            }
        })
        .await;
        let client = authority.client(|_| {});
        let mut response = client.send(get(&server, "localhost")).await.unwrap();
        let first = response.body.chunk().await.unwrap().unwrap();
        assert_eq!(first.bytes, "data: x\n\n");
        let error = response.body.chunk().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Tls, "{error}");
        assert!(response.body.chunk().await.unwrap().is_none());
    });
}

//! A server with a certificate that no machine trusts by default.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// An event stream over TLS, on a thread that ends with the test.
pub(crate) struct TlsServer {
    pub(crate) address: SocketAddr,
    /// The certificate to trust, as PEM.
    pub(crate) certificate: String,
}

impl TlsServer {
    /// A server for `localhost`; each connection gets one stream of two events.
    pub(crate) fn start() -> Self {
        let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let session = ServerConnection::new(Arc::clone(&config)).unwrap();
                // A client that does not trust the certificate ends the handshake; the next one may trust it.
                let _ = answer(BufReader::new(StreamOwned::new(session, socket)));
            }
        });
        Self {
            address,
            certificate: own.cert.pem(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/", self.address.port())
    }
}

fn answer(mut stream: BufReader<impl std::io::Read + Write>) -> std::io::Result<()> {
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
    }
    let events = "data: a\n\ndata: b\n\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n";
    let stream = stream.get_mut();
    write!(
        stream,
        "{head}Content-Length: {}\r\n\r\n{events}",
        events.len()
    )?;
    stream.flush()
}

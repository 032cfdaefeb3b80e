//! TLS: which servers are trusted, what the client shows of itself, and which protocol is spoken inside.

mod insecure;
mod roots;
pub(super) mod stream;
mod told;
mod verify;

use std::cell::OnceCell;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use super::error::{Error, ErrorKind};
use super::io::Io;
use super::settings::{HttpVersion, Settings};
use super::wire_error::from_io;

pub use told::{ENDED as TLS_ENDED, TLS_EXPECTED, is_tls_record, tls_failure};

/// The TLS side of a thread's clients. The configuration is built by the first request that needs it, so that a run
/// without TLS does not pay for reading the system's certificates.
///
/// Sessions are not resumed: every VU stands for a user of its own, and a thousand users do not share one ticket.
#[derive(Debug)]
pub(crate) struct Tls {
    insecure: bool,
    authorities: Vec<CertificateDer<'static>>,
    client_cert: Option<ClientIdentity>,
    version: HttpVersion,
    base: OnceCell<Arc<ClientConfig>>,
    negotiating: OnceCell<Arc<ClientConfig>>,
    /// Why there can be no TLS.
    fault: Option<Error>,
}

#[derive(Debug)]
struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Tls {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let mut authorities = Vec::new();
        for file in &settings.ca_files {
            authorities.extend(certificates(file)?);
        }
        let client_cert = match &settings.client_cert {
            None => None,
            Some(files) => Some(ClientIdentity {
                chain: certificates(&files.cert)?,
                key: PrivateKeyDer::from_pem_file(&files.key)
                    .map_err(|error| unreadable(&files.key, &error.to_string()))?,
            }),
        };
        let tls = Self {
            insecure: settings.insecure_skip_tls_verify,
            authorities,
            client_cert,
            version: settings.version,
            base: OnceCell::new(),
            negotiating: OnceCell::new(),
            fault: None,
        };
        // What the user named is checked at once, so that a wrong file is a wrong option and not a failed request.
        if !settings.ca_files.is_empty() || settings.client_cert.is_some() {
            tls.base()?;
        }
        Ok(tls)
    }

    /// TLS that fails with `error`.
    pub(crate) fn broken(error: Error) -> Self {
        Self {
            insecure: false,
            authorities: Vec::new(),
            client_cert: None,
            version: HttpVersion::Auto,
            base: OnceCell::new(),
            negotiating: OnceCell::new(),
            fault: Some(error),
        }
    }

    /// Builds the configuration unless that is done. It takes some milliseconds on a thread's first call.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        self.negotiating().map(drop)
    }

    /// Speaks TLS to `host` over `io`; says whether HTTP/2 was agreed on.
    pub(crate) async fn connect(&self, host: &str, io: Io) -> Result<(Io, bool), Error> {
        let config = self.negotiating()?;
        let (io, protocol) = handshake(config, host, io).await?;
        let http2 = protocol.as_deref() == Some(b"h2");
        if self.version == HttpVersion::Http2 && !http2 {
            return Err(Error::new(
                ErrorKind::Protocol,
                "the server does not speak HTTP/2",
            ));
        }
        Ok((io, http2))
    }

    /// Speaks TLS to an https proxy.
    pub(crate) async fn connect_to_proxy(&self, host: &str, io: Io) -> Result<Io, Error> {
        let (io, _) = handshake(self.base()?, host, io).await.map_err(|error| {
            Error::new(ErrorKind::Proxy, format!("the proxy: {}", error.message))
        })?;
        Ok(io)
    }

    fn negotiating(&self) -> Result<Arc<ClientConfig>, Error> {
        if let Some(config) = self.negotiating.get() {
            return Ok(config.clone());
        }
        let mut config = ClientConfig::clone(&*self.base()?);
        config.alpn_protocols = match self.version {
            HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
            HttpVersion::Http2 => vec![b"h2".to_vec()],
        };
        Ok(self.negotiating.get_or_init(|| Arc::new(config)).clone())
    }

    fn base(&self) -> Result<Arc<ClientConfig>, Error> {
        if let Some(error) = &self.fault {
            return Err(error.clone());
        }
        if let Some(config) = self.base.get() {
            return Ok(config.clone());
        }
        let config = self.build()?;
        Ok(self.base.get_or_init(|| Arc::new(config)).clone())
    }

    fn build(&self) -> Result<ClientConfig, Error> {
        let failed =
            |error: rustls::Error| Error::new(ErrorKind::Tls, format!("TLS set-up: {error}"));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let builder = if self.insecure {
            let verifier = Arc::new(insecure::AnyCertificate::new(&provider));
            builder
                .dangerous()
                .with_custom_certificate_verifier(verifier)
        } else {
            let by_authority =
                WebPkiServerVerifier::builder_with_provider(self.trusted()?, provider)
                    .build()
                    .map_err(|error| Error::new(ErrorKind::Tls, format!("TLS set-up: {error}")))?;
            let verifier = verify::Verifier::new(by_authority, self.authorities.clone());
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
        };
        let mut config = match &self.client_cert {
            None => builder.with_no_client_auth(),
            Some(identity) => builder
                .with_client_auth_cert(identity.chain.clone(), identity.key.clone_key())
                .map_err(|error| {
                    Error::new(ErrorKind::Tls, format!("the client certificate: {error}"))
                })?,
        };
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    fn trusted(&self) -> Result<Arc<RootCertStore>, Error> {
        let system = roots::system();
        if self.authorities.is_empty() {
            return Ok(system);
        }
        let mut trusted = RootCertStore::clone(&system);
        for authority in &self.authorities {
            trusted.add(authority.clone()).map_err(|error| {
                Error::new(ErrorKind::Tls, format!("a certificate authority: {error}"))
            })?;
        }
        Ok(Arc::new(trusted))
    }
}

/// HTTP/1.1 over TLS with whatever certificate the server shows, for who drives TLS without a runtime.
///
/// # Errors
/// Kind `tls`: TLS cannot be set up.
pub fn unverified_http1() -> Result<Arc<ClientConfig>, Error> {
    let settings = Settings {
        insecure_skip_tls_verify: true,
        version: HttpVersion::Http1,
        ..Settings::default()
    };
    Tls::new(&settings)?.negotiating()
}

/// TLS with these settings, for a client that speaks HTTP by itself. It offers no protocol.
///
/// # Errors
/// Kind `tls`: a file that cannot be used, or TLS cannot be set up.
pub fn client_config(settings: &Settings) -> Result<ClientConfig, Error> {
    let config = Tls::new(settings)?.base()?;
    Ok(ClientConfig::clone(&config))
}

async fn handshake(
    config: Arc<ClientConfig>,
    host: &str,
    io: Io,
) -> Result<(Io, Option<Vec<u8>>), Error> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        Error::new(
            ErrorKind::Tls,
            format!("no certificate can be for {host:?}"),
        )
    })?;
    let stream = TlsConnector::from(config)
        .connect(name, io)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                Error::new(ErrorKind::Tls, format!("TLS handshake: {}", told::ENDED))
            }
            _ => from_io(ErrorKind::Tls, "TLS handshake", &error),
        })?;
    let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    Ok((Io::Tls(Box::new(stream::Tls::new(stream))), protocol))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    match read() {
        Ok(found) if found.is_empty() => Err(unreadable(file, "no certificate in it")),
        Ok(found) => Ok(found),
        Err(error) => Err(unreadable(file, &error.to_string())),
    }
}

fn unreadable(file: &Path, why: &str) -> Error {
    Error::new(
        ErrorKind::Tls,
        format!("cannot use {}: {why}", file.display()),
    )
}

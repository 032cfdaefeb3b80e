//! TLS: trusted authorities, client certificates, and the negotiated protocol.

mod explain;
mod roots;
pub(super) mod stream;
mod verify;

use std::cell::OnceCell;
use std::fmt::Display;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::TlsConnector;

use super::error::{Error, ErrorKind};
use super::io::Io;
use super::settings::{HttpVersion, Settings};
use super::wire_error::from_io;

pub(crate) use explain::{ENDED as TLS_ENDED, TLS_EXPECTED, is_tls_record, tls_failure};

/// The TLS side of a thread's clients. The configuration is built by the first request that needs it, so that a run
/// without TLS does not read the system's certificates.
///
/// Sessions are not resumed: every VU represents a separate user, and users do not share session tickets.
#[derive(Debug)]
pub(crate) struct Tls {
    settings: Settings,
    base: OnceCell<Result<Arc<ClientConfig>, Error>>,
    negotiating: OnceCell<Result<Arc<ClientConfig>, Error>>,
}

impl Tls {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            base: OnceCell::new(),
            negotiating: OnceCell::new(),
        }
    }

    /// Reads the files that the settings name, so that a wrong file is a wrong option instead of a failed request.
    pub(crate) fn check_files(&self) -> Result<(), Error> {
        if !self.settings.ca_files.is_empty() || self.settings.client_cert.is_some() {
            self.base()?;
        }
        Ok(())
    }

    /// Builds the configuration, if necessary. The first call of a thread takes some milliseconds.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        self.negotiating().map(drop)
    }

    /// Performs the TLS handshake with `host` over `io`; returns whether HTTP/2 was negotiated.
    pub(crate) async fn connect(&self, host: &str, io: Io) -> Result<(Io, bool), Error> {
        let config = self.negotiating()?;
        let (io, protocol) = handshake(config, host, io).await?;
        let http2 = protocol.as_deref() == Some(b"h2");
        if self.settings.version == HttpVersion::Http2 && !http2 {
            return Err(Error::new(
                ErrorKind::Protocol,
                "the server does not speak HTTP/2",
            ));
        }
        Ok((io, http2))
    }

    /// Performs the TLS handshake with an https proxy.
    pub(crate) async fn connect_to_proxy(&self, host: &str, io: Io) -> Result<Io, Error> {
        let (io, _) = handshake(self.base()?, host, io).await.map_err(|error| {
            Error::new(ErrorKind::Proxy, format!("the proxy: {}", error.message))
        })?;
        Ok(io)
    }

    fn negotiating(&self) -> Result<Arc<ClientConfig>, Error> {
        let build = || {
            let mut config = ClientConfig::clone(&*self.base()?);
            config.alpn_protocols = match self.settings.version {
                HttpVersion::Auto => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
                HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
                HttpVersion::Http2 => vec![b"h2".to_vec()],
            };
            Ok(Arc::new(config))
        };
        self.negotiating.get_or_init(build).clone()
    }

    fn base(&self) -> Result<Arc<ClientConfig>, Error> {
        let build = || build(&self.settings).map(Arc::new);
        self.base.get_or_init(build).clone()
    }
}

fn build(settings: &Settings) -> Result<ClientConfig, Error> {
    let failed =
        |what: &str, error: &dyn Display| Error::new(ErrorKind::Tls, format!("{what}: {error}"));
    let mut authorities = Vec::new();
    for file in &settings.ca_files {
        authorities.extend(certificates(file)?);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let by_authority = if settings.insecure_skip_tls_verify {
        None
    } else {
        let mut trusted = roots::system();
        for authority in &authorities {
            Arc::make_mut(&mut trusted)
                .add(authority.clone())
                .map_err(|error| failed("a certificate authority", &error))?;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(trusted, provider.clone());
        Some(
            verifier
                .build()
                .map_err(|error| failed("TLS set-up", &error))?,
        )
    };
    let algorithms = provider.signature_verification_algorithms;
    let verifier = verify::Verifier::new(by_authority, authorities, algorithms);
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed("TLS set-up", &error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &settings.client_cert {
        None => builder.with_no_client_auth(),
        Some(files) => {
            let chain = certificates(&files.cert)?;
            let key = PrivateKeyDer::from_pem_file(&files.key)
                .map_err(|error| unreadable(&files.key, "private key", &error))?;
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| failed("the client certificate", &error))?
        }
    };
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// A configuration for HTTP/1.1 that accepts any certificate, for a client without a runtime.
///
/// # Errors
/// Kind `tls`: TLS cannot be set up.
pub(crate) fn unverified_http1() -> Result<Arc<ClientConfig>, Error> {
    let settings = Settings {
        insecure_skip_tls_verify: true,
        version: HttpVersion::Http1,
        ..Settings::default()
    };
    Tls::new(&settings).negotiating()
}

/// A configuration with these settings, without protocol negotiation, for another HTTP client.
///
/// # Errors
/// Kind `tls`: a file that cannot be used, or TLS cannot be set up.
pub(crate) fn client_config(settings: &Settings) -> Result<ClientConfig, Error> {
    build(settings)
}

async fn handshake(
    config: Arc<ClientConfig>,
    host: &str,
    io: Io,
) -> Result<(Io, Option<Vec<u8>>), Error> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| {
        Error::new(
            ErrorKind::Tls,
            format!("a certificate cannot have the name {host:?}"),
        )
    })?;
    let stream = TlsConnector::from(config)
        .connect(name, io)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                Error::new(ErrorKind::Tls, format!("TLS handshake: {}", explain::ENDED))
            }
            _ => from_io(ErrorKind::Tls, "TLS handshake", &error),
        })?;
    let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    Ok((
        Io::Right(Box::new(stream::TlsSession::new(stream))),
        protocol,
    ))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read = || CertificateDer::pem_file_iter(file)?.collect::<Result<Vec<_>, _>>();
    match read() {
        Ok(found) if found.is_empty() => {
            Err(unreadable(file, "certificate", &pem::Error::NoItemsFound))
        }
        Ok(found) => Ok(found),
        Err(error) => Err(unreadable(file, "certificate", &error)),
    }
}

/// The error for a PEM file that lacks a `wanted` item or cannot be read.
fn unreadable(file: &Path, wanted: &str, error: &pem::Error) -> Error {
    let why = match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => format!("it contains no {wanted} in PEM format"),
        other => other.to_string(),
    };
    Error::new(
        ErrorKind::Tls,
        format!("cannot use {}: {why}", file.display()),
    )
}

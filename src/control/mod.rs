//! The HTTP client for requests that are not measured: pushing, joining, lookups and scrapes.
//!
//! It is reqwest on rustls with ring, one [`ControlClient`] for each destination. Measured requests, those of scripts and
//! benchmarks, use the client in [`http`], which exposes what this one hides.
//!
//! A client needs a tokio runtime with I/O and timers, such as a current-thread runtime on a separate thread.

mod failure;
mod listen;
mod names;
mod secret;

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
pub(crate) use reqwest::{Method, StatusCode};

pub(crate) use self::failure::{ControlError, FailureKind};
pub(crate) use self::listen::listen;
pub(crate) use self::secret::{NoSecret, Secret};
use crate::http;

/// Settings of a client: headers, authentication, TLS, timeouts.
#[derive(Debug, Clone)]
pub(crate) struct ClientSettings {
    /// Headers of every request. Their values may be secrets and are never printed.
    pub headers: Vec<(String, Secret)>,
    /// The authentication.
    pub auth: Auth,
    /// A PEM file of authorities to trust in addition to the system's.
    pub ca: Option<PathBuf>,
    /// The client certificate.
    pub client_cert: Option<http::ClientCert>,
    /// Accepts any server certificate.
    pub insecure: bool,
    /// Ignores the proxies of the environment.
    pub direct: bool,
    /// The limit for lookup, connecting and TLS together.
    pub connect_timeout: Duration,
    /// The limit for a whole exchange; `None` for endless answers such as event streams.
    pub timeout: Option<Duration>,
}

/// The authentication of a client.
#[derive(Debug, Clone, Default)]
pub(crate) enum Auth {
    /// None.
    #[default]
    None,
    /// User name and password.
    Basic {
        /// The user name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A bearer token.
    Bearer(Secret),
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            headers: Vec::new(),
            auth: Auth::None,
            ca: None,
            client_cert: None,
            insecure: false,
            direct: false,
            connect_timeout: Duration::from_secs(10),
            timeout: Some(Duration::from_secs(30)),
        }
    }
}

/// A client. Clones share its connections.
#[derive(Debug, Clone)]
pub(crate) struct ControlClient {
    inner: reqwest::Client,
    /// Secrets to remove from messages of the server.
    secrets: Vec<Secret>,
}

/// A server's answer, whatever its status.
#[derive(Debug, Clone)]
pub(crate) struct ControlReply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, up to [`LONGEST_BODY`].
    pub body: Bytes,
}

/// The most bytes of a body that are read.
pub(crate) const LONGEST_BODY: usize = 4 << 20;

impl ControlClient {
    /// A client with these settings. Reads the certificate files.
    ///
    /// # Errors
    /// An unusable file, or an invalid header.
    pub(crate) fn new(settings: &ClientSettings) -> Result<Self, ControlError> {
        let tls = http::client_config(&http::Settings {
            insecure_skip_tls_verify: settings.insecure,
            ca_files: settings.ca.iter().cloned().collect(),
            client_cert: settings.client_cert.clone(),
            ..http::Settings::default()
        });
        let tls = tls.map_err(|error| ControlError::new(FailureKind::Settings, error.message))?;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(std::sync::Arc::new(names::Names))
            .user_agent(http::Settings::default().user_agent)
            .connect_timeout(settings.connect_timeout)
            .default_headers(headers(settings)?);
        if let Some(timeout) = settings.timeout {
            builder = builder.timeout(timeout);
        }
        if settings.direct {
            builder = builder.no_proxy();
        }
        let inner = builder
            .build()
            .map_err(|error| ControlError::new(FailureKind::Settings, failure::words(&error)))?;
        Ok(Self {
            inner,
            secrets: secrets(settings),
        })
    }

    /// A request builder, for [`ControlClient::send`], or to be sent directly if the answer is a stream.
    pub(crate) fn request(&self, method: Method, url: &str) -> reqwest::RequestBuilder {
        self.inner.request(method, url)
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// No answer. An answer of any status is a success.
    pub(crate) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<ControlReply, ControlError> {
        let mut response = request
            .send()
            .await
            .map_err(|error| ControlError::of(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| ControlError::of(&error))?
        {
            body.extend_from_slice(&chunk[..chunk.len().min(LONGEST_BODY - body.len())]);
            if body.len() == LONGEST_BODY {
                break;
            }
        }
        Ok(ControlReply {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: body.into(),
        })
    }

    /// Removes the secrets of this client from a text of the server.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        crate::units::without_secrets(text, self.secrets.iter().map(Secret::reveal))
    }
}

fn headers(settings: &ClientSettings) -> Result<HeaderMap, ControlError> {
    let mut headers = HeaderMap::new();
    for (name, value) in &settings.headers {
        let bad = |what: &str| {
            let shown = crate::units::shown_header(&format!("{name}: …"));
            ControlError::new(
                FailureKind::Settings,
                format!("{what} of the header {shown} is invalid"),
            )
        };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("the name"))?;
        headers.append(
            header,
            hidden(value.reveal()).ok_or_else(|| bad("the value"))?,
        );
    }
    let value = match &settings.auth {
        Auth::None => return Ok(headers),
        Auth::Basic { user, password } => {
            http::basic(user.as_bytes(), password.reveal().as_bytes())
        }
        Auth::Bearer(token) => hidden(&format!("Bearer {}", token.reveal())).ok_or_else(|| {
            ControlError::new(
                FailureKind::Settings,
                "the token holds characters that a header cannot have",
            )
        })?,
    };
    headers.insert(AUTHORIZATION, value);
    Ok(headers)
}

/// A header value that is marked as sensitive.
fn hidden(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn secrets(settings: &ClientSettings) -> Vec<Secret> {
    let named = settings.headers.iter();
    let mut secrets: Vec<Secret> = named
        .filter(|(name, _)| crate::units::is_secret(name))
        .map(|(_, value)| value.clone())
        .collect();
    match &settings.auth {
        Auth::None => {}
        Auth::Basic { password, .. } => secrets.push(password.clone()),
        Auth::Bearer(token) => secrets.push(token.clone()),
    }
    secrets
}

#[cfg(test)]
mod tests;

//! Settings of all requests of a run, and state shared by the clients of one thread.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::dns::Resolver;
use super::error::Error;
use super::hosts::HostOverrides;
use super::proxy::Proxies;
use super::shortage::Shortage;
use super::tls::Tls;
use super::unprocessed::EarlyClosers;
pub use crate::options::{ClientCert, HttpVersion};

/// Settings of every client of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The `User-Agent` of requests that do not set one; empty for none.
    pub user_agent: String,
    /// Accepts any server certificate; the handshake is still performed.
    pub insecure_skip_tls_verify: bool,
    /// Opens a new connection for every request.
    pub no_connection_reuse: bool,
    /// The most redirects of a request, unless it overrides this.
    pub max_redirects: u32,
    /// The limit for lookup, connecting and TLS together, unless the request overrides it.
    pub connect_timeout: Option<Duration>,
    /// PEM files of certificate authorities to trust besides the system's.
    pub ca_files: Vec<PathBuf>,
    /// The certificate for servers that request one.
    pub client_cert: Option<ClientCert>,
    /// Proxies by scheme.
    pub proxies: Proxies,
    /// The HTTP version of requests.
    pub version: HttpVersion,
    /// Addresses that override DNS.
    pub hosts: HostOverrides,
    /// How long a resolved address is used; 0 resolves for every connection.
    pub dns_ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            user_agent: concat!("ssel/", env!("CARGO_PKG_VERSION")).to_owned(),
            insecure_skip_tls_verify: false,
            no_connection_reuse: false,
            max_redirects: 10,
            connect_timeout: Some(Duration::from_secs(30)),
            ca_files: Vec::new(),
            client_cert: None,
            proxies: Proxies::default(),
            version: HttpVersion::default(),
            hosts: HostOverrides::default(),
            dns_ttl: Duration::from_mins(5),
        }
    }
}

/// The state that the clients of one thread share: settings, TLS configuration, resolver.
#[derive(Debug)]
pub struct ClientContext {
    pub(crate) settings: Settings,
    pub(crate) tls: Tls,
    pub(crate) resolver: Resolver,
    pub(crate) shortage: Shortage,
    pub(crate) early_closers: EarlyClosers,
}

impl ClientContext {
    /// Creates the state, and reads the certificate files of the settings. The first https request loads the system's
    /// authorities.
    ///
    /// # Errors
    /// Kind `tls`: a certificate or key file that cannot be read or used.
    pub fn new(settings: Settings) -> Result<Rc<Self>, Error> {
        let context = Self::with(settings);
        context.tls.check_files()?;
        Ok(context)
    }

    /// The shared state of this thread for these settings, created on the first call. Unusable certificate files fail
    /// every https request; [`ClientContext::new`] reports them.
    pub fn for_thread(settings: &Settings) -> Rc<Self> {
        thread_local!(static KNOWN: RefCell<Weak<ClientContext>> = const { RefCell::new(Weak::new()) });
        KNOWN.with_borrow_mut(|known| {
            if let Some(context) = known
                .upgrade()
                .filter(|context| context.settings == *settings)
            {
                return context;
            }
            let context = Self::with(settings.clone());
            *known = Rc::downgrade(&context);
            context
        })
    }

    fn with(settings: Settings) -> Rc<Self> {
        let tls = Tls::new(&settings);
        let resolver = Resolver::new(settings.hosts.clone(), settings.dns_ttl);
        Rc::new(Self {
            settings,
            tls,
            resolver,
            shortage: Shortage::default(),
            early_closers: EarlyClosers::default(),
        })
    }
}

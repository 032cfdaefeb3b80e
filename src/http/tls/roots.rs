//! The certificate authorities of the system.

use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;

/// The system's authorities, or Mozilla's if the system has none. Read once per process.
pub(super) fn system() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    ROOTS.get_or_init(|| Arc::new(load())).clone()
}

fn load() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    // Ignores invalid certificates of the system.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_root_store_is_never_empty() {
        assert!(!super::system().is_empty());
    }
}

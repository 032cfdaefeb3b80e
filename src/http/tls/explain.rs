//! Explains TLS errors in plain words, with a remedy.

use std::io;
use std::time::Duration;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, OtherError, PeerIncompatible};

use super::verify::SelfSigned;

/// The remedies for a certificate that is not trusted.
const TRUST: &str = "name it or its authority in the option ca, or accept any certificate with insecure_skip_tls_verify";
const NO_TLS: &str = "the server does not use TLS on this port: use http:// instead of https://";
const CLIENT_CERTIFICATE: &str =
    "the server requires a client certificate: set it and its key with the option tls_auth";

/// Explains a failed handshake or a broken TLS connection; `None` if it is not a TLS error.
pub(crate) fn tls_failure(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?.downcast_ref::<Error>()?;
    Some(explain(inner))
}

/// The explanation of a connection that the server closed during the handshake.
pub(crate) const ENDED: &str =
    "the server closed the connection: if this port has no TLS, use http:// instead of https://";

/// Whether bytes are a TLS record instead of a response: an alert or a handshake message.
pub(crate) fn is_tls_record(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 0x03, 0..=4, ..])
}

/// The explanation of such bytes.
pub(crate) const TLS_EXPECTED: &str =
    "the server uses TLS on this port: use https:// instead of http://";

fn explain(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::InvalidMessage(_) => NO_TLS.to_owned(),
        Error::AlertReceived(alert) => self::alert(*alert),
        Error::PeerIncompatible(why) => match why {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled => {
                "the server supports neither TLS 1.2 nor 1.3, and older versions are not safe: update its software or configuration"
                    .to_owned()
            }
            why => format!("the server and ssel have no TLS parameters in common ({why:?})"),
        },
        other => other.to_string(),
    }
}

fn certificate(error: &CertificateError) -> String {
    let clock = "renew it, or set the clock of this machine";
    match error {
        CertificateError::UnknownIssuer => {
            format!("the issuer of the server's certificate is not trusted: {TRUST}")
        }
        CertificateError::Other(OtherError(other)) if other.is::<SelfSigned>() => {
            format!("the server's certificate is self-signed: {TRUST}")
        }
        CertificateError::ExpiredContext { time, not_after } => {
            let ago = days(*time, *not_after);
            format!("the server's certificate expired {ago} ago: {clock}")
        }
        CertificateError::NotValidYetContext { time, not_before } => {
            let wait = days(*not_before, *time);
            format!("the server's certificate is not valid for another {wait}: {clock}")
        }
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let expected = expected.to_str();
            // Names are formatted as `DnsName("h")`.
            let name = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
            let names: Vec<String> = presented.iter().map(name).collect();
            let names = match names.join(", ") {
                names if names.is_empty() => "for no name at all".to_owned(),
                names => format!("for {names}"),
            };
            format!(
                "the server's certificate is {names}, not for {expected}: write its name in the URL, and an address for it in the option hosts"
            )
        }
        other => format!("the server's certificate is not valid ({other}): {TRUST}"),
    }
}

fn alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            CLIENT_CERTIFICATE.to_owned()
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => format!(
            "the server does not accept the certificate of the client, or requires one ({alert:?}): see the option tls_auth"
        ),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => format!(
            "the server refused the handshake ({alert:?}): it has no cipher in common with ssel, or requires a client \
             certificate (option tls_auth)"
        ),
        AlertDescription::ProtocolVersion => {
            "the server supports neither TLS 1.2 nor 1.3 (ProtocolVersion), and older versions are not safe: update its software \
             or configuration"
                .to_owned()
        }
        AlertDescription::UnrecognisedName => {
            "the server has no host of that name (UnrecognisedName): use the name of the server in the URL".to_owned()
        }
        AlertDescription::NoApplicationProtocol => {
            "the server supports none of the requested HTTP versions: see the option http_version".to_owned()
        }
        other => format!("the server ended TLS with the alert {other:?}"),
    }
}

/// From `since` to `until`, in days.
fn days(until: UnixTime, since: UnixTime) -> String {
    let time = until.as_secs().saturating_sub(since.as_secs());
    match Duration::from_secs(time).as_secs() / 86_400 {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        n => format!("{n} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explanation(error: Error) -> String {
        tls_failure(&io::Error::new(io::ErrorKind::InvalidData, error)).unwrap()
    }

    #[test]
    fn each_failure_has_its_remedy() {
        let day = |n: u64| UnixTime::since_unix_epoch(Duration::from_secs(n * 86_400));
        let expired = CertificateError::ExpiredContext {
            time: day(30),
            not_after: day(18),
        };
        let early = CertificateError::NotValidYetContext {
            time: day(1),
            not_before: day(2),
        };
        for (error, says) in [
            (expired.into(), "expired 12 days ago: renew it"),
            (early.into(), "not valid for another 1 day: renew it"),
            (
                CertificateError::UnknownIssuer.into(),
                "is not trusted: name it or its authority in the option ca",
            ),
            (
                Error::AlertReceived(AlertDescription::CertificateRequired),
                "tls_auth",
            ),
            (
                Error::AlertReceived(AlertDescription::HandshakeFailure),
                "tls_auth",
            ),
            (
                Error::AlertReceived(AlertDescription::ProtocolVersion),
                "neither TLS 1.2 nor 1.3",
            ),
            (
                PeerIncompatible::ServerDoesNotSupportTls12Or13.into(),
                "neither TLS 1.2 nor 1.3",
            ),
            (
                rustls::InvalidMessage::InvalidContentType.into(),
                "http:// instead of https://",
            ),
        ] {
            let explanation = explanation(error);
            assert!(explanation.contains(says), "{explanation}");
        }
        assert_eq!(tls_failure(&io::ErrorKind::ConnectionReset.into()), None);
    }

    #[test]
    fn a_tls_record_is_recognized_by_its_first_bytes() {
        assert!(is_tls_record(b"\x15\x03\x01\x00\x02\x02\x46"));
        for other in [&b"HTTP/1.1 200"[..], b"\x15\x03", b""] {
            assert!(!is_tls_record(other));
        }
    }
}

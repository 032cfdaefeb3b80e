//! Failures on demand: their kind, position and rate.

use super::reply_options::MAX_TOKENS;
use crate::serve::failure::ErrorResponse;
use crate::serve::params::Params;
use crate::units::{SplitMix64, fraction};

/// A failure and the requests that it affects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// The number of tokens before it; by default half of them.
    pub(super) after: Option<u64>,
    /// The share of affected requests.
    rate: f64,
    seed: u64,
}

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The reply is an error with this status.
    Status(u16),
    /// An error inside the stream, which then ends regularly, but without its end mark.
    ErrorEvent,
    /// An error inside the stream, followed by the end mark.
    ErrorThenDone,
    /// The connection closes.
    Truncate,
    /// The connection is reset.
    Reset,
    /// Silence, then the connection closes.
    Stall,
    /// One event that is not JSON; the stream continues.
    Malformed,
    /// No end mark.
    NoDone,
}

impl Fault {
    /// Reads `fail`, `fail_after`, `fail_rate` and `seed`.
    pub(super) fn read(params: &mut Params) -> Result<Option<Self>, ErrorResponse> {
        let kind = params.parsed("fail", parse_kind)?;
        let after = params.maybe_number("fail_after", 0..=MAX_TOKENS)?;
        let rate = params.fraction("fail_rate", 1.0)?;
        let seed = params.number("seed", 0, 0..=u64::MAX)?;
        Ok(kind.map(|kind| Self {
            kind,
            after,
            rate,
            seed,
        }))
    }

    /// Whether it affects request `number`: the same requests for the same seed.
    pub(super) fn strikes(self, number: u64) -> bool {
        // Exact for 0 and 1: the hash below is at least 0 and less than 1.
        let number = SplitMix64::new(number).next();
        let hash = SplitMix64::new(self.seed.wrapping_add(number)).next();
        fraction(hash) < self.rate
    }
}

const NAMES: [(&str, FaultKind); 8] = [
    ("429", FaultKind::Status(429)),
    ("error-event", FaultKind::ErrorEvent),
    ("error-then-done", FaultKind::ErrorThenDone),
    ("truncate", FaultKind::Truncate),
    ("reset", FaultKind::Reset),
    ("stall", FaultKind::Stall),
    ("malformed", FaultKind::Malformed),
    ("no-done", FaultKind::NoDone),
];

fn parse_kind(text: &str) -> Result<FaultKind, String> {
    if let Some(code) = text.strip_prefix("status:") {
        let status = code.parse().ok().filter(|code| (400..=599).contains(code));
        return status
            .map(FaultKind::Status)
            .ok_or_else(|| format!("must name a status from 400 to 599, got {code:?}"));
    }
    let named = NAMES.iter().find(|(name, _)| *name == text);
    named.map(|(_, kind)| *kind).ok_or_else(|| {
        format!(
            "must be status:CODE, 429, error-event, error-then-done, truncate, reset, stall, malformed or \
             no-done, got {text:?}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn struck(rate: f64, seed: u64) -> Vec<u64> {
        let fault = Fault {
            kind: FaultKind::Reset,
            after: None,
            rate,
            seed,
        };
        (0..10_000)
            .filter(|number| fault.strikes(*number))
            .collect()
    }

    #[test]
    fn a_fault_rate_affects_this_share_and_always_the_same_requests() {
        assert_eq!(struck(0.0, 1).len(), 0);
        assert_eq!(struck(1.0, 1).len(), 10_000);
        let tenth = struck(0.1, 1);
        assert!((900..1100).contains(&tenth.len()), "{}", tenth.len());
        assert_eq!(tenth, struck(0.1, 1));
        assert_ne!(tenth, struck(0.1, 2));
    }

    #[test]
    fn kinds_have_names() {
        assert_eq!(parse_kind("status:503"), Ok(FaultKind::Status(503)));
        assert_eq!(parse_kind("429"), Ok(FaultKind::Status(429)));
        for bad in ["status:200", "status:", "503", "rest", ""] {
            assert!(parse_kind(bad).is_err(), "{bad}");
        }
    }
}

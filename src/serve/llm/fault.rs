//! Failures on demand: their kind, place and rate.

use super::reply_options::MAX_TOKENS;
use crate::serve::failure::Failure;
use crate::serve::params::Params;
use crate::units::{SplitMix64, fraction};

/// A failure and when it strikes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    /// Tokens before it; half of them by default.
    pub(super) after: Option<u64>,
    /// The share of requests it strikes.
    rate: f64,
    seed: u64,
}

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    /// The reply is an error with this status.
    Status(u16),
    /// An error inside the stream, which then ends as if it were complete, but without its end mark.
    ErrorEvent,
    /// An error inside the stream, and the end mark all the same.
    ErrorThenDone,
    /// The connection closes.
    Truncate,
    /// The connection is reset.
    Reset,
    /// Silence, then the connection closes.
    Stall,
    /// One event that is not JSON; the stream goes on.
    Malformed,
    /// No end mark.
    NoDone,
}

impl Fault {
    /// Reads `fail`, `fail_after`, `fail_rate` and `seed`.
    pub(super) fn read(params: &mut Params) -> Result<Option<Self>, Failure> {
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

    /// Whether it strikes request `number`: the same ones for the same seed.
    pub(super) fn strikes(self, number: u64) -> bool {
        // Exact for 0 and 1: the hash below is at least 0 and less than 1.
        let number = SplitMix64::new(number).next();
        let hash = SplitMix64::new(self.seed.wrapping_add(number)).next();
        fraction(hash) < self.rate
    }
}

fn parse_kind(text: &str) -> Result<FaultKind, String> {
    let status = |code: &str| match code.parse() {
        Ok(code) if (400..=599).contains(&code) => Ok(FaultKind::Status(code)),
        _ => Err(format!("must name a status from 400 to 599, got {code:?}")),
    };
    match text {
        "429" => Ok(FaultKind::Status(429)),
        "error-event" => Ok(FaultKind::ErrorEvent),
        "error-then-done" => Ok(FaultKind::ErrorThenDone),
        "truncate" => Ok(FaultKind::Truncate),
        "reset" => Ok(FaultKind::Reset),
        "stall" => Ok(FaultKind::Stall),
        "malformed" => Ok(FaultKind::Malformed),
        "no-done" => Ok(FaultKind::NoDone),
        _ => match text.strip_prefix("status:") {
            Some(code) => status(code),
            None => Err(format!(
                "must be status:CODE, 429, error-event, error-then-done, truncate, reset, stall, malformed or \
                 no-done, got {text:?}"
            )),
        },
    }
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
    fn a_rate_strikes_that_share_and_the_same_requests_again() {
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

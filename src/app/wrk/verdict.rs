//! Explains failed connections, and a load in which nothing worked.

use crate::error::Error;
use crate::metrics::{ErrorCount, WrkTally};

/// Refuses a load without any response.
///
/// # Errors
/// One sentence with all reasons.
pub(super) fn anything_worked(tally: &WrkTally) -> Result<(), Error> {
    if tally.requests > 0 || tally.streams.opened > 0 {
        return Ok(());
    }
    let mut reasons = first_errors(tally);
    match tally.script_errors {
        0 => {}
        1 => reasons.push("the script raised an error".to_owned()),
        count => reasons.push(format!("the script raised {count} errors")),
    }
    // Without failures, the reason is what it still waits for.
    if reasons.is_empty() {
        reasons = unfinished(tally);
    }
    if reasons.is_empty() {
        reasons.push("none was sent".to_owned());
    }
    Err(Error::Server(format!(
        "no request was answered: {}",
        reasons.join("; ")
    )))
}

fn unfinished(tally: &WrkTally) -> Vec<String> {
    let open = tally.unfinished;
    let kinds = [
        (open.connecting, "connection", "being made"),
        (
            open.agreeing,
            "connection",
            "waiting for TLS to be agreed on",
        ),
        (open.busy, "request", "waiting for an answer"),
    ];
    let described = |(count, what, doing): (u64, &str, &str)| match count {
        0 => None,
        1 => Some(format!("1 {what} was still {doing}")),
        _ => Some(format!("{count} {what}s were still {doing}")),
    };
    kinds.into_iter().filter_map(described).collect()
}

/// The count of each kind of failure, with the message of the first.
pub(super) fn first_errors(tally: &WrkTally) -> Vec<String> {
    let described = |(kind, errors): (&str, &ErrorCount)| {
        let why = errors.first.as_ref()?;
        Some(match errors.count {
            1 => format!("1 {kind} error: {why}"),
            count => format!("{count} {kind} errors, the first: {why}"),
        })
    };
    let kinds = tally.errors.of_sockets().into_iter();
    kinds.filter_map(described).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Unfinished;

    fn said(tally: &WrkTally) -> String {
        anything_worked(tally).unwrap_err().to_string()
    }

    #[test]
    fn a_response_or_a_stream_is_a_success() {
        let mut tally = WrkTally {
            script_errors: 3,
            ..WrkTally::default()
        };
        tally.errors.read.count = 10;
        tally.requests = 1;
        assert!(anything_worked(&tally).is_ok());
        tally.requests = 0;
        tally.streams.opened = 1;
        assert!(anything_worked(&tally).is_ok());
    }

    #[test]
    fn the_reasons_for_no_response_are_named() {
        assert_eq!(
            said(&WrkTally::default()),
            "no request was answered: none was sent"
        );
        let mut tally = WrkTally {
            script_errors: 2,
            ..WrkTally::default()
        };
        tally.errors.connect.add(3, || "refused".into());
        tally.errors.read.add(1, || "reset".into());
        assert_eq!(
            said(&tally),
            "no request was answered: 3 connect errors, the first: refused; 1 read error: reset; the script raised 2 \
             errors"
        );
        let tally = WrkTally {
            unfinished: Unfinished {
                agreeing: 4,
                busy: 1,
                ..Unfinished::default()
            },
            ..WrkTally::default()
        };
        assert_eq!(
            said(&tally),
            "no request was answered: 4 connections were still waiting for TLS to be agreed on; 1 request was still \
             waiting for an answer"
        );
    }
}

//! How the parts of a run find each other.

use super::super::args::JoinFlags;
use crate::app::joined::Join;
use crate::error::Error;
use crate::join::{Address, PORT, TOKEN_VARIABLE, Token};
use crate::parts::Placement;

/// The variable that stands for `--join`.
const VARIABLE: &str = "SSEL_JOIN";

/// What `--join` says, or its variable; `None` for a part on its own and for a whole run.
///
/// # Errors
/// An address that is none, a token that no header can carry, a flag without parts to join.
pub(in crate::cli) fn join(
    flags: &JoinFlags,
    placement: Option<&Placement>,
) -> Result<Option<Join>, Error> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    of(flags, placement, variable)
}

/// Parts that are joined start together, and so at no time that is given.
///
/// # Errors
/// Both.
pub(in crate::cli) fn one_start(is_joined: bool, has_time: bool) -> Result<(), Error> {
    if is_joined && has_time {
        let what = "--join starts all parts together when they are ready; leave --start-at out";
        return Err(Error::Usage(what.to_owned()));
    }
    Ok(())
}

fn of(
    flags: &JoinFlags,
    placement: Option<&Placement>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Join>, Error> {
    let usage = |what: String| Err(Error::Usage(what));
    let (place, text) = match (&flags.join, variable(VARIABLE)) {
        (Some(text), _) => ("--join", text.clone()),
        (None, Some(text)) => (VARIABLE, text),
        (None, None) => return Ok(None),
    };
    let Some(placement) = placement else {
        return match place {
            "--join" => usage(
                "--join joins the parts of a run: say which part this is with --part I/N"
                    .to_owned(),
            ),
            _ => Ok(None),
        };
    };
    let address = if text == "auto" {
        match &placement.first_host {
            Some(host) => Address::new(host, PORT),
            None => {
                return usage(format!(
                    "{place} is auto, and {} does not say where part 0 runs: write {place} HOST:PORT",
                    placement.from
                ));
            }
        }
    } else {
        match Address::parse(&text) {
            Some(address) => address,
            None => {
                return usage(format!(
                    "{place} cannot be {text:?}: write the host and port of part 0, as in node1:{PORT}"
                ));
            }
        }
    };
    let token = match variable(TOKEN_VARIABLE) {
        None => None,
        Some(text) => match Token::new(&text) {
            Some(token) => Some(token),
            None => {
                return usage(format!(
                    "{TOKEN_VARIABLE} has characters that no header carries: use letters and digits"
                ));
            }
        },
    };
    Ok(Some(Join { address, token }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::Part;

    fn placement(first_host: Option<&str>) -> Placement {
        Placement {
            part: Part::parse("1/4").unwrap(),
            from: "Slurm".into(),
            run: None,
            first_host: first_host.map(str::to_owned),
        }
    }

    fn joined(
        flag: Option<&str>,
        env: &[(&str, &str)],
        host: Option<&str>,
    ) -> Result<String, String> {
        let flags = JoinFlags {
            join: flag.map(str::to_owned),
        };
        let variable = |name: &str| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match of(&flags, Some(&placement(host)), variable) {
            Ok(join) => Ok(join.map_or("alone".into(), |join| join.address.to_string())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_address_is_that_of_the_flag_the_variable_or_the_engine() {
        assert_eq!(joined(None, &[], None).unwrap(), "alone");
        assert_eq!(
            joined(Some("a:1"), &[("SSEL_JOIN", "b:2")], None).unwrap(),
            "a:1"
        );
        assert_eq!(joined(None, &[("SSEL_JOIN", "b")], None).unwrap(), "b:7735");
        assert_eq!(joined(Some("auto"), &[], Some("n1")).unwrap(), "n1:7735");
    }

    #[test]
    fn what_will_not_do_is_said_with_a_remedy() {
        let told = joined(Some("auto"), &[], None).unwrap_err();
        assert_eq!(
            told,
            "--join is auto, and Slurm does not say where part 0 runs: write --join HOST:PORT"
        );
        let told = joined(Some("http://a"), &[], None).unwrap_err();
        assert!(told.starts_with("--join cannot be \"http://a\""), "{told}");
        let told = joined(Some("a"), &[("SSEL_JOIN_TOKEN", "a b")], None).unwrap_err();
        assert!(
            told.contains("SSEL_JOIN_TOKEN") && !told.contains("a b"),
            "{told}"
        );
    }
}

//! The flags of a run that is divided into parts.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::part_files::PartFiles;
use super::values::{Parsed, wrong};
use crate::app::Rendezvous;
use crate::app::joined::Join;
use crate::error::Error;
use crate::join::{Address, PORT, TOKEN_VARIABLE, Token};
use crate::parts::{Placement, detect};
use crate::units::{format_duration, parse_moment};

/// The part of this process, the common start of all parts, and how they find each other.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PartFlags {
    /// Generate part I of N of the load, counted from 0; auto takes it from the launcher of this process (Slurm, MPI,
    /// Kubernetes, a CI job, ...), and is the default under MPI and srun
    #[arg(long, value_name = "I/N", allow_hyphen_values = true)]
    part: Option<String>,

    /// Start the load at this time in all parts, e.g. 2026-11-27T07:00:00Z
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = start_at)]
    start_at: Option<SystemTime>,

    /// Join all parts into one run with one result: part 0 listens at HOST:PORT, the others connect to it; auto takes the host
    /// from the launcher. The variable SSEL_JOIN_TOKEN holds the secret that all parts share
    #[arg(long, value_name = "HOST:PORT")]
    join: Option<String>,
}

/// The part of a run that this process executes.
#[derive(Debug, Clone)]
pub(in crate::cli) struct RunPart {
    /// The part; `None` for a whole run.
    pub(in crate::cli) placement: Option<Placement>,
    /// The scheduled start of the load in all parts.
    pub(in crate::cli) start_at: Option<SystemTime>,
    /// How it finds the other parts, if they are joined.
    pub(in crate::cli) join: Option<Join>,
    pub(in crate::cli) files: PartFiles,
}

impl PartFlags {
    /// Determines the part from flags, variables and the launcher; if `is_alone` is set, only from `--part`.
    ///
    /// # Errors
    /// Values that are invalid, missing or contradictory.
    pub(in crate::cli) fn resolve(&self, is_alone: bool) -> Result<RunPart, Error> {
        let variable = |name: &str| std::env::var(name).ok();
        let placement = match &self.part {
            None if is_alone => None,
            flag => detect(flag.as_deref(), variable)
                .map_err(|error| Error::Usage(error.to_string()))?,
        };
        let filled = |name: &str| variable(name).filter(|text| !text.is_empty());
        let join = join(self.join.as_deref(), placement.as_ref(), filled)?;
        if join.is_some() && self.start_at.is_some() {
            let what = "--join starts all parts together when they are ready; remove --start-at";
            return Err(Error::Usage(what.to_owned()));
        }
        Ok(RunPart {
            files: PartFiles::new(placement.as_ref(), join.is_some()),
            placement,
            start_at: self.start_at,
            join,
        })
    }
}

impl RunPart {
    /// How a run finds the other parts, if they are joined.
    pub(in crate::cli) fn rendezvous(&self) -> Option<Arc<dyn Rendezvous>> {
        let join = self.join.clone()?;
        Some(Arc::new(join))
    }

    /// The part, if there are several.
    pub(in crate::cli) fn of_several(&self) -> Option<&Placement> {
        let placement = self.placement.as_ref();
        placement.filter(|placement| !placement.part.is_whole())
    }

    /// The common seed of all parts if none is given. It is derived from the launcher's name for the run, or from its scheduled
    /// start; `None` without either.
    pub(in crate::cli) fn common_seed(&self) -> Option<u64> {
        let start = self
            .start_at
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let start = start.map(|at| at.as_nanos().to_string());
        let name = self
            .placement
            .as_ref()
            .and_then(|placement| placement.run.clone());
        let name = name.or(start)?;
        // FNV-1a, shortened so that it is easy to type.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Some(hash % 10_000_000)
    }
}

/// Parses a time in the future.
fn start_at(text: &str) -> Parsed<SystemTime> {
    let time = parse_moment(text).map_err(|remedy| wrong(text, &remedy))?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    if let Some(ago) = now.checked_sub(time) {
        let ago = format_duration(Duration::from_secs(ago.as_secs().max(1)));
        return Err(wrong(
            text,
            &format!("that was {ago} ago; use a time in the future"),
        ));
    }
    Ok(UNIX_EPOCH + time)
}

/// The variable equivalent to `--join`.
const VARIABLE: &str = "SSEL_JOIN";

/// How this part finds the others, by the flag or its variable; `None` if the parts are not joined.
fn join(
    flag: Option<&str>,
    placement: Option<&Placement>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Join>, Error> {
    let usage = |what: String| Err(Error::Usage(what));
    let (place, text) = match (flag, variable(VARIABLE)) {
        (Some(text), _) => ("--join", text.to_owned()),
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
                    "{TOKEN_VARIABLE} contains characters that a header cannot contain: use letters and digits"
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
        let variable = |name: &str| {
            let found = env.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match join(flag, Some(&placement(host)), variable) {
            Ok(join) => Ok(join.map_or("alone".into(), |join| join.address.to_string())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_address_comes_from_flag_variable_or_launcher() {
        assert_eq!(joined(None, &[], None).unwrap(), "alone");
        assert_eq!(
            joined(Some("a:1"), &[("SSEL_JOIN", "b:2")], None).unwrap(),
            "a:1"
        );
        assert_eq!(joined(None, &[("SSEL_JOIN", "b")], None).unwrap(), "b:7735");
        assert_eq!(joined(Some("auto"), &[], Some("n1")).unwrap(), "n1:7735");
    }

    #[test]
    fn invalid_values_are_rejected_with_a_remedy() {
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

//! Detects which part a process is, and which source says so.

use super::launcher::{First, Get, LAUNCHERS, Launcher};
use super::{Part, Placement};

/// Why the part of a process cannot be determined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum PartError {
    /// A flag or a variable has an invalid value.
    #[error("{place} cannot be {got:?}: {remedy}")]
    Value {
        /// The flag or variable.
        place: String,
        /// The given value.
        got: String,
        /// What to write instead.
        remedy: String,
    },
    /// `auto` without a launcher.
    #[error(
        "{0} is auto, but no launcher gives the part of this process: write --part I/N; known launchers: {launchers}",
        launchers = names()
    )]
    NoLauncher(String),
    /// The number of parts is known, but not the part.
    #[error("SSEL_PARTS is {0}, but nothing gives the part of this process: add --part I/{0}")]
    NoIndex(u64),
    /// The part is known, but not the number of parts.
    #[error(
        "{launcher} gives the part of this process ({variable}) but not the number of parts: set SSEL_PARTS"
    )]
    NoCount {
        /// The launcher.
        launcher: &'static str,
        /// The variable with the index.
        variable: &'static str,
    },
    /// Contradicting numbers of parts.
    #[error(
        "SSEL_PARTS is {wanted}, but {launcher} started {count} ({variable}): make them equal or unset SSEL_PARTS"
    )]
    Counts {
        /// The value of `SSEL_PARTS`.
        wanted: u64,
        /// The launcher.
        launcher: &'static str,
        /// The number that it gives.
        count: u64,
        /// The variable that holds it.
        variable: &'static str,
    },
}

/// The part of this process by `--part`, `SSEL_PART` or its launcher; `None` for a separate run.
///
/// The variables of launchers that start one program as many processes (MPI, `srun`) are always used. Other launchers
/// number jobs that may be separate tests, such as those of a CI matrix; their variables are used with `auto` as the
/// flag or as `SSEL_PART`, or if `SSEL_PARTS` gives the number of parts.
///
/// # Errors
/// Contradicting, invalid or missing values.
pub(crate) fn detect(
    flag: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Placement>, PartError> {
    let get: Get<'_> = &|name| variable(name).filter(|value| !value.trim().is_empty());
    let given = match flag {
        Some(text) => Some(("--part", text.to_owned())),
        None => get("SSEL_PART").map(|text| ("SSEL_PART", text)),
    };
    let Some((place, text)) = given else {
        return unasked(get);
    };
    if text == "auto" {
        let placement = by_launcher(get, |_| true)?;
        let missing = || PartError::NoLauncher(place.to_owned());
        return placement.map(Some).ok_or_else(missing);
    }
    let part = Part::parse(&text).map_err(|remedy| PartError::Value {
        place: place.to_owned(),
        got: text,
        remedy,
    })?;
    Ok(Some(Placement {
        part,
        from: place.to_owned(),
        run: get("SSEL_RUN_ID"),
        first_host: None,
    }))
}

/// The part of a process without `--part` and `SSEL_PART`.
fn unasked(get: Get<'_>) -> Result<Option<Placement>, PartError> {
    let Some(count) = parts(get)? else {
        let placement = by_launcher(get, |launcher| launcher.is_one_program)?;
        return Ok(placement.filter(|placement| !placement.part.is_whole()));
    };
    let placement = by_launcher(get, |_| true)?;
    if placement.is_none() && count > 1 {
        return Err(PartError::NoIndex(count));
    }
    Ok(placement)
}

/// The part by the first launcher that started several processes, otherwise by the first launcher.
fn by_launcher(
    get: Get<'_>,
    is_asked: impl Fn(&Launcher) -> bool,
) -> Result<Option<Placement>, PartError> {
    let parts = parts(get)?;
    let mut alone = None;
    for launcher in LAUNCHERS.iter().filter(|launcher| is_asked(launcher)) {
        let Some(index) = get(launcher.index) else {
            continue;
        };
        let count = match launcher.count.map(|name| Some((name, get(name)?))) {
            Some(Some((name, text))) => Some((name, number(name, &text)?)),
            // The number remains from an outer program.
            Some(None) => continue,
            None => None,
        };
        let count = match (count, parts) {
            (Some((_, 1)), _) => 1,
            (Some((variable, count)), Some(wanted)) if count != wanted => {
                return Err(PartError::Counts {
                    wanted,
                    launcher: launcher.name,
                    count,
                    variable,
                });
            }
            (Some((_, count)), _) | (None, Some(count)) => count,
            (None, None) => {
                return Err(PartError::NoCount {
                    launcher: launcher.name,
                    variable: launcher.index,
                });
            }
        };
        let (first, step) = match launcher.first {
            First::Number(first) => (first, 1),
            First::Variables(first, step) => {
                let read =
                    |name: &str, default| get(name).map_or(Ok(default), |text| number(name, &text));
                (read(first, 0)?, read(step, 1)?.max(1))
            }
        };
        let own = number(launcher.index, &index)?;
        let part = own
            .checked_sub(first)
            .ok_or_else(|| format!("{} counts from {first}", launcher.name))
            .and_then(|own| Part::new(own / step, count))
            .map_err(|remedy| PartError::Value {
                place: launcher.index.to_owned(),
                got: index,
                remedy,
            })?;
        let placement = Placement {
            part,
            from: launcher.name.to_owned(),
            run: launcher.run_id(get),
            first_host: (launcher.first_host)(get),
        };
        if count > 1 {
            return Ok(Some(placement));
        }
        alone.get_or_insert(placement);
    }
    Ok(alone)
}

/// The value of `SSEL_PARTS`.
fn parts(get: Get<'_>) -> Result<Option<u64>, PartError> {
    let Some(text) = get("SSEL_PARTS") else {
        return Ok(None);
    };
    match text.trim().parse() {
        Ok(count) if (1..=u64::from(Part::MOST)).contains(&count) => Ok(Some(count)),
        _ => Err(PartError::Value {
            place: "SSEL_PARTS".to_owned(),
            got: text,
            remedy: format!("write how many parts the run has, 1 to {}", Part::MOST),
        }),
    }
}

fn number(place: &str, text: &str) -> Result<u64, PartError> {
    text.trim().parse().map_err(|_| PartError::Value {
        place: place.to_owned(),
        got: text.to_owned(),
        remedy: "it should be a whole number; --part I/N overrides it".to_owned(),
    })
}

fn names() -> String {
    let names: Vec<&str> = LAUNCHERS.iter().map(|launcher| launcher.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;

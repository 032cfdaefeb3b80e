//! Which part a process is, and which source says so.

use super::Part;
use super::engine::{ENGINES, Engine, First, Get};

/// Which part a process is, and what else its engine tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The part.
    pub part: Part,
    /// Who says so: `--part`, `SSEL_PART` or the name of an engine.
    pub from: String,
    /// What the engine calls the run, the same in all its parts.
    pub run: Option<String>,
    /// The host of the first part, without a port.
    pub first_host: Option<String>,
}

/// Why it is not known which part a process is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// A flag or a variable has a value that it cannot have.
    #[error("{place} cannot be {got:?}: {remedy}")]
    Value {
        /// The flag or variable.
        place: String,
        /// What it is.
        got: String,
        /// What to write instead.
        remedy: String,
    },
    /// `auto`, and no engine says anything.
    #[error(
        "{0} is auto, and no engine says which part this is: write --part I/N; the engines known are {engines}",
        engines = names()
    )]
    NoEngine(String),
    /// The number of parts is known, and the part is not.
    #[error("SSEL_PARTS is {0}, and nothing says which of these parts this is: add --part I/{0}")]
    NoIndex(u64),
    /// The part is known, and the number of parts is not.
    #[error(
        "{engine} says which part this is ({variable}), but not how many there are: set SSEL_PARTS to their number"
    )]
    NoCount {
        /// The engine.
        engine: &'static str,
        /// The variable with the index.
        variable: &'static str,
    },
    /// Two numbers of parts.
    #[error(
        "SSEL_PARTS is {wanted}, but {engine} started {count} ({variable}): make them equal or unset SSEL_PARTS"
    )]
    Counts {
        /// What `SSEL_PARTS` says.
        wanted: u64,
        /// The engine.
        engine: &'static str,
        /// What it says.
        count: u64,
        /// The variable in which it does.
        variable: &'static str,
    },
}

/// The part of this process by `--part`, by `SSEL_PART`, or by its engine; `None` if it is a run of its own.
///
/// Engines that start one program as many processes (MPI, `srun`) are believed without being asked. Others number what may be
/// tests of their own, as the jobs of a CI matrix are; they count with `auto` as the flag or as `SSEL_PART`, or where
/// `SSEL_PARTS` gives the number of parts.
///
/// # Errors
/// What contradicts itself, cannot be, or is not said.
pub fn detect(
    flag: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Placement>, PartError> {
    let get: Get<'_> = &|name| variable(name).filter(|value| !value.trim().is_empty());
    let told = match flag {
        Some(text) => Some(("--part", text.to_owned())),
        None => get("SSEL_PART").map(|text| ("SSEL_PART", text)),
    };
    let Some((place, text)) = told else {
        return unasked(get);
    };
    if text == "auto" {
        let placement = by_engine(get, |_| true)?;
        let missing = || PartError::NoEngine(place.to_owned());
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

/// The part of a process that was told nothing itself.
fn unasked(get: Get<'_>) -> Result<Option<Placement>, PartError> {
    let Some(count) = parts(get)? else {
        let placement = by_engine(get, |engine| engine.is_launcher)?;
        return Ok(placement.filter(|placement| !placement.part.is_whole()));
    };
    let placement = by_engine(get, |_| true)?;
    if placement.is_none() && count > 1 {
        return Err(PartError::NoIndex(count));
    }
    Ok(placement)
}

/// What the first engine says that started several processes; if none did, what the first one says.
fn by_engine(
    get: Get<'_>,
    is_asked: impl Fn(&Engine) -> bool,
) -> Result<Option<Placement>, PartError> {
    let parts = parts(get)?;
    let mut alone = None;
    for engine in ENGINES.iter().filter(|engine| is_asked(engine)) {
        let Some(index) = get(engine.index) else {
            continue;
        };
        let count = match engine.count.map(|name| Some((name, get(name)?))) {
            Some(Some((name, text))) => Some((name, number(name, &text)?)),
            // A number that is left from an outer program.
            Some(None) => continue,
            None => None,
        };
        let count = match (count, parts) {
            (Some((_, 1)), _) => 1,
            (Some((variable, count)), Some(wanted)) if count != wanted => {
                return Err(PartError::Counts {
                    wanted,
                    engine: engine.name,
                    count,
                    variable,
                });
            }
            (Some((_, count)), _) | (None, Some(count)) => count,
            (None, None) => {
                return Err(PartError::NoCount {
                    engine: engine.name,
                    variable: engine.index,
                });
            }
        };
        let (first, step) = match engine.first {
            First::Number(first) => (first, 1),
            First::Variables(first, step) => {
                let read =
                    |name: &str, default| get(name).map_or(Ok(default), |text| number(name, &text));
                (read(first, 0)?, read(step, 1)?.max(1))
            }
        };
        let own = number(engine.index, &index)?;
        let part = own
            .checked_sub(first)
            .ok_or_else(|| format!("{} counts from {first}", engine.name))
            .and_then(|own| Part::new(own / step, count))
            .map_err(|remedy| PartError::Value {
                place: engine.index.to_owned(),
                got: index,
                remedy,
            })?;
        let placement = Placement {
            part,
            from: engine.name.to_owned(),
            run: engine.run_id(get),
            first_host: (engine.first_host)(get),
        };
        if count > 1 {
            return Ok(Some(placement));
        }
        alone.get_or_insert(placement);
    }
    Ok(alone)
}

/// What `SSEL_PARTS` says.
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
    let names: Vec<&str> = ENGINES.iter().map(|engine| engine.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests;

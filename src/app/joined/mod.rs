//! A joined run of several processes: part 0 leads, the others follow.
//!
//! [`join`](crate::join) has the messages between parts; this module has what a run does with them.

mod follower;
mod leader;
mod merging;
mod rendezvous;
mod rows;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Job, Verdict, machine, recording};
use crate::app::program::Program;
use crate::join::{Address, Hello, Token};
use crate::options::Options;
use crate::record::{RunEnd, VerdictKind};
use crate::script::{ScriptError, ScriptErrorKind};

pub(super) use self::follower::RunFollower;
pub(super) use self::leader::RunLeader;
pub(super) use self::rendezvous::rendezvous;

/// How a part finds the others.
#[derive(Debug, Clone)]
pub(crate) struct Join {
    /// Where part 0 listens.
    pub address: Address,
    /// The secret of the run.
    pub token: Option<Token>,
}

/// The role of this process in the run.
#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
pub(super) enum Role {
    /// Part 0.
    Leader(RunLeader),
    /// Another part.
    Follower(RunFollower),
}

impl Role {
    pub(super) fn leader(&mut self) -> Option<&mut RunLeader> {
        match self {
            Self::Leader(leader) => Some(leader),
            Self::Follower(_) => None,
        }
    }

    pub(super) fn is_following(&self) -> bool {
        matches!(self, Self::Follower(_))
    }
}

/// The description of this process for the others.
fn hello(job: &Job, program: &Program, options: &Options) -> Hello {
    let run = recording::run_of(job, options.to_json(), Some(options.seed));
    let part = job.part();
    let run_id = job
        .placement
        .as_ref()
        .and_then(|placement| placement.run.clone());
    let files = program.files().into_iter();
    let hashed = files.map(|(path, text)| (path.display().to_string(), recording::hash(&text)));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Hello {
        run_id: run_id.unwrap_or_default(),
        part: part.index().into(),
        count: part.count().into(),
        command: job.record.command.to_owned(),
        name: run.name,
        script_hash: run.script_hash,
        files: hashed.collect::<BTreeMap<_, _>>(),
        options: options.to_json(),
        labels: job.record.labels.clone(),
        machine: machine::machine(),
        clock: now.unwrap_or_default().as_secs_f64(),
        ..Hello::default()
    }
}

/// Converts the verdict of another part.
pub(super) fn verdict_of(end: &RunEnd) -> Verdict {
    let reason = end.reason.clone();
    match end.verdict {
        VerdictKind::Passed => Verdict::Passed,
        VerdictKind::Thresholds => Verdict::Thresholds(vec![reason]),
        VerdictKind::Aborted => Verdict::Aborted(reason),
        VerdictKind::MarkedFailed => Verdict::MarkedFailed(reason),
        VerdictKind::Stopped => Verdict::Stopped,
        VerdictKind::Memory => Verdict::Memory(reason),
        VerdictKind::Output => Verdict::Output(reason),
        VerdictKind::System => Verdict::System(reason),
        VerdictKind::Script => Verdict::Script(ScriptError {
            kind: ScriptErrorKind::Init,
            message: reason,
            traceback: String::new(),
        }),
        VerdictKind::Lost => Verdict::Lost(reason),
        VerdictKind::Internal | VerdictKind::CutOff | VerdictKind::Unknown => {
            Verdict::Internal(reason)
        }
    }
}

/// Serializes what a benchmark collected besides metrics, for part 0 to merge.
pub(crate) type Extra = std::sync::Arc<dyn Fn() -> Value + Send + Sync>;

//! A joined run of several processes: part 0 leads, the others follow.
//!
//! [`join`](crate::join) has the messages between parts; this module has what a run does with them.

mod follower;
mod leader;
mod merging;
mod rendezvous;
mod rows;

use std::collections::BTreeMap;

use self::leader::RunLeader;
use super::program::Program;
use super::{Job, machine, recording};
use crate::join::{Address, Hello, Token};
use crate::options::Options;

/// How a part finds the others.
#[derive(Debug, Clone)]
pub(crate) struct Join {
    /// Where part 0 listens.
    pub address: Address,
    /// The secret of the run.
    pub token: Option<Token>,
}

/// The description of this process for the others.
fn hello(job: &Job, program: &dyn Program, options: &Options) -> Hello {
    let run = recording::run_of(job, &program.text(), options);
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

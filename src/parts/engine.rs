//! Reads the part of a process from the environment that engines set.

use super::nodes::{first_of_nodelist, host_of_uri};

/// Looks a variable up; one that is set to nothing counts as not set.
pub(super) type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

/// An engine that starts the same command several times.
pub(super) struct Engine {
    pub(super) name: &'static str,
    /// The variable with the number of the process.
    pub(super) index: &'static str,
    /// The variable with the number of processes; without one, `SSEL_PARTS` has to say it.
    pub(super) count: Option<&'static str>,
    /// The number of the first: a figure, or the variable that has it.
    pub(super) first: First,
    /// Whether all of its processes are one program by nature, so that the part is taken without being asked for.
    pub(super) is_launcher: bool,
    /// The variables that name the run, the same in all its processes.
    pub(super) run: &'static [&'static str],
    /// The host of the first process, where the environment tells it.
    pub(super) first_host: fn(Get<'_>) -> Option<String>,
}

/// The number that the first process has.
pub(super) enum First {
    Number(u64),
    /// A variable with the first number and one with the step.
    Variables(&'static str, &'static str),
}

/// What most engines have in common.
const ENGINE: Engine = Engine {
    name: "",
    index: "",
    count: None,
    first: First::Number(0),
    is_launcher: false,
    run: &[],
    first_host: |_| None,
};

/// Those of them that are nested in others come first: `mpirun` runs in an allocation of Slurm, and not the other way round.
pub(super) const ENGINES: &[Engine] = &[
    Engine {
        name: "Open MPI",
        index: "OMPI_COMM_WORLD_RANK",
        count: Some("OMPI_COMM_WORLD_SIZE"),
        is_launcher: true,
        run: &["PMIX_NAMESPACE"],
        first_host: |get| {
            let is_local = get("OMPI_COMM_WORLD_LOCAL_SIZE") == get("OMPI_COMM_WORLD_SIZE");
            local(is_local).or_else(|| host_of_uri(&get("OMPI_MCA_orte_hnp_uri")?))
        },
        ..ENGINE
    },
    Engine {
        name: "PMI",
        index: "PMI_RANK",
        count: Some("PMI_SIZE"),
        is_launcher: true,
        run: &["PMI_JOBID"],
        first_host: |get| {
            let is_local = get("MPI_LOCALNRANKS").is_some_and(|n| Some(n) == get("PMI_SIZE"));
            local(is_local).or_else(|| first_of_nodelist(&get("SLURM_STEP_NODELIST")?))
        },
        ..ENGINE
    },
    Engine {
        name: "Slurm",
        index: "SLURM_PROCID",
        // Of the step, which srun starts. SLURM_NTASKS is there in the script of the batch as well, which is one process.
        count: Some("SLURM_STEP_NUM_TASKS"),
        is_launcher: true,
        run: &["SLURM_JOB_ID", "SLURM_STEP_ID"],
        first_host: |get| first_of_nodelist(&get("SLURM_STEP_NODELIST")?),
        ..ENGINE
    },
    Engine {
        name: "Kubernetes",
        index: "JOB_COMPLETION_INDEX",
        run: &["SSEL_RUN_ID"],
        ..ENGINE
    },
    Engine {
        name: "Slurm's job array",
        index: "SLURM_ARRAY_TASK_ID",
        count: Some("SLURM_ARRAY_TASK_COUNT"),
        first: First::Variables("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"),
        run: &["SLURM_ARRAY_JOB_ID"],
        ..ENGINE
    },
    Engine {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
        run: &["AWS_BATCH_JOB_ID"],
        ..ENGINE
    },
    Engine {
        name: "AWS Batch on several nodes",
        index: "AWS_BATCH_JOB_NODE_INDEX",
        count: Some("AWS_BATCH_JOB_NUM_NODES"),
        run: &["AWS_BATCH_JOB_ID"],
        first_host: |get| get("AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"),
        ..ENGINE
    },
    Engine {
        name: "Cloud Run",
        index: "CLOUD_RUN_TASK_INDEX",
        count: Some("CLOUD_RUN_TASK_COUNT"),
        run: &["CLOUD_RUN_EXECUTION"],
        ..ENGINE
    },
    Engine {
        name: "GitLab CI",
        index: "CI_NODE_INDEX",
        count: Some("CI_NODE_TOTAL"),
        first: First::Number(1),
        run: &["CI_PIPELINE_ID"],
        ..ENGINE
    },
    Engine {
        name: "CircleCI",
        index: "CIRCLE_NODE_INDEX",
        count: Some("CIRCLE_NODE_TOTAL"),
        run: &["CIRCLE_WORKFLOW_ID"],
        ..ENGINE
    },
    Engine {
        name: "Buildkite",
        index: "BUILDKITE_PARALLEL_JOB",
        count: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
        run: &["BUILDKITE_BUILD_ID"],
        ..ENGINE
    },
    Engine {
        name: "Nomad",
        index: "NOMAD_ALLOC_INDEX",
        run: &["NOMAD_JOB_ID"],
        ..ENGINE
    },
    Engine {
        name: "torchrun",
        index: "RANK",
        count: Some("WORLD_SIZE"),
        run: &["TORCHELASTIC_RUN_ID"],
        first_host: |get| get("MASTER_ADDR"),
        ..ENGINE
    },
    Engine {
        name: "PMIx",
        index: "PMIX_RANK",
        run: &["PMIX_NAMESPACE"],
        ..ENGINE
    },
    Engine {
        name: "GNU parallel",
        index: "PARALLEL_SEQ",
        first: First::Number(1),
        run: &["PARALLEL_PID"],
        ..ENGINE
    },
];

impl Engine {
    /// What the engine calls this run; the same in all its processes.
    pub(super) fn run_id(&self, get: Get<'_>) -> Option<String> {
        let words: Option<Vec<String>> = self.run.iter().map(|name| get(name)).collect();
        let words = words?.join(".");
        // Each child of an array is the array's id with its own number.
        let id = words.split_once(':').map_or(&*words, |(id, _)| id);
        Some(format!("{} {id}", self.name))
    }
}

fn local(is_local: bool) -> Option<String> {
    is_local.then(|| "127.0.0.1".to_owned())
}

//! Reads the part of a process from the environment that launchers set.

use super::nodes::{first_of_nodelist, host_of_uri};

/// Looks up a variable; an empty one counts as unset.
pub(super) type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A launcher: a program that starts the same command several times.
pub(super) struct Launcher {
    pub(super) name: &'static str,
    /// The variable with the number of the process.
    pub(super) index: &'static str,
    /// The variable with the number of processes; without one, `SSEL_PARTS` is required.
    pub(super) count: Option<&'static str>,
    /// The number of the first process.
    pub(super) first: First,
    /// Whether its processes always form one program, so that its variables are used without `auto`.
    pub(super) is_one_program: bool,
    /// The variables that identify the run, the same in all processes.
    pub(super) run: &'static [&'static str],
    /// The host of the first process, if the environment contains it.
    pub(super) first_host: fn(Get<'_>) -> Option<String>,
}

/// The number of the first process.
pub(super) enum First {
    Number(u64),
    /// The variables with the first number and with the step.
    Variables(&'static str, &'static str),
}

/// Defaults that most launchers share.
const LAUNCHER: Launcher = Launcher {
    name: "",
    index: "",
    count: None,
    first: First::Number(0),
    is_one_program: false,
    run: &[],
    first_host: |_| None,
};

/// Nested launchers come first: `mpirun` runs inside a Slurm allocation, never the reverse.
pub(super) const LAUNCHERS: &[Launcher] = &[
    Launcher {
        name: "Open MPI",
        index: "OMPI_COMM_WORLD_RANK",
        count: Some("OMPI_COMM_WORLD_SIZE"),
        is_one_program: true,
        run: &["PMIX_NAMESPACE"],
        first_host: |get| {
            let is_local = get("OMPI_COMM_WORLD_LOCAL_SIZE") == get("OMPI_COMM_WORLD_SIZE");
            local(is_local).or_else(|| host_of_uri(&get("OMPI_MCA_orte_hnp_uri")?))
        },
        ..LAUNCHER
    },
    Launcher {
        name: "PMI",
        index: "PMI_RANK",
        count: Some("PMI_SIZE"),
        is_one_program: true,
        run: &["PMI_JOBID"],
        first_host: |get| {
            let is_local = get("MPI_LOCALNRANKS").is_some_and(|n| Some(n) == get("PMI_SIZE"));
            local(is_local).or_else(|| first_of_nodelist(&get("SLURM_STEP_NODELIST")?))
        },
        ..LAUNCHER
    },
    Launcher {
        name: "Slurm",
        index: "SLURM_PROCID",
        // This belongs to the step that srun starts. SLURM_NTASKS is also set in a batch script, which is one process.
        count: Some("SLURM_STEP_NUM_TASKS"),
        is_one_program: true,
        run: &["SLURM_JOB_ID", "SLURM_STEP_ID"],
        first_host: |get| first_of_nodelist(&get("SLURM_STEP_NODELIST")?),
        ..LAUNCHER
    },
    Launcher {
        name: "Kubernetes",
        index: "JOB_COMPLETION_INDEX",
        run: &["SSEL_RUN_ID"],
        ..LAUNCHER
    },
    Launcher {
        name: "Slurm's job array",
        index: "SLURM_ARRAY_TASK_ID",
        count: Some("SLURM_ARRAY_TASK_COUNT"),
        first: First::Variables("SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP"),
        run: &["SLURM_ARRAY_JOB_ID"],
        ..LAUNCHER
    },
    Launcher {
        name: "AWS Batch",
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
        run: &["AWS_BATCH_JOB_ID"],
        ..LAUNCHER
    },
    Launcher {
        name: "AWS Batch on several nodes",
        index: "AWS_BATCH_JOB_NODE_INDEX",
        count: Some("AWS_BATCH_JOB_NUM_NODES"),
        run: &["AWS_BATCH_JOB_ID"],
        first_host: |get| get("AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"),
        ..LAUNCHER
    },
    Launcher {
        name: "Cloud Run",
        index: "CLOUD_RUN_TASK_INDEX",
        count: Some("CLOUD_RUN_TASK_COUNT"),
        run: &["CLOUD_RUN_EXECUTION"],
        ..LAUNCHER
    },
    Launcher {
        name: "GitLab CI",
        index: "CI_NODE_INDEX",
        count: Some("CI_NODE_TOTAL"),
        first: First::Number(1),
        run: &["CI_PIPELINE_ID"],
        ..LAUNCHER
    },
    Launcher {
        name: "CircleCI",
        index: "CIRCLE_NODE_INDEX",
        count: Some("CIRCLE_NODE_TOTAL"),
        run: &["CIRCLE_WORKFLOW_ID"],
        ..LAUNCHER
    },
    Launcher {
        name: "Buildkite",
        index: "BUILDKITE_PARALLEL_JOB",
        count: Some("BUILDKITE_PARALLEL_JOB_COUNT"),
        run: &["BUILDKITE_BUILD_ID"],
        ..LAUNCHER
    },
    Launcher {
        name: "Nomad",
        index: "NOMAD_ALLOC_INDEX",
        run: &["NOMAD_JOB_ID"],
        ..LAUNCHER
    },
    Launcher {
        name: "torchrun",
        index: "RANK",
        count: Some("WORLD_SIZE"),
        run: &["TORCHELASTIC_RUN_ID"],
        first_host: |get| get("MASTER_ADDR"),
        ..LAUNCHER
    },
    Launcher {
        name: "PMIx",
        index: "PMIX_RANK",
        run: &["PMIX_NAMESPACE"],
        ..LAUNCHER
    },
    Launcher {
        name: "GNU parallel",
        index: "PARALLEL_SEQ",
        first: First::Number(1),
        run: &["PARALLEL_PID"],
        ..LAUNCHER
    },
];

impl Launcher {
    /// The launcher's ID of this run, the same in all processes.
    pub(super) fn run_id(&self, get: Get<'_>) -> Option<String> {
        let words: Option<Vec<String>> = self.run.iter().map(|name| get(name)).collect();
        let words = words?.join(".");
        // The ID of an array's child is that of the array, a colon and a number.
        let id = words.split_once(':').map_or(&*words, |(id, _)| id);
        Some(format!("{} {id}", self.name))
    }
}

fn local(is_local: bool) -> Option<String> {
    is_local.then(|| "127.0.0.1".to_owned())
}

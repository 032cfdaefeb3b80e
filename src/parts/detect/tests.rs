use super::*;

fn placed(flag: Option<&str>, environment: &str) -> Result<Option<Placement>, PartError> {
    let variables: Vec<(&str, &str)> = environment
        .split_whitespace()
        .filter_map(|word| word.split_once('='))
        .collect();
    detect(flag, |name| {
        let of_name = variables.iter().find(|(known, _)| *known == name);
        of_name.map(|(_, value)| (*value).to_owned())
    })
}

/// The part as shown in the header; `-` for a separate run.
fn shown(flag: Option<&str>, environment: &str) -> String {
    match placed(flag, environment) {
        Ok(Some(placement)) => format!("{} {}", placement.part, placement.from),
        Ok(None) => "-".to_owned(),
        Err(error) => kind(&error).to_owned(),
    }
}

fn kind(error: &PartError) -> &'static str {
    match error {
        PartError::Value { .. } => "value",
        PartError::NoLauncher(_) => "no_engine",
        PartError::NoIndex(_) => "no_index",
        PartError::NoCount { .. } => "no_count",
        PartError::Counts { .. } => "counts",
    }
}

#[test]
fn a_process_without_a_launcher_is_a_separate_run() {
    assert_eq!(shown(None, ""), "-");
    assert_eq!(shown(None, "SSEL_PART= SSEL_PARTS="), "-");
}

#[test]
fn the_flag_overrides_the_variable_and_both_override_the_launcher() {
    let mpi = "OMPI_COMM_WORLD_RANK=2 OMPI_COMM_WORLD_SIZE=4";
    assert_eq!(shown(None, mpi), "2/4 Open MPI");
    assert_eq!(
        shown(None, &format!("{mpi} SSEL_PART=1/3")),
        "1/3 SSEL_PART"
    );
    assert_eq!(
        shown(Some("0/5"), &format!("{mpi} SSEL_PART=1/3")),
        "0/5 --part"
    );
    // The way to say that each process makes the whole load.
    assert_eq!(shown(Some("0/1"), mpi), "0/1 --part");
}

#[test]
fn launchers_of_one_program_are_used_without_auto() {
    for (environment, expected) in [
        ("PMI_RANK=3 PMI_SIZE=4", "3/4 PMI"),
        (
            "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_NTASKS=2",
            "1/2 Slurm",
        ),
        // mpirun in a step of one task.
        (
            "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2",
            "1/2 Open MPI",
        ),
        // srun with a library of MPI that counts one.
        (
            "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1",
            "1/2 Slurm",
        ),
    ] {
        assert_eq!(shown(None, environment), expected);
        assert_eq!(shown(Some("auto"), environment), expected);
    }
}

#[test]
fn a_single_process_of_a_launcher_is_a_separate_run() {
    for environment in [
        "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1",
        // The script of a batch job with four tasks.
        "SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=7",
        // The shell of salloc.
        "SLURM_NTASKS=4 SLURM_JOB_ID=7",
        "OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1",
    ] {
        assert_eq!(shown(None, environment), "-", "{environment}");
    }
    assert_eq!(
        shown(Some("auto"), "SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1"),
        "0/1 Slurm"
    );
}

#[test]
fn jobs_of_a_matrix_are_parts_only_on_request() {
    for (environment, expected) in [
        ("CI_NODE_INDEX=1 CI_NODE_TOTAL=3", "0/3 GitLab CI"),
        ("CI_NODE_INDEX=3 CI_NODE_TOTAL=3", "2/3 GitLab CI"),
        ("CIRCLE_NODE_INDEX=1 CIRCLE_NODE_TOTAL=3", "1/3 CircleCI"),
        (
            "BUILDKITE_PARALLEL_JOB=1 BUILDKITE_PARALLEL_JOB_COUNT=3",
            "1/3 Buildkite",
        ),
        (
            "AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=3",
            "1/3 AWS Batch",
        ),
        (
            "CLOUD_RUN_TASK_INDEX=1 CLOUD_RUN_TASK_COUNT=3",
            "1/3 Cloud Run",
        ),
        ("RANK=1 WORLD_SIZE=3", "1/3 torchrun"),
        (
            "SLURM_ARRAY_TASK_ID=14 SLURM_ARRAY_TASK_COUNT=3 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=2",
            "2/3 Slurm's job array",
        ),
    ] {
        assert_eq!(shown(None, environment), "-", "{environment}");
        assert_eq!(shown(Some("auto"), environment), expected);
        assert_eq!(
            shown(None, &format!("{environment} SSEL_PART=auto")),
            expected
        );
        assert_eq!(
            shown(None, &format!("{environment} SSEL_PARTS=3")),
            expected
        );
    }
}

#[test]
fn ssel_parts_gives_a_missing_number_of_parts() {
    for (environment, expected) in [
        ("JOB_COMPLETION_INDEX=2", "2/8 Kubernetes"),
        ("NOMAD_ALLOC_INDEX=2", "2/8 Nomad"),
        ("PARALLEL_SEQ=3", "2/8 GNU parallel"),
        ("PMIX_RANK=2", "2/8 PMIx"),
    ] {
        assert_eq!(shown(None, environment), "-", "{environment}");
        assert_eq!(
            shown(Some("auto"), environment),
            "no_count",
            "{environment}"
        );
        assert_eq!(
            shown(None, &format!("{environment} SSEL_PARTS=8")),
            expected
        );
    }
}

#[test]
fn errors_name_the_variable() {
    for (flag, environment, error) in [
        (
            Some("4/4"),
            "",
            "--part cannot be \"4/4\": parts are numbered from 0: of 4, the last is 3/4",
        ),
        (
            Some("x"),
            "",
            "--part cannot be \"x\": write I/N, as in 0/4 for the first of four parts",
        ),
        (None, "SSEL_PART=2", "SSEL_PART cannot be \"2\": write I/N"),
        (
            None,
            "SSEL_PARTS=many",
            "SSEL_PARTS cannot be \"many\": write how many parts the run has",
        ),
        (None, "SSEL_PARTS=0", "SSEL_PARTS cannot be \"0\""),
        (
            None,
            "SSEL_PARTS=8",
            "SSEL_PARTS is 8, but nothing gives the part of this process: add --part I/8",
        ),
        (
            None,
            "SSEL_PARTS=8 JOB_COMPLETION_INDEX=8",
            "JOB_COMPLETION_INDEX cannot be \"8\": parts are numbered from 0: of 8, the last is 7/8",
        ),
        (
            None,
            "SSEL_PARTS=8 SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=4",
            "SSEL_PARTS is 8, but Slurm started 4 (SLURM_STEP_NUM_TASKS)",
        ),
        (
            None,
            "OMPI_COMM_WORLD_RANK=a OMPI_COMM_WORLD_SIZE=4",
            "OMPI_COMM_WORLD_RANK cannot be \"a\": it should be a whole number; --part I/N overrides it",
        ),
        (
            Some("auto"),
            "CI_NODE_INDEX=0 CI_NODE_TOTAL=3",
            "CI_NODE_INDEX cannot be \"0\": GitLab CI counts from 1",
        ),
        (
            Some("auto"),
            "JOB_COMPLETION_INDEX=1",
            "Kubernetes gives the part of this process (JOB_COMPLETION_INDEX) but not the number of parts: set SSEL_PARTS",
        ),
        (
            Some("auto"),
            "",
            "--part is auto, but no launcher gives the part of this process: write --part I/N; known launchers: Open MPI, PMI, Slurm, ",
        ),
    ] {
        let told = placed(flag, environment).unwrap_err().to_string();
        assert!(told.starts_with(error), "{environment}: {told}");
    }
}

#[test]
fn a_launcher_gives_the_run_and_the_host_of_its_first_part() {
    for (environment, run, host) in [
        (
            "SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_JOB_ID=71 SLURM_STEP_ID=0 SLURM_STEP_NODELIST=gpu[07-08]",
            Some("Slurm 71.0"),
            Some("gpu07"),
        ),
        (
            "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=2 PMIX_NAMESPACE=901",
            Some("Open MPI 901"),
            Some("127.0.0.1"),
        ),
        (
            "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_SIZE=1 OMPI_MCA_orte_hnp_uri=9.0;tcp://10.0.0.5:40443",
            None,
            Some("10.0.0.5"),
        ),
        (
            "SSEL_PART=auto AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=2 AWS_BATCH_JOB_ID=ab-12:1",
            Some("AWS Batch ab-12"),
            None,
        ),
        (
            "SSEL_PART=auto RANK=1 WORLD_SIZE=2 MASTER_ADDR=node1",
            None,
            Some("node1"),
        ),
        (
            "SSEL_PART=1/2 SSEL_RUN_ID=nightly-7",
            Some("nightly-7"),
            None,
        ),
    ] {
        let placement = placed(None, environment).unwrap().unwrap();
        assert_eq!(placement.run.as_deref(), run, "{environment}");
        assert_eq!(placement.first_host.as_deref(), host, "{environment}");
    }
}

//! Engines that need no service.

use super::{Bench, recipe};

/// By default, `mpirun` refuses to run as root and to start more processes than cores.
const MPI: [(&str, &str); 4] = [
    // Open MPI gives its processes a terminal, so the summary has colours.
    ("NO_COLOR", "1"),
    ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
    ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
    ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
];

#[test]
#[ignore = "needs GNU parallel: .ci/run engines"]
fn gnu_parallel() {
    let bench = Bench::new();
    bench
        .shell(&recipe("GNU parallel", 0), &[("HOME", ".")])
        .exits(0);
    bench.is_one_load("GNU parallel");

    let bench = Bench::new();
    let said = bench
        .shell(&recipe("GNU parallel", 1), &[("HOME", ".")])
        .exits(0);
    bench.is_one_result(&said, "GNU parallel, joined");
}

#[test]
#[ignore = "needs Open MPI: .ci/run engines"]
fn open_mpi() {
    let bench = Bench::new();
    let said = bench.shell(&recipe("MPI", 0), &MPI).exits(0);
    for part in 0..4 {
        let header = format!("execution: part {part}/4 (by Open MPI)");
        assert!(said.stderr.contains(&header), "{}", said.stderr);
    }
    bench.is_one_load("Open MPI");

    let bench = Bench::new();
    let said = bench.shell(&recipe("MPI", 1), &MPI).exits(0);
    bench.is_one_result(&said, "Open MPI, joined");
}

#[test]
#[ignore = "with the other engines: .ci/run engines"]
fn plain_processes() {
    let page = std::fs::read_to_string(crate::support::ssel::project("docs/scale-out.md")).unwrap();
    let block = page
        .split("```sh\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let bench = Bench::new();
    // Each part evaluates a count alone; the exit code of a background job does not show this.
    bench
        .shell(&block.replace("'20 seconds'", "'6 seconds'"), &[])
        .exits(0);
    bench.is_one_load("plain processes");
}

#[test]
#[ignore = "with the other engines: .ci/run engines"]
fn jobs_of_github_and_gitlab() {
    let github = recipe("GitHub Actions", 0);
    let (load, verdict) = github.split_once("verdict:").unwrap();
    let bench = Bench::new();
    for index in 0..4 {
        let commands = commands(load, "- run: ");
        let commands = commands
            .replace("${{ strategy.job-index }}", &index.to_string())
            .replace("${{ strategy.job-total }}", "4");
        bench.shell(&commands, &[]).exits(0);
    }
    bench.shell(&commands(verdict, "- run: "), &[]).exits(0);
    bench.is_one_load("GitHub Actions");

    let gitlab = recipe("GitLab CI", 0);
    let (load, verdict) = gitlab.split_once("verdict:").unwrap();
    let bench = Bench::new();
    for index in 1..=4 {
        let variables = [
            ("CI_NODE_INDEX", &*index.to_string()),
            ("CI_NODE_TOTAL", "4"),
        ];
        bench.shell(&commands(load, "- ssel "), &variables).exits(0);
    }
    bench.shell(&commands(verdict, "- ssel "), &[]).exits(0);
    bench.is_one_load("GitLab CI");
}

/// The commands of a job: its lines with this prefix.
fn commands(job: &str, begin: &str) -> String {
    let lines = job
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with(begin));
    let lines = lines.map(|line| line.trim_start_matches("- run: ").trim_start_matches("- "));
    lines.collect::<Vec<_>>().join("\n")
}

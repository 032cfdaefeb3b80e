//! Slurm: a cluster of one node for the duration of a test.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Bench, recipe};
use crate::support::ssel::project;

/// The services of a cluster. They end with the test, even if it is killed.
struct Cluster {
    folder: tempfile::TempDir,
    services: Vec<Child>,
}

impl Cluster {
    fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("slurm")
            .tempdir_in("/tmp")
            .unwrap();
        let dir = folder.path();
        for name in ["munge", "ctld", "d", "log"] {
            std::fs::create_dir(dir.join(name)).unwrap();
        }
        let host = Command::new("hostname").arg("-s").output().unwrap();
        let host = String::from_utf8(host.stdout).unwrap();
        let free = || TcpListener::bind("127.0.0.1:0").unwrap();
        let (ctld, slurmd) = (free(), free());
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port().to_string();
        let conf = std::fs::read_to_string(project("tests/engines/slurm.conf.in")).unwrap();
        let conf = conf
            .replace("@DIR@", dir.to_str().unwrap())
            .replace("@HOST@", host.trim())
            .replace("@CTLD@", &port(&ctld))
            .replace("@SLURMD@", &port(&slurmd));
        std::fs::write(dir.join("slurm.conf"), conf).unwrap();
        drop((ctld, slurmd));
        let key = dir.join("munge/key");
        std::fs::write(&key, [7; 1024]).unwrap();
        let private = Command::new("chmod").arg("400").arg(&key).status().unwrap();
        assert!(private.success());

        let mut cluster = Self {
            folder,
            services: Vec::new(),
        };
        let dir = cluster.folder.path().to_owned();
        let munge = |name: &str| dir.join("munge").join(name).display().to_string();
        cluster.service(
            "munged",
            &[
                "--foreground",
                "--force",
                "--socket",
                &munge("s"),
                "--key-file",
                &munge("key"),
                "--pid-file",
                &munge("pid"),
                "--log-file",
                &munge("log"),
                "--seed-file",
                &munge("seed"),
            ],
        );
        wait_for("munged", || dir.join("munge/s").exists());
        let conf = dir.join("slurm.conf").display().to_string();
        cluster.service("slurmctld", &["-D", "-f", &conf]);
        cluster.service("slurmd", &["-D", "-f", &conf]);
        wait_for("the node", || {
            let idle = Command::new("sinfo")
                .args(["-h", "-o", "%T"])
                .env("SLURM_CONF", &conf)
                .output();
            idle.is_ok_and(|idle| idle.stdout.starts_with(b"idle"))
        });
        cluster
    }

    fn service(&mut self, name: &str, arguments: &[&str]) {
        let log =
            std::fs::File::create(self.folder.path().join(format!("log/{name}.out"))).unwrap();
        let service = Command::new("timeout")
            .args(["--kill-after=5", "150", name])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.services.push(service);
    }

    fn conf(&self) -> String {
        self.folder.path().join("slurm.conf").display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for name in ["ctld", "d", "slurmctld.out", "slurmd.out", "munged.out"] {
                let log = std::fs::read_to_string(self.folder.path().join("log").join(name));
                println!("{name}:\n{}", log.unwrap_or_default());
            }
        }
        // `timeout` passes the signal on.
        for service in self.services.iter_mut().rev() {
            let _ = Command::new("kill").arg(service.id().to_string()).status();
            let _ = service.wait();
        }
    }
}

#[track_caller]
fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_there() {
        assert!(
            since.elapsed() < Duration::from_mins(1),
            "{what} did not come up"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "needs Slurm: .ci/run engines"]
fn srun_and_sbatch() {
    let cluster = Cluster::start();
    let conf = cluster.conf();
    let variables = [("SLURM_CONF", &*conf)];
    let bench = Bench::new();
    let said = bench.shell(&recipe("Slurm", 0), &variables).exits(0);
    for part in 0..4 {
        let header = format!("execution: part {part}/4 (by Slurm)");
        assert!(said.stderr.contains(&header), "{}", said.stderr);
    }
    bench.is_one_load("srun");

    let bench = Bench::new();
    std::fs::write(bench.folder().join("job.sh"), recipe("Slurm", 1)).unwrap();
    bench.shell("sbatch --wait job.sh", &variables).exits(0);
    let out = output_of(bench.folder());
    assert!(bench.folder().join("all.ssel").exists(), "{out}");
    bench.is_one_load("sbatch");

    let bench = Bench::new();
    let said = bench.shell(&recipe("Slurm", 2), &variables).exits(0);
    bench.is_one_result(&said, "srun, joined");

    // A single process in an allocation is a separate run, whatever the size of the allocation.
    let bench = Bench::new();
    let job = "#!/bin/sh\n#SBATCH --ntasks=4\nssel run script.lua --save run.ssel\n";
    std::fs::write(bench.folder().join("job.sh"), job).unwrap();
    bench.shell("sbatch --wait job.sh", &variables).exits(0);
    let out = output_of(bench.folder());
    assert!(out.contains("execution: local"), "{out}");
    assert_eq!(bench.server.requests(), super::ITERATIONS as u64);
}

fn output_of(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().flatten();
    let is_log = |path: &Path| path.extension().is_some_and(|ending| ending == "out");
    let logs = files.map(|file| file.path()).filter(|path| is_log(path));
    logs.map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

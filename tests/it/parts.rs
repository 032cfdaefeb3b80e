//! Many processes that make one load.

mod benchmark;
mod ledger;
mod mistakes;

use std::path::Path;
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support::counting::Counting;
use crate::support::ssel::{Said, Ssel, said};

/// A server that answers every request, and the requested paths.
struct Asked {
    server: Counting,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Asked {
    fn start() -> Self {
        let paths = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&paths);
        let server = Counting::start(move |peer, path, _| {
            log.lock().unwrap().push(path.to_owned());
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")?;
            Ok(true)
        });
        Self { server, paths }
    }

    /// The paths, sorted.
    fn paths(&self) -> Vec<String> {
        let mut paths = self.paths.lock().unwrap().clone();
        paths.sort();
        paths
    }
}

/// A script that requests a path with the numbers of its iteration, its VU, and the iteration of the VU.
fn script(load: &str, url: &str) -> String {
    format!(
        "options = {{ scenarios = {{ s = {{ {load}, graceful_stop = '30s' }} }}, thresholds = {{ iterations = 'count>0' }} }}
        local exec = exec
        function default()
          http.get(string.format('{url}/%04d/%d/%d', exec.scenario.iteration_in_test, exec.vu.id_in_test, exec.vu.iteration_in_scenario))
          check(exec.instance, {{ ['a part knows itself'] = function(i) return i.part < i.parts end }})
        end"
    )
}

/// A future time in the format of `--start-at`.
fn moment(from_now: Duration) -> String {
    let time = SystemTime::now() + from_now;
    let seconds = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let date = ssel::internals::compact_date(seconds);
    let (date, time) = date.split_once('-').unwrap();
    format!(
        "{}-{}-{}T{}:{}:{}Z",
        &date[..4],
        &date[4..6],
        &date[6..],
        &time[..2],
        &time[2..4],
        &time[4..]
    )
}

/// Processes that run a script in one folder at the same time.
struct Processes {
    folder: Ssel,
    children: Vec<Child>,
}

impl Processes {
    /// `ssel run` as this number of parts, each saved.
    fn start(script: &str, parts: u32, more: &[&str]) -> Self {
        let folder = Ssel::new().file("script.lua", script);
        let children = (0..parts)
            .map(|index| {
                let part = format!("{index}/{parts}");
                let mut command = folder.command();
                command.args([
                    "run",
                    "script.lua",
                    "--part",
                    &part,
                    "--save",
                    "run-{part}.ssel",
                ]);
                command.args(more);
                let mut child = command.spawn().unwrap();
                drop(child.stdin.take());
                child
            })
            .collect();
        Self { folder, children }
    }

    /// Waits until they end.
    fn said(&mut self) -> Vec<Said> {
        self.children.drain(..).map(said).collect()
    }

    /// Another command in the folder.
    fn ssel(&self, arguments: &[&str]) -> Said {
        let mut command = self.folder.command();
        command.args(arguments);
        let mut child = command.spawn().unwrap();
        drop(child.stdin.take());
        said(child)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.folder().join(name)
    }
}

fn read(path: &Path) -> ssel::record::Record {
    ssel::saved::read(path).unwrap()
}

#[test]
fn a_part_shows_its_number_and_where_it_was_set() {
    let script = "options = { vus = 4, iterations = 8 }
        function default() print(exec.instance.part, exec.instance.parts, exec.vu.id_in_test, exec.vu.id_in_instance, exec.scenario.iteration_in_test, exec.scenario.iteration_in_instance) end";
    let run = |more: &[&str]| {
        Ssel::new()
            .file("script.lua", script)
            .args(["run", "script.lua"])
            .args(more.iter().copied())
    };
    let said = run(&["--part", "1/4"]).said().exits(0);
    assert!(
        said.stderr.contains("execution: part 1/4 (by --part)"),
        "{}",
        said.stderr
    );
    let lines: Vec<&str> = said.printed().lines().collect();
    assert_eq!(lines, ["1\t4\t2\t1\t1\t0", "1\t4\t2\t1\t5\t1"]);

    let slurm = run(&[])
        .env("SLURM_PROCID", "3")
        .env("SLURM_STEP_NUM_TASKS", "4");
    let said = slurm.said().exits(0);
    assert!(
        said.stderr.contains("execution: part 3/4 (by Slurm)"),
        "{}",
        said.stderr
    );
    assert!(
        said.printed().starts_with("3\t4\t4\t1\t3\t0"),
        "{}",
        said.stdout
    );

    let whole = run(&["--part", "0/1"])
        .env("SLURM_PROCID", "3")
        .env("SLURM_STEP_NUM_TASKS", "4");
    let said = whole.said().exits(0);
    assert!(said.stderr.contains("execution: local"), "{}", said.stderr);
    assert_eq!(said.count("iterations"), 8);

    // A job of a CI matrix may be a separate test.
    let ci = |more: &[&str]| {
        run(more)
            .env("CI_NODE_INDEX", "2")
            .env("CI_NODE_TOTAL", "4")
            .said()
            .exits(0)
    };
    assert_eq!(ci(&[]).count("iterations"), 8);
    let said = ci(&["--part", "auto"]);
    assert!(
        said.stderr.contains("execution: part 1/4 (by GitLab CI)"),
        "{}",
        said.stderr
    );
    assert_eq!(said.count("iterations"), 2);
}

#[test]
fn eval_runs_in_each_process() {
    let eval = |more: &[&str]| {
        Ssel::new()
            .args(["eval", "print('here')"])
            .args(more.iter().copied())
            .env("OMPI_COMM_WORLD_RANK", "1")
            .env("OMPI_COMM_WORLD_SIZE", "2")
            .said()
            .exits(0)
    };
    assert_eq!(eval(&[]).printed(), "here");
    // A load is split into parts.
    assert_eq!(
        eval(&["-i", "6", "-u", "2", "--no-summary"])
            .printed()
            .lines()
            .count(),
        3
    );
}

#[test]
fn parts_start_at_the_given_time() {
    // Long enough for processes to start on a busy machine.
    let at = moment(Duration::from_secs(8));
    let load = "executor = 'per-vu-iterations', vus = 4, iterations = 2";
    let asked = Asked::start();
    let mut processes =
        Processes::start(&script(load, &asked.server.url()), 2, &["--start-at", &at]);
    for said in processes.said() {
        let said = said.exits(0);
        let shown = at.replace('T', " ").replace('Z', " UTC");
        assert!(
            said.stderr
                .contains(&format!("the load starts at {shown}, in ")),
            "{}",
            said.stderr
        );
    }
    let parts = [0, 1].map(|index| read(&processes.path(&format!("run-{index}.ssel"))));
    let [first, second] = parts.each_ref().map(|part| part.runs[0].started);
    // All parts count from that time, so the run is as long as the load.
    assert_eq!((first, first.subsec_nanos()), (second, 0));
    for part in &parts {
        assert!(
            part.facts.duration < Duration::from_secs(6),
            "{:?}",
            part.facts.duration
        );
        assert!(
            part.runs[0].run_id.starts_with("start at "),
            "{}",
            part.runs[0].run_id
        );
    }
    assert_eq!(asked.paths().len(), 8);
}

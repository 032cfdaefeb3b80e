//! Runs in parts under the engines themselves, by the recipes of docs/scale-out.md. `.ci/run engines` installs the engines and
//! runs these tests; without them they are ignored.

mod kubernetes;
mod recipes;
mod slurm;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::support::counting::Counting;
use crate::support::ssel::{Said, Ssel, project, said};

/// The number of iterations of the load of the recipes.
const ITERATIONS: usize = 60;

/// A code block of a section of docs/scale-out.md.
fn recipe(section: &str, number: usize) -> String {
    let page = std::fs::read_to_string(project("docs/scale-out.md")).unwrap();
    let (_, rest) = page
        .split_once(&format!("\n### {section}\n"))
        .unwrap_or_else(|| panic!("there is no section {section}"));
    let section = rest
        .split("\n### ")
        .next()
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let block = section.split("```").skip(1).step_by(2).nth(number).unwrap();
    let (_, text) = block.split_once('\n').unwrap();
    // Long enough for four processes on a busy machine.
    text.replace("'20 seconds'", "'6 seconds'")
}

/// A folder with `script.lua`, whose load sends requests to a counting server, and a shell with `ssel` in its path.
struct Bench {
    folder: Ssel,
    server: Counting,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    fn new() -> Self {
        let paths = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&paths);
        let server = Counting::start(move |peer, path, _| {
            log.lock().unwrap().push(path.to_owned());
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")?;
            Ok(true)
        });
        let script = format!(
            "options = {{
               thresholds = {{ http_reqs = 'count=={ITERATIONS}' }},
               scenarios = {{ s = {{ executor = 'constant-arrival-rate', rate = 40, duration = '10s', iterations = {ITERATIONS},
                 arrival = 'poisson', pre_allocated_vus = 40, graceful_stop = '30s' }} }},
             }}
             function default()
               http.get(string.format('{}/%04d/%d', exec.scenario.iteration_in_test, exec.vu.id_in_test))
             end",
            server.url()
        );
        let folder = Ssel::new().file("script.lua", script);
        Self {
            folder,
            server,
            paths,
        }
    }

    fn folder(&self) -> &Path {
        self.folder.folder()
    }

    /// Runs commands in a shell in the folder.
    fn shell(&self, commands: &str, variables: &[(&str, &str)]) -> Said {
        let program = Path::new(env!("CARGO_BIN_EXE_ssel"));
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", program.parent().unwrap().display());
        let child = Command::new("timeout")
            .args(["100", "bash", "-e", "-c", commands])
            .current_dir(self.folder())
            .env("PATH", path)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        said(child)
    }

    /// Checks that four joined parts have one result, which matches the counts of the server.
    #[track_caller]
    fn is_one_result(&self, said: &Said, who: &str) {
        let summaries = said.stdout.matches("█ TOTAL RESULTS").count();
        assert_eq!(summaries, 1, "{who}: {}", said.stdout);
        assert!(
            said.stdout.contains("over 4 parts"),
            "{who}: {}",
            said.stdout
        );
        assert_eq!(said.count("http_reqs"), self.server.requests(), "{who}");
        self.has_each_iteration(who);
    }

    /// Checks that four parts make the load of one process and merge to the counts of the server.
    #[track_caller]
    fn is_one_load(&self, who: &str) {
        for part in 0..4 {
            let record =
                ssel::saved::read(&self.folder().join(format!("run-{part}.ssel"))).unwrap();
            assert_eq!(
                record.runs[0].part.map(|part| part.to_string()),
                Some(format!("{part}/4")),
                "{who}"
            );
        }
        let merged = self.shell(
            "rm -f all.ssel; ssel merge run-*.ssel -o all.ssel && ssel check all.ssel script.lua && ssel report all.ssel",
            &[],
        );
        let merged = merged.exits(0);
        assert!(!merged.stderr.contains("missing"), "{}", merged.stderr);
        assert_eq!(merged.count("http_reqs"), self.server.requests());
        self.has_each_iteration(who);
    }

    /// Checks that the server got one request for each iteration of the plan.
    #[track_caller]
    fn has_each_iteration(&self, who: &str) {
        let mut numbers: Vec<String> = self
            .paths
            .lock()
            .unwrap()
            .iter()
            .map(|path| path[1..5].to_owned())
            .collect();
        numbers.sort();
        let all: Vec<String> = (0..ITERATIONS)
            .map(|number| format!("{number:04}"))
            .collect();
        assert_eq!(numbers, all, "{who}");
    }
}

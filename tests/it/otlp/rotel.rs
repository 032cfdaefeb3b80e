//! `rotel`, a real agent that receives OTLP and prints what it has received.

use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{absent, venv};
use crate::support::ssel::run;

struct Rotel {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Rotel {
    fn start() -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new(program)
            .current_dir(&folder)
            .args([
                "start",
                "--pid-file",
                "pid",
                "--log-file",
                "log",
                "--exporter",
                "blackhole",
            ])
            .args([
                "--otlp-grpc-endpoint",
                "127.0.0.1:0",
                "--otlp-http-endpoint",
            ])
            .arg(format!("127.0.0.1:{port}"))
            .args([
                "--debug-log",
                "metrics",
                "--debug-log",
                "traces",
                "--debug-log-verbosity",
                "detailed",
            ])
            .stdout(File::create(folder.path().join("output")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                since.elapsed() < Duration::from_secs(30),
                "rotel does not listen"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Self {
            child,
            port,
            folder,
        })
    }

    /// Its output, once it contains this text.
    fn printed(&self, text: &str) -> String {
        let since = Instant::now();
        loop {
            let output = std::fs::read_to_string(self.folder.path().join("output")).unwrap();
            if output.contains(text) {
                return output;
            }
            assert!(
                since.elapsed() < Duration::from_secs(30),
                "no {text:?} in: {output}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let folders = std::fs::read_dir(venv().join("lib")).ok();
    let mut folders = folders.into_iter().flatten().filter_map(Result::ok);
    let found = folders.find_map(|folder| {
        let program = folder.path().join("site-packages/rotel/rotel-agent");
        program.exists().then_some(program)
    });
    found.or_else(|| absent("the agent rotel"))
}

/// The lines about a metric in its last push.
fn metric<'a>(output: &'a str, name: &str) -> Vec<&'a str> {
    let start = output.rfind(&format!("-> Name: {name}\n")).unwrap();
    let lines = output[start..].lines();
    lines
        .take_while(|line| !line.starts_with("Metric #"))
        .collect()
}

fn sum(lines: &[&str], of: &str) -> f64 {
    let values = lines.iter().filter_map(|line| line.strip_prefix(of));
    values
        .map(|value| value.trim().parse::<f64>().unwrap())
        .sum()
}

#[test]
fn a_real_agent_has_the_totals_the_histograms_and_the_spans() {
    let Some(rotel) = Rotel::start() else { return };
    let script = r#"
        options = { iterations = 25, vus = 5 }
        function default() http.get(target.url("/delay/3ms")) end
    "#;
    let output = format!("otlp=http://127.0.0.1:{},traces", rotel.port);
    let summary = run(script).args(["-o", &output]).exported(0);
    rotel.printed("-> Name: http_req_duration\n");
    let output = rotel.printed("Span #24");
    assert_eq!(sum(&metric(&output, "http_reqs"), "Value:"), 25.0);
    let durations = metric(&output, "http_req_duration");
    assert!(
        durations
            .iter()
            .any(|line| line.ends_with("DataType: ExponentialHistogram"))
    );
    assert_eq!(sum(&durations, "Count:"), 25.0);
    let buckets = durations.iter().filter(|line| line.starts_with("Bucket "));
    let in_buckets: f64 = buckets
        .map(|line| {
            line.rsplit_once("Count: ")
                .unwrap()
                .1
                .parse::<f64>()
                .unwrap()
        })
        .sum();
    assert_eq!(in_buckets, 25.0);
    let total = summary.value("http_req_duration", "avg") * 25.0;
    assert!((sum(&durations, "Sum:") - total).abs() < 1e-6 * total);
    assert_eq!(
        output
            .matches("-> http.response.status_code: Int(200)")
            .count(),
        25
    );
}

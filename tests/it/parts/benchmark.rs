//! `ssel llm` as several parts: which prompts each sends.

use serde_json::Value;

use super::read;
use crate::llm::canned::Canned;
use crate::llm_command::EVENTS;
use crate::support::ssel::{Said, Ssel};

/// A benchmark of ten requests without a warm-up.
fn llm(url: &str) -> Ssel {
    let flags = ["-m", "tiny", "-n", "10", "-c", "3", "--warmup", "0"];
    let lengths = ["--input-len", "5", "--output-len", "2"];
    Ssel::new().args(["llm", url]).args(flags).args(lengths)
}

/// The prompts of the next requests, sorted.
fn prompts(server: &Canned, requests: usize) -> Vec<String> {
    let prompt = |request: String| {
        let body: Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["messages"][0]["content"].as_str().unwrap().to_owned()
    };
    // Its metrics are requested too.
    let asked = std::iter::repeat_with(|| server.request());
    let posts = asked.filter(|request| request.starts_with("POST"));
    let mut prompts: Vec<String> = posts.take(requests).map(prompt).collect();
    prompts.sort();
    prompts
}

/// The benchmark as three parts of one run, saved in `folder`.
fn parts(server: &Canned, folder: &Ssel, common: impl Fn(Ssel) -> Ssel) -> Vec<Said> {
    let file = folder.folder().join("run-{part}.ssel");
    let file = file.to_str().unwrap();
    let one = |index| {
        let part = format!("{index}/3");
        let ssel = llm(&server.url()).args(["--part", &part, "--save", file]);
        let said = common(ssel).said().exits(0);
        let shown = format!("Part {part} of this load, by --part.");
        assert!(said.stderr.contains(&shown), "{}", said.stderr);
        said
    };
    (0..3).map(one).collect()
}

#[test]
fn all_parts_together_have_the_prompts_of_one_process() {
    let server = Canned::events(&EVENTS);
    let whole = |seed: u64| {
        let seed = seed.to_string();
        let said = llm(&server.url()).args(["--seed", &seed]).said();
        said.exits(0);
        prompts(&server, 10)
    };
    let merged = |folder: &Ssel| {
        let file = |name: &str| folder.folder().join(name);
        let counts = |index| {
            read(&file(&format!("run-{index}.ssel")))
                .facts
                .iterations_complete
        };
        assert_eq!([0, 1, 2].map(counts), [4, 3, 3]);
        let all = file("all.ssel");
        let parts = [0, 1, 2].map(|index| file(&format!("run-{index}.ssel")));
        let paths = std::iter::once(&all).chain(&parts);
        let paths = paths.map(|path| path.to_str().unwrap());
        let merge = Ssel::new().args(["merge", "-o"]).args(paths);
        merge.said().exits(0);
        read(&all)
    };

    let folder = Ssel::new();
    parts(&server, &folder, |ssel| ssel.args(["--seed", "7"]));
    assert_eq!(prompts(&server, 10), whole(7));
    assert_eq!(merged(&folder).runs.len(), 3);

    // Without a seed, it is derived from the name of the run; without a name, all parts have the same one.
    let mut of_runs = Vec::new();
    for name in ["monday", "tuesday", ""] {
        let folder = Ssel::new();
        parts(&server, &folder, |ssel| ssel.env("SSEL_RUN_ID", name));
        let prompts = prompts(&server, 10);
        let seed = merged(&folder).runs[0].seed.unwrap();
        assert_eq!(prompts, whole(seed));
        of_runs.push(prompts);
    }
    assert_ne!(of_runs[0], of_runs[1], "each run has its own");
}

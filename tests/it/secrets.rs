//! No output of ssel contains a secret, whatever fails.

use crate::llm::canned::Canned;
use crate::support::ssel::{Said, Ssel};

/// A word that occurs nowhere else.
const CANARY: &str = "c4n4ry-7hat-n0body-may-see";

#[track_caller]
fn keeps_quiet(what: &str, ssel: &Ssel) -> Said {
    let said = ssel.said();
    for text in [&said.stdout, &said.stderr] {
        assert!(!text.contains(CANARY), "{what}: {text}");
    }
    for entry in std::fs::read_dir(ssel.folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("given") {
            let written = std::fs::read(&path).unwrap();
            let written = String::from_utf8_lossy(&written);
            assert!(!written.contains(CANARY), "{what}: {name}: {written}");
        }
    }
    said
}

fn unauthorized() -> Canned {
    let body = format!("{{\"error\":{{\"message\":\"Incorrect API key provided: {CANARY}\"}}}}");
    let head = format!(
        "401 Unauthorized\nContent-Type: application/json\nConnection: close\nContent-Length: {}",
        body.len()
    );
    Canned::start(&head, &body, false)
}

#[test]
fn a_key_given_as_the_name_of_its_variable_is_not_shown() {
    for key in [CANARY, "HF_C4N4RY7HATN0BODY"] {
        let ssel = Ssel::new().args(["llm", "http://127.0.0.1:1", "--bearer-env", key]);
        let said = ssel.said().exits(104);
        assert!(!said.stderr.contains(key), "{}", said.stderr);
        assert!(
            said.stderr.contains("instead of the secret itself"),
            "{}",
            said.stderr
        );
    }
    let emit = Ssel::new().args([
        "llm",
        "http://h",
        "-m",
        "m",
        "--bearer-env",
        CANARY,
        "--emit-script",
    ]);
    keeps_quiet("--emit-script", &emit);
}

#[test]
fn a_benchmark_shows_no_key_however_it_fails() {
    let server = unauthorized();
    let with_query = format!("{}/v1?key={CANARY}", server.url());
    let with_user = server
        .url()
        .replace("http://", &format!("http://ann:{CANARY}@"));
    let nowhere = format!("http://ann:{CANARY}@127.0.0.1:1/v1?api_key={CANARY}");
    let header = format!("Authorization: Bearer {CANARY}");
    let malformed = format!("Authorization Bearer {CANARY}");
    for (what, flags) in [
        (
            "a key that is refused",
            vec![&*with_query, "--bearer-env", "KEY"],
        ),
        (
            "the same with a model",
            vec![&*with_user, "--bearer-env", "KEY", "-m", "m"],
        ),
        (
            "without a warm-up",
            vec![
                &*with_user,
                "--bearer-env",
                "KEY",
                "-m",
                "m",
                "--warmup",
                "0",
                "-n",
                "2",
                "-o",
                "vllm=saved.json",
                "--save-detailed",
            ],
        ),
        (
            "a header",
            vec![
                &*with_query,
                "-H",
                &*header,
                "-m",
                "m",
                "--warmup",
                "0",
                "-n",
                "2",
            ],
        ),
        (
            "a header that is none",
            vec![&*with_query, "-H", &*malformed],
        ),
        ("a server that is not there", vec![&*nowhere]),
        (
            "the same with a model",
            vec![&*nowhere, "-m", "m", "-n", "1"],
        ),
        (
            "a script",
            vec![&*nowhere, "-m", "m", "-H", &*header, "--emit-script"],
        ),
        (
            "a URL that is none",
            vec!["http://ann:c4n4ry-7hat-n0body-may-see@h:99999"],
        ),
        (
            "an argument too many",
            vec!["http://h", "--api-key=c4n4ry-7hat-n0body-may-see"],
        ),
    ] {
        let ssel = Ssel::new().env("KEY", CANARY).args(["llm"]).args(flags);
        let said = keeps_quiet(what, &ssel);
        assert!(
            said.code != Some(0) || what == "a script",
            "{what}: {}",
            said.stdout
        );
    }
}

#[test]
fn the_key_of_openai_is_used_when_the_server_asks_for_one() {
    let server = unauthorized();
    let said = Ssel::new()
        .env("OPENAI_API_KEY", CANARY)
        .args(["llm", &server.url()])
        .said();
    assert!(
        said.stderr
            .contains("The server requires a key: using that of OPENAI_API_KEY."),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("check the key in OPENAI_API_KEY"),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains(CANARY), "{}", said.stderr);
    let (first, second) = (server.request(), server.request());
    assert!(
        !first.contains(CANARY) && second.contains(&format!("Bearer {CANARY}")),
        "{first}{second}"
    );
    // Other messages do not mention it.
    for flags in [
        &["-H", "Authorization: Bearer mine"][..],
        &["--api", "anthropic"],
    ] {
        let server = unauthorized();
        let said = Ssel::new()
            .env("OPENAI_API_KEY", CANARY)
            .args(["llm", &server.url()])
            .args(flags.iter().copied())
            .said();
        assert!(!said.stderr.contains("OPENAI_API_KEY"), "{}", said.stderr);
        assert!(!server.request().contains(CANARY));
    }
}

#[test]
fn wrk_shows_no_password() {
    let url = format!("http://ann:{CANARY}@127.0.0.1:1/x?token={CANARY}");
    let header = format!("X-Key {CANARY}");
    for (what, flags) in [
        (
            "nobody there",
            vec![&*url, "-d", "1s", "-t", "1", "-c", "1"],
        ),
        (
            "a header that is none",
            vec!["http://127.0.0.1:1", "-H", &*header],
        ),
        (
            "a URL that is none",
            vec!["http://ann:c4n4ry-7hat-n0body-may-see@"],
        ),
    ] {
        keeps_quiet(what, &Ssel::new().args(["wrk"]).args(flags));
    }
}

const SCRIPT: &str = r#"
options = { scenarios = { s = { executor = "shared-iterations", iterations = 1, env = { API_KEY = env.CANARY } } },
    thresholds = { http_reqs = { "count>0" } } }
function default()
    local key = env.CANARY
    local params = { bearer = key, tags = { t = "x" } }
    for _, url in ipairs {
        "http://ann:" .. key .. "@127.0.0.1:1/x?key=" .. key, "http://ann:" .. key .. "@h:99999/", "//ann:" .. key .. "@h/",
        target.url("/status/500?token=" .. key), target.url("/fault/reset?key=" .. key),
    } do
        local ok, failure = pcall(http.get, url, params)
        print(ok and failure.error or failure)
        ok, failure = pcall(sse.open, url, params, function(client)
            client:on("error", function(e) print(e) end)
        end)
        print(ok or failure)
    end
    print(pcall(http.get, target.url("/"), { headers = { Authorization = key .. "\n" } }))
    http.get("ftp://ann:" .. key .. "@h/")
end
"#;

#[test]
fn a_run_shows_and_writes_no_secret() {
    let proxy = format!("http://ann:{CANARY}@127.0.0.1:1");
    let run = |args: &[&str]| {
        Ssel::new()
            .file("given.lua", SCRIPT)
            .env("CANARY", CANARY)
            .args(args.iter().copied())
            .args(["given.lua"])
    };
    keeps_quiet("inspect", &run(&["inspect"]));
    keeps_quiet(
        "inspect with a proxy",
        &run(&["inspect"]).env("SSEL_PROXY", &proxy),
    );
    let everywhere = [
        "run",
        "-o",
        "json=samples.json",
        "-o",
        "csv=samples.csv",
        "--summary-export",
        "summary.json",
    ];
    let said = keeps_quiet("run", &run(&everywhere)).exits(0);
    assert!(said.stdout.contains("127.0.0.1"), "{}", said.stdout);
    assert!(said.stderr.contains("***@h"), "{}", said.stderr);
    keeps_quiet(
        "run with a proxy",
        &run(&everywhere).env("SSEL_PROXY", &proxy),
    );
    let no_proxy = format!("socks5://ann:{CANARY}@127.0.0.1:1");
    for name in ["SSEL_PROXY", "http_proxy"] {
        keeps_quiet("what is not a proxy", &run(&["run"]).env(name, &no_proxy));
    }
    keeps_quiet("a variable that is none", &run(&["run", "-e", CANARY]));
    let config = format!("proxy = \"http://ann:{CANARY}@h\" = 1\n");
    let broken = run(&["run", "-c", "given.toml"]).file("given.toml", config);
    keeps_quiet("a broken config", &broken);
}

#[test]
fn a_server_that_repeats_the_key_is_not_quoted() {
    let server = unauthorized();
    let script = "function default() local r = llm.chat { url = env.URL, model = 'm', prompt = 'x', bearer = env.CANARY } \
                  print(r.error) end";
    let ssel = Ssel::new()
        .file("given.lua", script)
        .env("CANARY", CANARY)
        .env("URL", &server.url())
        .args([
            "run",
            "-o",
            "json=samples.json",
            "--summary-export",
            "summary.json",
            "--save",
            "run.db",
            "given.lua",
        ]);
    let said = keeps_quiet("llm.chat", &ssel).exits(0);
    assert!(
        said.stdout.contains("Incorrect API key provided: ***"),
        "{}",
        said.stdout
    );
}

//! The command line: help, mistakes and their origins.

mod eval;
mod help;
mod hints;
mod inspect;
mod mistakes;
mod new;
mod pages;
mod serve;

use crate::support::ssel::{Ssel, run};

#[test]
fn help_and_version_exit_with_0() {
    let help = Ssel::new().args(["--help"]).said().exits(0);
    assert!(help.stdout.contains("run") && help.stdout.contains("serve"));
    let version = Ssel::new().args(["--version"]).said().exits(0);
    assert_eq!(
        version.stdout,
        format!("ssel {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn an_unknown_flag_names_the_nearest_one() {
    let said = Ssel::new()
        .args(["run", "--duratoin", "1s", "x.lua"])
        .said()
        .exits(104);
    assert!(
        said.stderr.contains("'--duratoin'") && said.stderr.contains("'--duration'"),
        "{}",
        said.stderr
    );
}

/// The message about a script that cannot be run, on standard error.
#[track_caller]
fn refusal(ssel: &Ssel) -> String {
    let said = ssel.said().exits(104);
    assert_eq!(said.stdout, "");
    said.stderr
}

#[test]
fn an_invalid_script_is_refused_in_one_line() {
    let file = |content: &[u8]| Ssel::new().file("s.lua", content).args(["run", "s.lua"]);
    assert_eq!(
        refusal(&file(b" \n")),
        "error: s.lua is empty; a script needs at least a function `default`\n"
    );
    assert_eq!(
        refusal(&file(b"\x1bLJ\x02")),
        "error: s.lua is Lua bytecode; ssel runs Lua text only, give it the source file\n"
    );
    let missing = Ssel::new().file("echo.lua", "").args(["run", "ehco.lua"]);
    assert_eq!(
        refusal(&missing),
        "error: there is no file ehco.lua; did you mean echo.lua?\n"
    );
    assert_eq!(
        refusal(&Ssel::new().args(["run", "."])),
        "error: . is a folder; name a script in it\n"
    );
}

#[test]
fn a_bad_option_names_its_value_and_its_origin() {
    let script = "function default() end";
    let flag = refusal(&run(script).args(["--vus", "0"]));
    assert!(
        flag.contains("`vus`") && flag.contains("--vus") && flag.contains('0'),
        "{flag}"
    );
    let env = refusal(&run(script).env("SSEL_ITERATIONS", "-1"));
    assert!(
        env.contains("`iterations`") && env.contains("SSEL_ITERATIONS"),
        "{env}"
    );
    let own = refusal(&run("options = { vuss = 2 } function default() end"));
    assert!(
        own.contains("vuss") && own.contains("`vus`") && own.contains("script.lua"),
        "{own}"
    );
    let config = refusal(
        &run(script)
            .file("c.json", r#"{"duration": true}"#)
            .args(["--config", "c.json"]),
    );
    assert!(
        config.contains("`duration`") && config.contains("c.json"),
        "{config}"
    );
    let nan = refusal(&run("options = { vus = 0/0 } function default() end"));
    assert!(nan.contains("options") && nan.contains("vus"), "{nan}");
}

#[test]
fn sources_of_options_override_each_other_in_order() {
    let script = "options = { vus = 3, iterations = 3 } function default() end \
                  function setup() print(exec.test.options.scenarios.default.vus) end";
    let vus = |ssel: Ssel| {
        let said = ssel.args(["--no-summary"]).said().exits(0);
        said.stdout.trim().to_owned()
    };
    let config = || {
        run(script)
            .file("c.toml", "vus = 2")
            .args(["-c", "c.toml", "-i", "9"])
    };
    assert_eq!(vus(config()), "3");
    assert_eq!(vus(config().env("SSEL_VUS", "4")), "4");
    assert_eq!(vus(config().env("SSEL_VUS", "4").args(["--vus", "5"])), "5");
}

#[test]
fn a_script_is_read_from_standard_input() {
    let said = Ssel::new()
        .args(["run", "-q", "--no-summary", "-"])
        .stdin("function default() print('from stdin') end")
        .said()
        .exits(0);
    assert_eq!(said.stdout, "from stdin\n");
}

#[test]
fn the_summary_survives_a_closed_standard_output() {
    use std::process::Stdio;
    let ssel = run("function default() for i = 1, 1e5 do print(i) end end");
    let mut command = ssel.command();
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(Stdio::from(writer));
    let child = command.spawn().unwrap();
    drop(command);
    drop(reader);
    let said = crate::support::ssel::said(child);
    assert!(
        said.stderr.contains("standard output was closed") && said.stderr.contains("iterations"),
        "{}",
        said.stderr
    );
}

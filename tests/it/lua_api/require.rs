use crate::support::ssel::{iteration_prints, run};

#[test]
fn modules_are_found_beside_the_script() {
    let script = r#"
        local a, b, c, rock = require "a", require "lib.b", require "lib.c", require "rock"
        function default() print(a.name, b, c, rock, require "a" == a, package.loaded.a == a) end
    "#;
    let said = run("")
        .file("sub/script.lua", script)
        .file(
            "sub/a.lua",
            "print('a is loaded', ...) return { name = 'a' }",
        )
        .file("sub/lib/b.lua", "return require 'a'.name .. 'b'")
        .file("sub/lib/c/init.lua", "return 'c'")
        .file("sub/lua_modules/share/lua/5.1/rock.lua", "return 'rock'")
        .instead_of("script.lua", "sub/script.lua")
        .args(["--no-summary"])
        .said()
        .exits(0);
    // Once in the script's own state, once in that of the VU.
    assert_eq!(
        said.stdout,
        "a is loaded\ta\na is loaded\ta\na\tab\tc\trock\ttrue\ttrue\n"
    );
}

#[test]
fn a_module_that_requires_itself_is_an_error() {
    let said = run("require 'a'\nfunction default() end")
        .file("a.lua", "require 'b'")
        .file("b.lua", "require 'a'")
        .said()
        .exits(107);
    assert!(
        said.stderr
            .contains("require: the module 'a' requires itself"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("b.lua:1"), "{}", said.stderr);
}

#[test]
fn a_missing_module_is_reported_with_all_places_searched() {
    let said = run("\nrequire 'no.such'\nfunction default() end")
        .said()
        .exits(107);
    insta::assert_snapshot!(said.stderr, @"
    error: script.lua:2: require: module 'no.such' not found:
        no file no/such.lua
        no file no/such/init.lua
        no file lua_modules/share/lua/5.1/no/such.lua
        no file lua_modules/share/lua/5.1/no/such/init.lua
        no file ./no/such.lua
        no file /usr/local/share/lua/5.1/no/such.lua
        no file /usr/local/share/lua/5.1/no/such/init.lua
        no file /usr/share/lua/5.1/no/such.lua
        no file /usr/share/lua/5.1/no/such/init.lua
        [C]: in function 'require'
        script.lua:2: in main chunk
    ");
}

#[test]
fn modules_are_found_along_package_path() {
    let script = "package.path = package.path .. ';./own/?.lua' print(require('lib/x'), package.cpath .. '.') \
                  package.path = nil print(pcall(require, 'y')) function default() end";
    let said = run(script)
        .file("own/lib/x.lua", "return 'found ' .. ...")
        .args(["--no-summary"])
        .said()
        .exits(0);
    assert!(
        said.stdout.starts_with("found lib/x\t.\nfalse\t"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_script_can_find_its_own_path() {
    let script = "local info = debug.getinfo(1, 'Sl') print(info.source, info.currentline)\n\
                  local traceback = debug.traceback\nfunction default() print(debug.getinfo(1, 'l').currentline) end";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert!(
        said.stdout.starts_with("@script.lua\t1\n") && said.stdout.ends_with("3\n"),
        "{}",
        said.stdout
    );
}

#[test]
fn an_error_in_a_module_has_its_line_and_require_can_be_repeated() {
    let said = run("print(pcall(require, 'a'))\nprint(pcall(require, 'a'))\nrequire 'a'\nfunction default() end")
        .file("a.lua", "\nerror('broken')")
        .said()
        .exits(107);
    assert!(
        said.stderr.starts_with("error: a.lua:2: broken\n"),
        "{}",
        said.stderr
    );
    assert_eq!(
        said.stdout.matches("false\ta.lua:2: broken").count(),
        2,
        "{}",
        said.stdout
    );
}

#[test]
fn a_syntax_error_in_a_module_has_its_line() {
    let said = run("require 'a'\nfunction default() end")
        .file("a.lua", "local = 7")
        .said()
        .exits(107);
    assert!(
        said.stderr.starts_with("error: a.lua:1: "),
        "{}",
        said.stderr
    );
}

#[test]
fn paths_out_of_the_folder_and_ffi_are_refused() {
    for (name, message) in [
        (
            "ffi",
            "require: ffi is not available to scripts, because it can crash the whole process",
        ),
        (
            "../a",
            "require: '../a' is not a module name; write folder.file without .lua",
        ),
        ("a..b", "require: 'a..b' is not a module name"),
        ("", "require: '' is not a module name"),
        ("jit.opt", "require: module 'jit.opt' not found"),
    ] {
        let printed = iteration_prints(&format!("print(pcall(require, {name:?}))"));
        assert!(
            printed.starts_with("false\t") && printed.contains(message),
            "{name}: {printed}"
        );
    }
}

#[test]
fn modules_of_ssel_and_lua_can_be_required() {
    let printed = iteration_prints(
        r#"
        local ssel = require "ssel"
        for _, name in ipairs { "sse", "check", "group", "sleep", "now", "fail", "metrics", "json", "data", "exec", "env", "open", "target", "print" } do
            assert(ssel[name] ~= nil and ssel[name] == _G[name] and require("ssel." .. name) == ssel[name], name)
        end
        for _, name in ipairs { "string", "table", "math", "bit", "coroutine", "os", "io", "cjson", "cjson.safe" } do
            assert(type(require(name)) == "table", name)
        end
        print(pcall(function() return ssel.nope end), pcall(require, "ssel.nope"))
        "#,
    );
    assert!(printed.starts_with("false\tfalse\t"), "{printed}");
}

#[test]
fn a_module_may_be_preloaded() {
    let printed = iteration_prints(
        "package.preload.own = function(name) return name .. '!' end print(require 'own')",
    );
    assert_eq!(printed, "own!\n");
}

#[test]
fn a_global_of_the_script_hides_that_of_ssel() {
    assert_eq!(
        iteration_prints("sleep = function() print('mine') end sleep(1) require('ssel').sleep(0)"),
        "mine\n"
    );
}

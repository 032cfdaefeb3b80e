use crate::support::ssel::{init_raises, iteration_raises, run};

#[test]
fn a_shared_array_is_created_once_for_all_vus() {
    let script = r#"
        options = { vus = 4, iterations = 4 }
        local d = data.shared("d", function() print("made") return { "a", { n = 2 }, json.null } end)
        function default()
            local n = 0
            for i, v in ipairs(d) do n = n + i end
            print(#d, d[1], d[2].n, d[3] == json.null, d[4], d[0], d.x, n, d)
        end
    "#;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    let line = "3\ta\t2\ttrue\tnil\tnil\tnil\t6\tshared array 'd' of 3 elements\n";
    assert_eq!(said.stdout, format!("made\n{}", line.repeat(4)));
}

#[test]
fn a_shared_array_is_read_only_and_its_elements_are_copies() {
    let script = r#"
        local d = data.shared("d", function() return { { n = 1 } } end)
        function default()
            d[1].n = 2
            print(d[1].n)
            print(pcall(function() d[1] = 7 end))
        end
    "#;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert!(
        said.stdout.starts_with("1\nfalse\t")
            && said.stdout.contains("the shared array 'd' is read-only"),
        "{}",
        said.stdout
    );
}

#[test]
fn files_are_read_relative_to_the_script() {
    let script = r#"
        local j, l, c = data.json("d/a.json"), data.jsonl("d/b.jsonl"), data.csv("d/c.csv")
        function default()
            print(#j, j[1].x, j[2] == json.null)
            print(#l, l[1].y, l[2])
            print(#c, c[1].name, c[1].age, c[2].name, c[2].age)
        end
    "#;
    let said = run("")
        .file("sub/script.lua", script)
        .file("sub/d/a.json", "[{\"x\": 1}, null]")
        .file("sub/d/b.jsonl", "{\"y\": 2}\n\n  \n\"text\"\n")
        .file("sub/d/c.csv", "name,age\nAnn,7\n\"B, \"\"C\"\"\",\n")
        .args(["--no-summary"]);
    let said = said
        .instead_of("script.lua", "sub/script.lua")
        .said()
        .exits(0);
    assert_eq!(
        said.stdout,
        "2\t1\ttrue\n2\t2\ttext\n2\tAnn\t7\tB, \"C\"\t\n"
    );
}

#[test]
fn data_that_cannot_be_loaded_is_reported_with_its_line() {
    for (call, message) in [
        (
            "data.json('none.json')",
            "data.json: cannot read none.json: No such file or directory",
        ),
        ("data.json('bad.json')", "data.json: cannot read bad.json: "),
        (
            "data.json('object.json')",
            "data.json: cannot read object.json: the file must hold one JSON array",
        ),
        (
            "data.jsonl('bad.jsonl')",
            "data.jsonl: cannot read bad.jsonl: line 2: ",
        ),
        (
            "data.csv('bad.csv')",
            "data.csv: cannot read bad.csv: CSV error: ",
        ),
    ] {
        let said = run(&format!("local d = {call}\nfunction default() end"))
            .file("bad.json", "[1,")
            .file("object.json", "{}")
            .file("bad.jsonl", "1\n{\n")
            .file("bad.csv", "a,b\n1\n")
            .said()
            .exits(107);
        assert!(
            said.stderr
                .starts_with(&format!("error: script.lua:1: {message}")),
            "{call}: {}",
            said.stderr
        );
    }
}

#[test]
fn each_misuse_of_shared_is_reported() {
    for (call, message) in [
        (
            "data.shared()",
            "data.shared: argument 1 (name): expected a string, got nil",
        ),
        (
            "data.shared('d')",
            "data.shared: argument 2: expected a function, got nil",
        ),
        (
            "data.shared('d', function() return 7 end)",
            "data.shared: the function must return an array, got 7",
        ),
        (
            "data.shared('d', function() return { print } end)",
            "data.shared: a function at [1] cannot be copied",
        ),
        (
            "data.shared('d', function() error('broken') end)",
            "data.shared: script.lua:1: broken",
        ),
        (
            "data.shared('d', function() return data.shared('d', print) end)",
            "data.shared: ",
        ),
        ("data.shared('d', function() sleep(1) end)", "data.shared: "),
    ] {
        let said = init_raises(call);
        assert!(
            said.starts_with("error: ") && said.contains(message),
            "{call}: {said}"
        );
    }
    assert_eq!(
        iteration_raises("data.shared('d', print)"),
        "error: script.lua:1: data.shared: only works in the init stage: call it at the script's top level"
    );
}

#[test]
fn an_endless_file_is_refused() {
    for call in [
        "data.jsonl('/dev/zero')",
        "data.json('/dev/zero')",
        "data.csv('/dev/zero')",
        "llm.prompts { jsonl = '/dev/zero' }",
    ] {
        let said = init_raises(&format!("local _ = {call}"));
        assert!(said.contains("it is a device; name a file"), "{said}");
    }
}

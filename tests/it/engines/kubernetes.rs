//! `ssel k8s`: manifests that Kubernetes accepts.

use std::process::Command;

use crate::support::ssel::{Said, Ssel, project};

fn k8s(more: &[&str]) -> Ssel {
    Ssel::new()
        .file("load/chat test.lua", "local lib = require('lib.names')\nlocal users = data.csv('users.csv')\nlocal odd = open('odd.bin', 'b')\nfunction default() assert(lib and users and odd) end\n")
        .file("load/lib/names.lua", "return { 'a: b', \"c'd\" }\n")
        .file("load/users.csv", "name\nann\n")
        .file("load/odd.bin", [0xff_u8, 0, 7])
        .args(["k8s", "-n", "8", "--image", "registry.example/ssel:1", "load/chat test.lua"])
        .args(more.iter().copied())
}

fn yaml(more: &[&str]) -> Said {
    k8s(more).said().exits(0)
}

#[test]
fn the_manifest_contains_the_script_and_the_files_it_reads() {
    let said = yaml(&[
        "--cpu",
        "2",
        "--memory",
        "1Gi",
        "--namespace",
        "load",
        "--",
        "--vus",
        "8",
    ]);
    for text in [
        "  name: \"chat-test\"\n  namespace: \"load\"\n",
        "  \"chat_test.lua\": |\n    local lib = require('lib.names')\n",
        "  \"lib_names.lua\": |\n    return { 'a: b', \"c'd\" }\n",
        "  \"users.csv\": |\n    name\n    ann\n",
        "binaryData:\n  \"odd.bin\": /wAH\n",
        "path: \"lib/names.lua\"\n",
        "completions: 8\n  parallelism: 8\n  completionMode: Indexed\n",
        "            - \"run\"\n            - \"/test/chat test.lua\"\n            - \"--vus\"\n            - \"8\"\n",
        "- name: SSEL_PARTS\n              value: \"8\"\n",
        "value: \"chat-test-0.chat-test:7735\"\n",
        "name: \"chat-test-token\"\n                  key: token\n",
        "cpu: \"2\"\n              memory: \"1Gi\"\n",
    ] {
        assert!(said.stdout.contains(text), "{text}\n{}", said.stdout);
    }
}

#[test]
fn impossible_values_are_refused() {
    for (more, text) in [
        (
            ["--name", "Chat"],
            "--name cannot be \"Chat\": use lowercase letters, digits and -",
        ),
        (
            ["--cpu", "two"],
            "--cpu cannot be \"two\": use a Kubernetes quantity",
        ),
        (["--namespace", "a_b"], "--namespace cannot be \"a_b\""),
    ] {
        let said = k8s(&more).said().exits(104);
        assert!(said.stderr.contains(text), "{}", said.stderr);
    }
    let zero = k8s(&[]).instead_of("8", "0").said().exits(104);
    assert!(
        zero.stderr
            .contains("--parts cannot be \"0\": use a whole number"),
        "{}",
        zero.stderr
    );
    let outside = k8s(&[])
        .file(
            "load/chat test.lua",
            "local users = data.csv('../users.csv') function default() end",
        )
        .file("users.csv", "name\nann\n");
    let said = outside.said().exits(104);
    assert!(
        said.stderr.contains("is outside its folder"),
        "{}",
        said.stderr
    );
    let large = k8s(&[]).file("load/users.csv", format!("name\n{}\n", "a".repeat(2 << 20)));
    let said = large.said().exits(104);
    assert!(
        said.stderr.contains("a ConfigMap holds 1,024"),
        "{}",
        said.stderr
    );
}

/// The schemas are those of `PyPI`'s kubernetes-validate, which `.ci/run engines` installs.
#[test]
fn the_manifest_is_valid_for_the_schemas_of_kubernetes() {
    let python = project("target/engines/bin/python");
    let has = |python: &std::path::Path| {
        let import = Command::new(python)
            .args(["-c", "import kubernetes_validate"])
            .output();
        import.is_ok_and(|import| import.status.success())
    };
    if !has(&python) {
        assert!(
            std::env::var_os("SSEL_ENGINES").is_none(),
            "there is no kubernetes-validate"
        );
        println!("skipped: there is no kubernetes-validate; .ci/run engines installs it");
        return;
    }
    for more in [
        &[][..],
        &[
            "--cpu",
            "500m",
            "--memory",
            "1Gi",
            "--namespace",
            "load",
            "--name",
            "x",
        ],
    ] {
        let ssel = k8s(more);
        let said = ssel.said().exits(0);
        let path = ssel.folder().join("job.yaml");
        std::fs::write(&path, &said.stdout).unwrap();
        let checked = Command::new(&python)
            .args(["-m", "kubernetes_validate", "--strict"])
            .arg(&path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&checked.stdout).into_owned()
            + &String::from_utf8_lossy(&checked.stderr);
        assert!(checked.status.success(), "{text}\n{}", said.stdout);
        for kind in ["ConfigMap", "Service", "Job"] {
            assert!(said.stdout.contains(&format!("kind: {kind}\n")));
        }
        // Files that the script reads are unchanged in the manifest.
        let read = Command::new(&python)
            .args(["-c", "import yaml, sys, base64\ndocs = list(yaml.safe_load_all(open(sys.argv[1])))\nfiles = docs[0]['data']\nprint(files['chat_test.lua'], end='')\nassert base64.b64decode(docs[0]['binaryData']['odd.bin']) == bytes([255, 0, 7])"])
            .arg(&path)
            .output()
            .unwrap();
        let script = std::fs::read(ssel.folder().join("load/chat test.lua")).unwrap();
        assert_eq!(
            read.stdout,
            script,
            "{}",
            String::from_utf8_lossy(&read.stderr)
        );
    }
}

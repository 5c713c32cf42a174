//! `scripts/action`, step by step.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use esse_testkit::bare_server;

use crate::root;

const ESSE: &str = env!("CARGO_BIN_EXE_esse");

/// A workspace of a job, removed at its end.
struct Job(PathBuf);

struct Ran {
    code: Option<i32>,
    log: String,
    output: String,
    summary: String,
}

impl Ran {
    #[track_caller]
    fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.log);
        self
    }

    #[track_caller]
    fn has_log(&self, part: &str) {
        assert!(self.log.contains(part), "{part}: {}", self.log);
    }

    /// The value of an output.
    fn output(&self, name: &str) -> Option<&str> {
        let mut lines = self.output.lines().filter_map(|line| line.split_once('='));
        lines.find(|(key, _)| *key == name).map(|(_, value)| value)
    }
}

impl Job {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("esse-action-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// With `esse` where `install` would put it.
    fn installed(test: &str) -> Self {
        let job = Self::new(test);
        fs::create_dir_all(job.0.join("root/bin")).unwrap();
        symlink(ESSE, job.0.join("root/bin/esse")).unwrap();
        job
    }

    fn write_program(&self, name: &str, script: &str) {
        self.write(name, script);
        fs::set_permissions(self.0.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    fn step(&self, step: &str, variables: &[(&str, &str)]) -> Ran {
        let _ = fs::remove_file(self.0.join("output"));
        let _ = fs::remove_file(self.0.join("summary"));
        let script = root().join("scripts/action");
        let ran = Command::new("bash")
            .args([script.to_str().unwrap(), step])
            .current_dir(&self.0)
            .env("ESSE_ROOT", self.0.join("root"))
            .env("GITHUB_OUTPUT", self.0.join("output"))
            .env("GITHUB_STEP_SUMMARY", self.0.join("summary"))
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            code: ran.status.code(),
            log: text(&ran.stdout) + &text(&ran.stderr),
            output: self.read("output"),
            summary: self.read("summary"),
        }
    }

    fn run(&self, variables: &[(&str, &str)]) -> Ran {
        let few = [
            ("ESSE_CUTS", "quick"),
            ("ESSE_VECTORS", "data/bare-\nbom/then-lf"),
        ];
        self.step("run", &[&few, variables].concat())
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn right() -> String {
    format!("'{ESSE}' subject")
}

/// Right, but that it answers nothing to the stream "data\ndata\n\n", which is `data/bare-2`.
fn wrong() -> String {
    let look = "case \"$line\" in *'[\"ZGF0YQpkYXRhCgo=\"]'*) line=\"{}\";; *stop*) exit;; esac";
    format!(
        "while IFS= read -r line; do {look}; printf '%s\\n' \"$line\"; done | {}",
        right()
    )
}

const KNOWN: &str = r#"{"subject":"esse","failures":{"data/bare-2":"It has a bad day."}}"#;

#[test]
fn a_right_subject_passes_with_report_and_summary() {
    let job = Job::installed("right");
    let ran = job.run(&[("ESSE_SUBJECT", &right()), ("ESSE_REPORT", "out/esse.xml")]);
    ran.exits(0);
    assert!(ran.log.contains("It speaks the protocol.") && ran.log.contains("all passed"));
    assert_eq!(ran.output("report"), Some("out/esse.xml"));
    assert_eq!(ran.output("exit-code"), Some("0"));
    assert!(ran.summary.contains("| **all** |"), "{}", ran.summary);
    let report = job.read("out/esse.xml");
    assert!(report.starts_with("<?xml") && report.contains("failures=\"0\""));
}

#[test]
fn a_failure_fails_the_job_after_the_report_is_written() {
    let job = Job::installed("wrong");
    let ran = job.run(&[("ESSE_ONESHOT", "cat >/dev/null")]);
    ran.exits(1);
    ran.has_log("::error title=esse conform::a vector, a scenario or a check failed");
    assert_eq!(ran.output("report"), Some("esse-report.xml"));
    assert_eq!(ran.output("exit-code"), Some("1"));
    assert!(job.read("esse-report.xml").contains("<failure"));
    assert!(ran.summary.contains("failed</summary>"), "{}", ran.summary);
}

#[test]
fn a_known_failure_passes_and_a_stale_one_fails_the_job() {
    let job = Job::installed("known");
    job.write("known.json", KNOWN);
    let run = |subject: &str| job.run(&[("ESSE_SUBJECT", subject), ("ESSE_KNOWN", "known.json\n")]);
    let known = run(&wrong());
    known.exits(0).has_log("1 known to fail");
    let stale = run(&right());
    stale.exits(1).has_log("STALE data/bare-2");
    assert!(job.read("esse-report.xml").contains("does not fail"));
}

#[test]
fn a_server_is_smoked_and_checked_with_report_and_summary() {
    let job = Job::installed("server");
    job.write(
        "known.json",
        r#"{"subject":"bare","failures":{"head/status":"It was 500."}}"#,
    );
    let variables = [
        ("ESSE_SERVER", &*bare_server().unwrap()),
        ("ESSE_TIMEOUT", "1"),
        ("ESSE_KNOWN", "known.json"),
    ];
    let ran = job.step("run", &variables);
    ran.exits(1).has_log("It speaks the protocol.");
    ran.has_log("FAIL  head/no-store");
    ran.has_log("STALE head/status");
    let report = job.read("esse-report.xml");
    assert!(
        report.contains("name=\"head/no-store\">\n      <failure"),
        "{report}"
    );
    assert!(ran.summary.contains("| bare 2 |"), "{}", ran.summary);
}

/// With an `esse` that only says what it was asked.
#[test]
fn a_client_and_a_server_are_smoked_and_run_without_cuts() {
    let job = Job::new("driven");
    fs::create_dir_all(job.0.join("root/bin")).unwrap();
    job.write_program("root/bin/esse", "#!/bin/sh\necho esse \"$@\"\n");
    for (variable, option) in [("ESSE_CLIENT", "--client"), ("ESSE_SERVER", "--server")] {
        let more = [("ESSE_CUTS", "full"), ("ESSE_KNOWN", "known.json")];
        let ran = job.step("run", &[&[(variable, "./program it")], &more[..]].concat());
        ran.exits(0).has_log(&format!(
            "esse conform --smoke {option} ./program it --timeout 10\n"
        ));
        let run =
            format!("esse conform {option} ./program it --timeout 10 --report esse-report.xml ");
        ran.has_log(&run);
        ran.has_log("/summary.md --known known.json\n");
    }
}

#[test]
fn what_does_not_speak_its_protocol_is_not_run() {
    let job = Job::installed("driver");
    let ran = job.step("run", &[("ESSE_CLIENT", "exit 3;"), ("ESSE_TIMEOUT", "5")]);
    ran.exits(1)
        .has_log("no request: it ended with exit status: 3");
    ran.has_log("does not speak the protocol");
}

#[test]
fn what_only_vectors_have_is_refused_with_a_client_or_a_server() {
    let job = Job::installed("conflict");
    let server = bare_server().unwrap();
    for more in [("ESSE_VECTORS", "bom/"), ("ESSE_SUBJECT", "cat")] {
        let ran = job.step("run", &[("ESSE_SERVER", &server), more]);
        ran.exits(2).has_log("cannot be used with");
    }
    let ran = job.step(
        "run",
        &[("ESSE_SERVER", &server), ("ESSE_CLIENT", "exit 3;")],
    );
    ran.exits(2).has_log("cannot be used with");
}

#[test]
fn what_is_wrong_with_the_protocol_comes_before_all_vectors() {
    let job = Job::installed("smoke");
    let ran = job.run(&[
        ("ESSE_SUBJECT", "echo Listening on 80"),
        ("ESSE_TIMEOUT", "20"),
    ]);
    ran.exits(1);
    assert!(ran.log.contains("to stderr") && ran.log.contains("does not speak the protocol"));
    assert_eq!(ran.output("exit-code"), Some("1"));
    assert_eq!(ran.output("report"), Some("esse-report.xml"));
    let none = job.run(&[("ESSE_SUBJECT", "esse-no-such-program")]);
    assert_eq!(none.exits(2).output("exit-code"), Some("2"));
}

#[test]
fn the_name_of_the_report_is_not_an_option() {
    let job = Job::installed("dash");
    let ran = job.run(&[("ESSE_SUBJECT", &right()), ("ESSE_REPORT", "-x.xml")]);
    ran.exits(0);
    assert_eq!(ran.output("report"), Some("./-x.xml"));
    assert!(job.read("./-x.xml").starts_with("<?xml"));
}

#[test]
fn inputs_are_no_script() {
    let job = Job::installed("quoting");
    job.write(
        "it's known.json",
        r#"{"subject":"x","failures":{"data/bear":"$(touch b)"}}"#,
    );
    let variables = [
        ("ESSE_ONESHOT", "cat >/dev/null; : '$(not run)' \"`no`\""),
        ("ESSE_KNOWN", "it's known.json"),
        ("ESSE_REPORT", "r $(touch c).xml"),
    ];
    let ran = job.run(&variables);
    ran.has_log("it's known.json: ");
    assert_eq!(ran.output("report"), Some("r $(touch c).xml"));
    let cuts = ("ESSE_CUTS", "quick; touch a");
    let ran = job.run(&[("ESSE_SUBJECT", &right()), cuts]);
    ran.exits(2).has_log("'quick; touch a' for '--cuts");
    for name in ["a", "b", "c"] {
        assert!(!job.0.join(name).exists(), "{name}");
    }
}

#[test]
fn several_subjects_are_one_a_line() {
    let job = Job::installed("several");
    let both = format!("{}\n\n  \n{}\r\n", right(), right());
    let ran = job.run(&[("ESSE_SUBJECT", &both)]);
    ran.exits(0);
    assert_eq!(
        ran.log.matches("cuts: all passed").count(),
        2,
        "{}",
        ran.log
    );
}

#[test]
fn without_a_subject_there_is_nothing_to_test() {
    let ran = Job::installed("nothing").run(&[("ESSE_SUBJECT", " \n")]);
    ran.exits(2).has_log("nothing to test");
    assert_eq!(ran.output("exit-code"), Some("2"));
}

#[test]
fn a_summary_that_is_too_long_is_its_table_alone() {
    let job = Job::new("long");
    fs::create_dir_all(job.0.join("root/bin")).unwrap();
    let esse = "#!/bin/sh\nfor file; do :; done\n\
        for word; do case $word in */summary.md) file=$word;; esac; done\n\
        { echo '| table |'; echo '<details>'; head -c 1000000 /dev/zero | tr '\\0' x; } >\"$file\"\n";
    job.write_program("root/bin/esse", esse);
    let ran = job.run(&[("ESSE_ONESHOT", "x")]);
    ran.exits(0);
    assert!(
        ran.summary.starts_with("| table |\n") && ran.summary.len() < 200,
        "{}",
        ran.summary
    );
}

/// The folder and the key that the action of this checkout prints.
fn key_of(checkout: &Path) -> (String, String) {
    let output = checkout.join("output");
    let ran = Command::new("bash")
        .arg(checkout.join("scripts/action"))
        .arg("key")
        .env_remove("ESSE_ROOT")
        .env("RUNNER_TOOL_CACHE", "/tools")
        .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")])
        .env("GITHUB_OUTPUT", &output)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let printed = fs::read_to_string(&output).unwrap();
    fs::remove_file(output).unwrap();
    let (root, key) = printed.trim_end().split_once('\n').unwrap();
    let value = |line: &str, name| line.strip_prefix(name).unwrap().to_owned();
    (value(root, "root="), value(key, "key="))
}

#[test]
fn each_state_of_the_sources_has_a_key_and_a_folder_of_its_own() {
    let checkout = Job::new("key");
    let folders =
        "scripts parser encoder spec-vectors conformance behaviour replay/src cli/src cli/target";
    for folder in folders.split(' ') {
        fs::create_dir_all(checkout.0.join(folder)).unwrap();
    }
    fs::copy(
        root().join("scripts/action"),
        checkout.0.join("scripts/action"),
    )
    .unwrap();
    for file in ["Cargo.toml", "Cargo.lock", "cli/target/built"] {
        checkout.write(file, "");
    }
    let first = key_of(&checkout.0);
    let hash = first.0.strip_prefix("/tools/esse-action/").unwrap();
    assert!(hash.len() == 16 && hash.chars().all(|char| char.is_ascii_hexdigit()));
    assert_eq!(first.1, format!("esse-Linux-X64-{hash}"));
    checkout.write("cli/target/built", "again");
    assert_eq!(key_of(&checkout.0), first);

    let mut seen = vec![first];
    for file in [
        "replay/src/lib.rs",
        "cli/src/page.html",
        "cli/src/a.js",
        "cli/src/b.js",
    ] {
        checkout.write(file, "changed");
        let key = key_of(&checkout.0);
        assert!(
            seen.iter()
                .all(|(root, name)| *root != key.0 && *name != key.1),
            "{file}"
        );
        seen.push(key);
    }
    fs::rename(
        checkout.0.join("cli/src/a.js"),
        checkout.0.join("cli/src/c.js"),
    )
    .unwrap();
    assert!(!seen.contains(&key_of(&checkout.0)));
}

#[test]
fn the_program_is_built_from_the_folders_in_the_key() {
    let manifest = fs::read_to_string(root().join("cli/Cargo.toml")).unwrap();
    let script = fs::read_to_string(root().join("scripts/action")).unwrap();
    let (_, found) = script.split_once("find Cargo.toml ").unwrap();
    let found: Vec<_> = found.lines().next().unwrap().split(' ').collect();
    let always = manifest.lines().filter(|line| line.starts_with("esse-"));
    let always = always.filter(|line| !line.contains("optional") && !line.contains("testkit"));
    let names: Vec<_> = always
        .map(|line| line[5..].split(['.', ' ']).next().unwrap())
        .collect();
    assert!(names.len() > 4, "{names:?}");
    for name in names {
        let folder = if name == "vectors" {
            "spec-vectors"
        } else {
            name
        };
        assert!(found.contains(&folder), "{folder}");
    }
}

/// With a cargo that only tells what it was asked.
#[test]
fn it_is_installed_only_where_it_is_not() {
    let job = Job::new("install");
    job.write_program("cargo", "#!/bin/sh\necho cargo \"$@\"\n");
    let path = format!("{}:{}", job.0.display(), std::env::var("PATH").unwrap());
    let install = |job: &Job| job.step("install", &[("PATH", &path)]);
    let ran = install(&job);
    ran.exits(0);
    assert!(
        ran.log
            .starts_with("cargo install --locked --no-default-features --path /"),
        "{}",
        ran.log
    );
    assert!(ran.log.contains("/cli --root ") && ran.log.trim_end().ends_with("/root"));
    let ran = install(&Job::installed("install-again"));
    ran.exits(0);
    assert!(ran.log.starts_with("esse "), "{}", ran.log);
}

#[test]
fn an_unknown_step_is_an_error() {
    assert_eq!(Job::new("unknown").step("dance", &[]).code, Some(2));
}

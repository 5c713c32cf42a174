//! `esse conform` as a program, against subjects in other processes. The subjects are shell
//! scripts, so this is for systems that have one.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

/// Rows of string literals, which rustfmt would spread over a line for each.
macro_rules! table {
    ($($first:literal => $($rest:literal),+;)+) => { [$(($first, $($rest),+)),+] };
}

mod arguments;
mod client_smoke;
mod clients;
mod failures;
mod hostile;
mod known;
mod oneshot;
mod readme;
mod server_smoke;
mod servers;
mod signals;
mod smoke;
mod start;
mod starters;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The right subject, of which scripts make a wrong one.
const ESSE: &str = env!("CARGO_BIN_EXE_esse");

/// A folder for one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("esse-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Passes every line on to the right subject, but looks at it first. File descriptor 3 is the
/// script's stdout.
fn in_between(look: &str) -> String {
    format!(
        "exec 3>&1\nwhile IFS= read -r line; do\n{look}\nprintf '%s\\n' \"$line\"\n\
         done | '{ESSE}' subject\n"
    )
}

/// Does this instead of passing on the third command, and every one that is `more`.
fn at_third(action: &str) -> String {
    in_between(&format!(
        "case \"$line\" in *'\"seq\":3,'*) {action};; esac"
    ))
}

fn at_each_parse(action: &str) -> String {
    in_between(&format!(
        "case \"$line\" in *'\"cmd\":\"parse\"'*) {action};; esac"
    ))
}

/// What `esse conform` did.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    fn exits(&self, code: i32) -> &Self {
        let Self { stdout, stderr, .. } = self;
        assert_eq!(self.code, Some(code), "{stdout}{stderr}");
        self
    }

    #[track_caller]
    fn has_stdout(&self, part: &str) -> &Self {
        assert!(self.stdout.contains(part), "{part}: {}", self.stdout);
        self
    }

    #[track_caller]
    fn has_stderr(&self, part: &str) -> &Self {
        assert!(self.stderr.contains(part), "{part}: {}", self.stderr);
        self
    }

    /// A smoke test says this, with this advice.
    #[track_caller]
    fn has_finding(&self, severity: &str, what: &str, remedy: &str) -> &Self {
        let mut lines = self.stdout.lines();
        let start = format!("         {severity:<6} ");
        let found = lines.find(|line| line.starts_with(&start) && line.contains(what));
        assert!(found.is_some(), "{what:?} is not said:\n{}", self.stdout);
        let advice = lines.next().unwrap();
        assert!(
            advice.starts_with("         do ") && advice.contains(remedy),
            "{remedy:?} is not the advice:\n{}",
            self.stdout
        );
        self
    }

    /// Nothing was run, for this reason.
    #[track_caller]
    fn is_refused(&self, reason: &str) {
        assert_eq!(self.exits(2).stdout, "");
        self.has_stderr(reason);
    }

    fn vectors(&self) -> Vec<Value> {
        let report: Value = serde_json::from_str(&self.stdout).unwrap();
        report["subjects"][0]["vectors"].as_array().unwrap().clone()
    }

    fn with_outcome(&self, outcomes: &[&str]) -> Vec<Value> {
        let mut vectors = self.vectors();
        vectors.retain(|vector| outcomes.contains(&vector["outcome"].as_str().unwrap()));
        vectors
    }

    /// ID and failure of the vectors that failed.
    fn failed(&self) -> Vec<(String, Value)> {
        let failed = self.with_outcome(&["failed", "timedOut"]);
        let failed = failed.into_iter();
        failed
            .map(|vector| {
                (
                    vector["id"].as_str().unwrap().to_owned(),
                    vector["failure"].clone(),
                )
            })
            .collect()
    }

    /// The failure of the only vector that failed; all others passed.
    fn only_failure(&self) -> Value {
        self.exits(1);
        let passed = self.with_outcome(&["passed"]).len();
        assert_eq!((passed, self.vectors().len()), (4, 5), "{}", self.stdout);
        self.failed()[0].1.clone()
    }
}

fn conform(arguments: &[&str]) -> Run {
    let mut esse = Command::new(ESSE);
    Run::of(&esse.arg("conform").args(arguments).output().unwrap())
}

/// Runs the five vectors `data/bare-1` to `data/bare-5` against a script, of which one copy runs at a
/// time unless `more` says otherwise.
fn conform_script(test: &str, script: &str, more: &[&str]) -> Run {
    let folder = Folder::new(test);
    let subject = format!(
        "cd '{}' && exec sh '{}'",
        folder.0.display(),
        folder.write("subject", script)
    );
    let fixed = ["--subject", &subject, "--format", "json"];
    let cuts = ["--cuts", "quick"];
    let cuts = if more.contains(&"--cut") {
        &[]
    } else {
        &cuts[..]
    };
    let few = ["--vector", "data/bare-"];
    let few = if more.contains(&"--vector") {
        &[]
    } else {
        &few[..]
    };
    let jobs = ["--jobs", "1"];
    let jobs = if more.contains(&"--jobs") {
        &[]
    } else {
        &jobs[..]
    };
    conform(&[&fixed, cuts, few, jobs, more].concat())
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

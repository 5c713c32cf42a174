//! `certify` with programs that are not browsers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use tempfile::TempDir;

/// The result of a run.
struct Ran {
    status: i32,
    stderr: String,
}

fn certify(set_up: impl FnOnce(&mut Command)) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certify"));
    set_up(&mut command);
    let output = command.output().unwrap();
    Ran {
        status: output.status.code().unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of its own.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A program that says its version and then does this.
    fn program(&self, does: &str) -> String {
        let path = self.0.path().join("browser");
        let script =
            format!("#!/bin/sh\n[ \"$1\" = --version ] && echo Fake 1.0 && exit\n{does}\n");
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    fn certify(&self, args: &[&str]) -> Ran {
        certify(|command| {
            command
                .args(["--browser", "chromium", "--vector", "bom/alone"])
                .args(args)
                .env("TMPDIR", self.0.path());
        })
    }

    /// What a run has left behind.
    fn profiles(&self) -> usize {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries
            .filter(|entry| entry.as_ref().unwrap().path().is_dir())
            .count()
    }
}

#[test]
fn without_a_browser_it_says_what_to_install() {
    let ran = certify(|command| {
        let command = command.args(["--browser", "webkit"]);
        command.env("PATH", "/nowhere");
    });
    assert_eq!(ran.status, 2);
    let install = "apt-get install webkit2gtk-driver";
    assert!(ran.stderr.contains(install), "{}", ran.stderr);
}

#[test]
fn a_browser_that_ends_at_once_is_reported_with_its_last_words() {
    let folder = Folder::new();
    let program = folder.program("echo no display >&2; exit 1");
    let ran = folder.certify(&["--program", &program]);
    assert_eq!((ran.status, folder.profiles()), (2, 0), "{}", ran.stderr);
    for words in ["ended", "no display"] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

#[test]
fn a_browser_that_hangs_is_ended_with_all_it_has_started() {
    let folder = Folder::new();
    let mark = folder.0.path().join("alive").display().to_string();
    // It ignores SIGTERM.
    let program = folder.program(&format!(
        "trap '' TERM; echo $$ >{mark}; sleep 600 & sleep 600"
    ));
    let ran = folder.certify(&["--program", &program, "--timeout", "1"]);
    assert_eq!((ran.status, folder.profiles()), (2, 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("time limit"), "{}", ran.stderr);
    let process = fs::read_to_string(&mark).unwrap();
    let state = fs::read_to_string(format!("/proc/{}/stat", process.trim()));
    let runs = state.is_ok_and(|state| !state.contains(") Z "));
    assert!(!runs, "{process}");
}

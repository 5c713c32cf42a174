//! The starter adapters run as they are, wherever they are copied to.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Folder, conform};

/// Whether a program is on this machine. If not, a note goes to stderr, past the capture of the tests.
pub(crate) fn is_here(program: &str, what: &str) -> bool {
    let version = if program == "go" {
        "version"
    } else {
        "--version"
    };
    let silent = Command::new(program)
        .arg(version)
        .stdout(Stdio::null())
        .status();
    let is_here = silent.is_ok_and(|status| status.success());
    if !is_here {
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "\nSKIPPED: {what}: there is no {program} on this machine\n"
        );
    }
    is_here
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Builds a copy, if there is something to build, and tests the adapter: it speaks
/// the protocol, and its toy is caught by the vectors.
fn starter(language: &str, program: &str, main: &str, build: &str, run: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../subjects/starters")
        .join(language);
    let lines = fs::read_to_string(source.join(main))
        .unwrap()
        .lines()
        .count();
    assert!(lines < 60, "{main} has {lines} lines");
    if !is_here(program, &format!("the starter in {language}")) {
        return;
    }
    let folder = Folder::new(&format!("starter-{language}"));
    copy(&source, &folder.0);
    let _ = fs::remove_dir_all(folder.0.join("target"));
    let output = Command::new("sh")
        .args(["-c", build])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let subject = format!("cd '{}' && {run}", folder.0.display());
    let smoke = conform(&["--smoke", "--subject", &subject, "--timeout", "60"]);
    smoke.exits(0);
    assert!(!smoke.stdout.contains("note"), "{}", smoke.stdout);
    let vectors = [
        "--vector",
        "data/bare-",
        "--vector",
        "chunks/cr-cr",
        "--cuts",
        "quick",
    ];
    let run = conform(&[&["--subject", &subject, "--timeout", "60"], &vectors[..]].concat());
    run.exits(1).has_stdout("5 passed, 1 failed");
}

#[test]
fn rust() {
    // The packages are those of this workspace: mostly they are here already.
    let build = "cargo build --quiet --offline || cargo build --quiet";
    let run = "exec ./target/debug/adapter";
    starter("rust", env!("CARGO"), "src/main.rs", build, run);
}

#[test]
fn javascript() {
    starter(
        "javascript",
        "node",
        "adapter.mjs",
        "true",
        "exec node adapter.mjs",
    );
}

#[test]
fn python() {
    starter(
        "python",
        "python3",
        "adapter.py",
        "true",
        "exec python3 adapter.py",
    );
}

#[test]
fn go() {
    let build = "GOFLAGS=-mod=mod GOPROXY=off GOCACHE=\"$PWD/cache\" go build -o adapter .";
    starter("go", "go", "main.go", build, "exec ./adapter");
}

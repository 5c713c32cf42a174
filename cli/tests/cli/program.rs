//! Runs the program.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) status: i32,
}

impl Ran {
    #[track_caller]
    pub(crate) fn has_stdout(&self, part: &str) {
        assert!(self.stdout.contains(part), "{part}: {}", self.stdout);
    }

    #[track_caller]
    pub(crate) fn has_stderr(&self, part: &str) {
        assert!(self.stderr.contains(part), "{part}: {}", self.stderr);
    }
}

/// A run that went well and had nothing to remark.
pub(crate) fn quietly(stdout: &str) -> Ran {
    Ran {
        stdout: stdout.to_owned(),
        stderr: String::new(),
        status: 0,
    }
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_esse"));
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(crate) fn start(args: &[&str]) -> Child {
    command(args).spawn().unwrap()
}

/// Runs the program to its end with this on stdin.
pub(crate) fn esse(args: &[&str], input: impl AsRef<[u8]>) -> Ran {
    let mut child = start(args);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_ref().to_vec();
    // A program that ends early closes the pipe: that is no fault of the test.
    let writer = thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    ran(output)
}

pub(crate) fn ran(output: Output) -> Ran {
    Ran {
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        status: output.status.code().expect("ended by itself"),
    }
}

//! Missing files, folders, empty files, and output that cannot be written.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use crate::program::{command, esse, quietly, ran, start};

const READERS: [&str; 2] = ["decode", "encode"];

#[test]
fn a_missing_file_is_trouble() {
    for reader in READERS {
        let ran = esse(&[reader, "no/such/file"], "");
        assert_eq!((ran.stdout.as_str(), ran.status), ("", 2));
        assert_eq!(
            ran.stderr,
            "esse: no/such/file: No such file or directory\n"
        );
    }
}

#[test]
fn a_url_is_not_a_file_but_there_is_curl() {
    let ran = esse(&["decode", "https://example.com/events"], "");
    assert_eq!((ran.stdout.as_str(), ran.status), ("", 2));
    let advice = "curl -fsN https://example.com/events | esse decode";
    ran.has_stderr(advice);
}

#[test]
fn a_directory_is_trouble() {
    for reader in READERS {
        let ran = esse(&[reader, "src"], "");
        assert_eq!((ran.stdout.as_str(), ran.status), ("", 2));
        assert_eq!(ran.stderr, "esse: src: Is a directory\n");
    }
}

#[cfg(unix)]
#[test]
fn stdin_that_cannot_be_read_is_trouble() {
    let readers: &[&[&str]] = &[
        &["decode"],
        &["encode"],
        &["subject"],
        #[cfg(feature = "net")]
        &["serve", "--port", "0", "--end"],
    ];
    for reader in readers {
        let folder = Stdio::from(fs::File::open("src").unwrap());
        let ran = ran(command(reader).stdin(folder).output().unwrap());
        assert_eq!(ran.status, 2, "{reader:?}");
        ran.has_stderr("esse: <stdin>: Is a directory\n");
    }
}

#[test]
fn an_empty_file_is_an_empty_stream() {
    let file = file("empty", "");
    for reader in READERS {
        assert_eq!(esse(&[reader, &file], "data: not read\n\n"), quietly(""));
        assert_eq!(esse(&[reader], ""), quietly(""));
    }
}

#[test]
fn a_file_is_read_and_named_in_errors() {
    let file = file("lines", "{\"data\":\"x\"}\n{}\nx\n");
    let ran = esse(&["encode", &file], "");
    assert_eq!((ran.stdout.as_str(), ran.status), ("data: x\n\n\n", 1));
    assert!(
        ran.stderr.starts_with(&format!("esse: {file}:3: ")),
        "{}",
        ran.stderr
    );
}

/// As in `esse decode | head -1`.
#[test]
fn a_closed_pipe_is_the_end_and_no_fault() {
    let stream = file("stream", &"data: x\n\n".repeat(100_000));
    let blocks = file("blocks", &"{\"data\":\"x\"}\n".repeat(100_000));
    for args in [
        &["decode", &stream][..],
        &["encode", &blocks],
        &["vectors"],
        &["--help"],
    ] {
        let mut child = start(args);
        drop(child.stdout.take());
        assert_eq!(
            ran(child.wait_with_output().unwrap()),
            quietly(""),
            "{args:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_trouble() {
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    let stream = file("short", "data: x\n\n");
    for args in [&["decode", &stream][..], &["vectors", "list"]] {
        let output = command(args).stdout(full()).output().unwrap();
        let ran = ran(output);
        assert_eq!(ran.status, 2, "{args:?}");
        assert_eq!(ran.stderr, "esse: cannot write: No space left on device\n");
    }
}

/// A file of this test's own; the names differ from test to test.
fn file(name: &str, content: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("cli-{name}"));
    fs::write(&path, content).unwrap();
    path.into_os_string().into_string().unwrap()
}

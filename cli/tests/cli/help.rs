//! Help, version, wrong arguments.

use std::fs;

#[cfg(target_os = "linux")]
use crate::program::command;
use crate::program::{esse, quietly};

#[cfg(feature = "net")]
const COMMANDS: &[&str] = &[
    "conform", "decode", "encode", "get", "probe", "record", "replay", "serve", "subject",
    "vectors",
];
#[cfg(not(feature = "net"))]
const COMMANDS: &[&str] = &["conform", "decode", "encode", "subject", "vectors"];

#[test]
fn the_version_is_that_of_the_package() {
    let ran = esse(&["--version"], "");
    assert_eq!(ran.stdout, format!("esse {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_help_names_every_command_and_the_exit_status() {
    let help = esse(&["--help"], "").stdout;
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
    }
    assert!(help.contains("Exit status:"), "{help}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_help_that_cannot_be_written_is_an_error() {
    for args in [&["--help"][..], &["--version"], &["help", "decode"]] {
        let full = fs::File::create("/dev/full").unwrap();
        let output = command(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr, "esse: cannot write: No space left on device\n");
    }
}

#[test]
fn the_help_of_every_command_begins_with_examples_and_fits_a_screen() {
    let commands = COMMANDS.iter().map(|command| vec![*command]);
    let of_vectors = ["list", "explain", "export"].map(|command| vec!["vectors", command]);
    for command in commands.chain(of_vectors) {
        let ran = esse(&[&*command, &["--help"]].concat(), "");
        assert_eq!(ran.status, 0);
        assert!(ran.stdout.starts_with("Examples:\n"), "{}", ran.stdout);
        assert!(ran.stdout.lines().count() <= 50, "{}", ran.stdout);
        assert!(
            ran.stdout.lines().all(|line| line.chars().count() <= 100),
            "{}",
            ran.stdout
        );
        assert_eq!(ran, esse(&[&*command, &["-h"]].concat(), ""));
    }
}

#[test]
fn help_as_a_command_says_more() {
    let short = esse(&["conform", "--help"], "").stdout;
    let long = esse(&["help", "conform"], "").stdout;
    assert!(long.lines().count() > 2 * short.lines().count(), "{long}");
    let hint = "`esse help conform` says more";
    assert!(short.contains(hint), "{short}");
    assert!(!long.contains(hint), "{long}");
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = esse(&["completions", shell], "");
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
        for command in COMMANDS {
            ran.has_stdout(command);
        }
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("man1");
    assert_eq!(esse(&["man", place.to_str().unwrap()], ""), quietly(""));
    for command in COMMANDS {
        let page = fs::read_to_string(place.join(format!("esse-{command}.1"))).unwrap();
        assert!(page.contains("Examples:"), "{page}");
    }
    let page = fs::read_to_string(place.join("esse.1")).unwrap();
    assert!(page.contains("Exit status"), "{page}");
}

#[test]
fn wrong_arguments_are_trouble() {
    for args in [
        &[][..],
        &["dance"],
        &["decode", "--dance"],
        &["decode", "--limit-data", "x"],
    ] {
        let ran = esse(args, "");
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert!(
            ran.stderr.contains("Usage: esse") || ran.stderr.contains("--help"),
            "{args:?}"
        );
    }
}

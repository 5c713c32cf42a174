//! Help, version, wrong arguments.

use crate::program::esse;

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

#[test]
fn the_help_of_every_command_has_examples() {
    for command in COMMANDS {
        let ran = esse(&[command, "--help"], "");
        assert_eq!(ran.status, 0);
        ran.has_stdout("Examples:\n");
    }
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

//! Subjects that cannot be started.

use super::{ESSE, conform};

fn cannot_start(command: &str, reason: &str) {
    let run = conform(&[
        "--subject",
        command,
        "--timeout",
        "2",
        "--vector",
        "data/bare-1",
    ]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (Some(2), ""),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("cannot start") && run.stderr.contains(reason),
        "{}",
        run.stderr
    );
}

#[test]
fn one_that_ends_at_once() {
    cannot_start(
        "echo no luck >&2; exit 3",
        "did not answer `start`: crashed: exit status: 3",
    );
    cannot_start("echo no luck >&2; exit 3", "no luck");
}

#[test]
fn one_that_does_not_exist() {
    cannot_start("esse-no-such-program", "exit status: 127");
}

#[test]
fn one_that_never_answers() {
    cannot_start(
        "sleep 1000",
        "did not answer `start`: timed out: no answer in 2s",
    );
}

#[test]
fn one_that_speaks_something_else() {
    cannot_start(
        "echo Hello",
        r#"did not answer `start`: answered "Hello\n""#,
    );
    cannot_start("echo '{}'", "missing field");
    let later = r#"echo '{"version":2,"name":"x","roles":[]}'"#;
    cannot_start(later, "speaks version 2 of the protocol, not 1");
}

#[test]
fn the_others_run_all_the_same() {
    let right = format!("'{ESSE}' subject");
    let run = conform(&[
        "--subject",
        "exit 3",
        "--subject",
        &right,
        "--vector",
        "data/bare-1",
    ]);
    assert_eq!(run.code, Some(2));
    assert!(run.stdout.contains("1 vectors, "), "{}", run.stdout);
    assert!(run.stderr.contains("cannot start `exit 3`"));
}

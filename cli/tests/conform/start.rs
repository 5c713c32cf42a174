//! Subjects that cannot be started.

use super::{ESSE, conform};

#[test]
fn the_reason_is_given() {
    for (command, reason) in table! {
        // It ends at once.
        "echo no luck >&2; exit 3" => "did not answer `start`: crashed: exit status: 3";
        "echo no luck >&2; exit 3" => "no luck";
        "esse-no-such-program" => "exit status: 127";
        "sleep 1000" => "did not answer `start`: timed out: no answer in 2s";
        // It speaks something else.
        "echo Hello" => r#"did not answer `start`: answered "Hello\n""#;
        "echo '{}'" => "missing field";
        r#"echo '{"version":2,"name":"x","roles":[]}'"#
            => "speaks version 2 of the protocol, not 1";
    } {
        let fixed = ["--timeout", "2", "--vector", "data/bare-1"];
        let run = conform(&[&["--subject", command], &fixed[..]].concat());
        run.is_refused("cannot start");
        run.has_stderr(reason);
    }
}

#[test]
fn the_others_run_all_the_same() {
    let right = format!("'{ESSE}' subject");
    let both = ["--subject", "exit 3", "--subject", &right];
    let run = conform(&[&both[..], &["--vector", "data/bare-1"]].concat());
    run.exits(2).has_stdout("1 vector, ");
    run.has_stderr("cannot start `exit 3`");
}

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
        run.exits(2).has_stderr("cannot start").has_stderr(reason);
    }
}

#[test]
fn the_reason_is_in_every_report() {
    let known = std::env::temp_dir().join(format!("esse-no-start-{}.json", std::process::id()));
    for (format, part) in table! {
        "text" => "exit 3\n\n  cannot be started: did not answer `start`";
        "json" => r#""fault": "did not answer `start`: crashed: exit status: 3""#;
        "junit" => r#"name="start"><error message="did not answer `start`: crashed"#;
        "junit" => r#"tests="1" failures="0" errors="1""#;
        "markdown" => "\nexit 3: cannot be started, ";
    } {
        let fixed = ["--subject", "exit 3", "--format", format];
        let write = ["--write-known", known.to_str().unwrap()];
        conform(&[&fixed[..], &write].concat())
            .exits(2)
            .has_stdout(part);
        assert!(!known.exists(), "nothing is known of it");
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

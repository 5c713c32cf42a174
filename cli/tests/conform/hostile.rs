//! Whatever a subject does: that case fails, the rest runs, nothing hangs.

use std::process::Command;

use super::{ESSE, Folder, at_each_parse, at_third, conform, conform_script, in_between, size};

/// Long enough for a right answer on a busy machine; only cases that hang take so long.
const PATIENT: &[&str] = &["--timeout", "60"];
const SHORT: &[&str] = &["--timeout", "2"];

fn what(failure: &serde_json::Value) -> &str {
    failure["what"].as_str().unwrap()
}

#[test]
fn one_that_is_right_passes() {
    let run = conform_script("right", &in_between(""), PATIENT);
    run.exits(0);
    assert_eq!((run.failed().len(), run.vectors().len()), (0, 5));
    assert_eq!(run.stderr, "", "no progress bar in a pipe");
}

#[test]
fn two_copies_run_at_once() {
    // Each waits for the other.
    let script = at_each_parse(
        "echo $$ >> copies; while [ \"$(sort -u copies | wc -l)\" -lt 2 ]; do sleep 0.01; done",
    );
    let more = [PATIENT, &["--jobs", "2"]].concat();
    conform_script("copies", &script, &more).exits(0);
}

#[test]
fn a_crash_fails_its_case_alone_and_shows_stderr() {
    let script = at_third("echo 'what a pity' >&2; kill -9 0");
    let failure = conform_script("crash", &script, PATIENT).only_failure();
    assert!(what(&failure).contains("crashed: signal: 9"), "{failure}");
    assert_eq!(failure["stderr"], "what a pity\n");
}

#[test]
fn a_subject_that_ends_within_an_answer_has_failed() {
    let script = at_third("printf '{\"seq\":3,\"eve' >&3; exit");
    let failure = conform_script("half", &script, PATIENT).only_failure();
    let ended = "ended: exit status: 0";
    assert!(what(&failure).contains(ended), "{failure}");
}

/// Also if it has ended by itself, with its stdout closed or left to a process that goes on.
#[test]
fn what_one_that_ends_has_started_is_ended_too() {
    for (option, more) in [
        ("--subject", "--smoke"),
        ("--oneshot", "--vector=data/bare-1"),
        ("--client", "--smoke"),
        ("--server", "--smoke"),
    ] {
        for output in ["", ">/dev/null 2>&1"] {
            let folder = Folder::new("left-alive");
            let alive = folder.0.join("alive");
            let beat = format!("{{ while :; do printf x >> alive; sleep 0.02; done; }} {output} &");
            let wait = "while [ ! -s alive ]; do sleep 0.01; done";
            folder.write("script", &format!("{beat}\n{wait}\nexit 0\n"));
            let run = Command::new(ESSE)
                .args([
                    "conform",
                    option,
                    "exec sh ./script",
                    more,
                    "--timeout",
                    "1",
                ])
                .current_dir(&folder.0)
                .output()
                .unwrap();
            assert!(!run.status.success(), "{option}");
            let size_then = size(&alive);
            std::thread::sleep(std::time::Duration::from_millis(300));
            assert!(size_then > 0, "{option}");
            assert_eq!(size(&alive), size_then, "{option} {output}: it goes on");
        }
    }
}

#[test]
fn one_that_hangs_is_ended_with_all_that_it_started() {
    let folder = Folder::new("hang-alive");
    let alive = folder.0.join("alive");
    let beat = format!(
        "while :; do echo x >> '{}'; sleep 0.05; done",
        alive.display()
    );
    let failure = conform_script("hang", &at_third(&beat), SHORT).only_failure();
    assert_eq!(what(&failure), "timed out: no answer in 2s");
    let size_then = size(&alive);
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(size_then > 0 && size(&alive) == size_then, "it goes on");
}

#[test]
fn garbage_fails_its_case_alone() {
    for (test, answer, expected) in table! {
        "text" => "Listening on 80", r#"answered garbage: "Listening on 80\n""#;
        "binary" => r"\0377\0376\0000", r#"answered garbage: "\xFF\xFE\u{0000}\n""#;
        "empty" => "", r#"answered garbage: "\n""#;
        "number" => "7", "answered seq 3 with a line that has no `seq`";
        "no-seq" => r#"{"events":[]}"#, "answered seq 3 with a line that has no `seq`";
        "wrong-seq" => r#"{"seq":99,"events":[]}"#, "answered seq 99 when 3 was asked";
        "text-seq" => r#"{"seq":"3","events":[]}"#, "answered seq \"3\" when 3 was asked";
    } {
        let script = at_third(&format!("printf '%b\\n' '{answer}' >&3; continue"));
        let failure = conform_script(test, &script, PATIENT).only_failure();
        assert!(what(&failure).contains(expected), "{failure}");
    }
}

#[test]
fn an_answer_of_the_wrong_shape_fails_its_case_alone() {
    for (test, answer, expected) in table! {
        "shape" => r#"{"seq":3,"events":3}"#, "answer does not fit the protocol: invalid type";
        "data" => r#"{"seq":3,"events":[{"type":"a"}]}"#, "missing field `data`";
        "none" => r#"{"seq":3}"#, "missing field `events`";
        "errored" => r#"{"seq":3,"errored":"oh no"}"#, "raised an error: oh no";
    } {
        // It goes on living: nothing is out of step.
        let starts = r#"case "$line" in *start*) echo x >> starts;; esac"#;
        let action = format!(
            "{starts}\ncase \"$line\" in *'\"seq\":3,'*) printf '%s\\n' '{answer}' >&3; [ \"$(wc -l < starts)\" -eq 1 ] || exit; continue;; esac"
        );
        let failure = conform_script(test, &in_between(&action), PATIENT).only_failure();
        assert!(what(&failure).contains(expected), "{failure}");
    }
}

#[test]
fn a_skip_is_neither_passed_nor_failed() {
    let script = at_third(r#"printf '%s\n' '{"seq":3,"skipped":"too hard"}' >&3; continue"#);
    let run = conform_script("skip", &script, PATIENT);
    assert_eq!((run.code, run.failed().len()), (Some(0), 0));
    assert_eq!(run.with_outcome(&["skipped"])[0]["reason"], "too hard");
}

#[test]
fn much_on_stderr_does_no_harm() {
    let script = at_each_parse("head -c 200000 /dev/zero >&2");
    let run = conform_script("stderr", &script, PATIENT);
    run.exits(0);
    assert_eq!((run.failed().len(), run.vectors().len()), (0, 5));
}

#[test]
fn a_flood_of_lines_fails_and_the_rest_runs() {
    let failure = conform_script("flood", &at_third("yes '{}' >&3"), PATIENT).only_failure();
    assert!(what(&failure).contains("has no `seq`"), "{failure}");
}

#[test]
fn a_flood_without_a_line_end_fails_and_the_rest_runs() {
    let script = at_third("yes | tr -d '\\n' >&3");
    let failure = conform_script("endless", &script, SHORT).only_failure();
    let what = what(&failure);
    assert!(
        what.contains("timed out") || what.contains("answered a line of over"),
        "{what}"
    );
}

#[test]
fn one_that_reads_nothing_times_out_also_when_much_is_sent() {
    let script = "read -r line; printf '%s\\n' \
        '{\"version\":1,\"name\":\"deaf\",\"roles\":[\"parser\"]}'; sleep 1000";
    let more = ["--vector", "large/line-1-mib", "--timeout", "1"];
    let run = conform_script("deaf", script, &more);
    assert!(
        what(&run.failed()[0].1).contains("timed out"),
        "{}",
        run.stdout
    );
}

#[test]
fn one_that_closes_its_stdout_fails() {
    let script = "read -r line; printf '%s\\n' \
        '{\"version\":1,\"name\":\"mute\",\"roles\":[\"parser\"]}'; exec >&-; sleep 1000";
    let run = conform_script("mute", script, PATIENT);
    let expected = "closed its stdout but did not end";
    assert!(
        run.failed()
            .iter()
            .all(|(_, failure)| what(failure) == expected),
        "{}",
        run.stdout
    );
}

#[test]
fn one_that_always_crashes_is_given_up() {
    let more = ["--vector", "retry/", "--timeout", "60"];
    let run = conform_script("crashes", &at_each_parse("kill -9 0"), &more);
    let not_run = run.with_outcome(&["notRun"]);
    assert!(run.vectors().len() > 40);
    assert_eq!(
        (run.failed().len(), not_run.len()),
        (32, run.vectors().len() - 32)
    );
    let why = "the subject was given up after 32 crashes and 0 time-outs in a row";
    assert!(not_run.iter().all(|vector| vector["reason"] == why));
}

#[test]
fn one_that_always_hangs_is_given_up() {
    let more = ["--vector", "retry/", "--timeout", "0.5"];
    let run = conform_script("hangs", &at_each_parse("sleep 1000"), &more);
    let [timed_out, not_run] = ["timedOut", "notRun"].map(|one| run.with_outcome(&[one]).len());
    assert_eq!((timed_out, not_run), (4, run.vectors().len() - 4));
}

#[test]
fn one_that_crashes_now_and_then_is_not_given_up() {
    let more = ["--vector", "retry/", "--timeout", "60", "--cut", "whole"];
    // Every second stream: so there is an answer between any two crashes.
    let script = at_each_parse("case \"$line\" in *[02468],'\"chunks\"'*) kill -9 0;; esac");
    let run = conform_script("now-and-then", &script, &more);
    let failed = run.failed();
    assert!(failed.len() > 40, "{}", failed.len());
    let mut failures = failed.iter().map(|(_, failure)| failure);
    assert!(failures.all(|failure| what(failure).contains("signal: 9")));
}

#[test]
fn the_built_in_pair_passes_through_the_protocol_as_well() {
    let subject = format!("'{ESSE}' subject");
    let mut arguments = vec!["--subject", &subject, "--cuts", "quick", "--vector"];
    for vectors in [
        "bom/",
        "retry/",
        "nul/",
        "encode/id/",
        "encode/data/",
        "initial-id/",
    ] {
        arguments.truncate(5);
        arguments.push(vectors);
        let run = conform(&arguments);
        run.exits(0);
        assert!(run.stdout.ends_with(": all passed\n"));
    }
}

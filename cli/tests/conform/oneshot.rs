//! `esse conform --oneshot`: programs that know no protocol.

use esse_vectors::ParseVector;

use super::{ESSE, Folder, Run, conform};

const PATIENT: &[&str] = &["--timeout", "60"];

fn oneshot(command: &str, more: &[&str]) -> Run {
    conform(&[&["--oneshot", command], more].concat())
}

/// The failure of `data/bare-1`.
fn failure(command: &str, more: &[&str]) -> serde_json::Value {
    let fixed = ["--vector", "data/bare-1", "--format", "json"];
    let run = oneshot(command, &[&fixed[..], more].concat());
    run.exits(1);
    run.failed()[0].1.clone()
}

#[test]
fn esse_decode_passes_every_vector() {
    let more = [&["--format", "json"], PATIENT].concat();
    let run = oneshot(&format!("'{ESSE}' decode"), &more);
    run.exits(0);
    let outcomes = |outcome: &str| {
        let vectors = run.vectors();
        let is_one = |vector: &&serde_json::Value| vector["outcome"] == outcome;
        vectors.iter().filter(is_one).count()
    };
    let all = esse_vectors::parse_vectors().unwrap();
    let earlier = |vector: &&ParseVector| vector.initial_last_event_id.is_some();
    let reports = |vector: &&ParseVector| {
        vector.expect.ignored.is_some() || vector.expect.discarded.is_some()
    };
    let [earlier, reports] = [
        all.iter().filter(earlier).count(),
        all.iter().filter(reports).count(),
    ];
    assert!(earlier > 10 && reports > 10, "those alone are skipped");
    assert_eq!(outcomes("skipped"), earlier + reports);
    assert_eq!(outcomes("passed"), all.len() - earlier - reports);
}

#[test]
fn a_wrong_program_is_caught() {
    // It is right in all but this: it takes CR for no line end.
    let command = format!("tr '\\r' '.' | '{ESSE}' decode");
    let more = [&["--vector", "line-ends/", "--format", "json"], PATIENT].concat();
    let run = oneshot(&command, &more);
    run.exits(1);
    let failed = run.failed();
    assert!(failed.len() > 20 && failed.len() < run.vectors().len());
    assert!(failed.iter().all(|(id, _)| id.starts_with("line-ends/")));
    let rerun = failed[0].1["rerun"].as_str().unwrap();
    assert!(rerun.starts_with("esse conform --oneshot 'tr "), "{rerun}");
    assert!(!rerun.contains("--cut"), "{rerun}");
}

#[test]
fn every_report_says_that_there_were_no_cuts() {
    let command = format!("'{ESSE}' decode");
    let folder = Folder::new("oneshot-reports");
    let names = ["r.txt", "r.json", "r.xml", "r.md"];
    let paths = names.map(|name| folder.write(name, "to be written over"));
    let mut more = vec!["--vector", "data/bare-"];
    more.extend(paths.iter().flat_map(|path| ["--report", path]));
    let run = oneshot(&command, &more);
    run.exits(0);
    let [text, json, junit, markdown] = paths.map(|path| std::fs::read_to_string(path).unwrap());
    assert_eq!(text, run.stdout);
    assert!(text.contains("decode (oneshot)\n") && text.contains("no cuts were made"));
    assert!(text.ends_with("5 vectors, 5 whole streams: all passed\n"));
    assert!(json.contains("\"oneshot\": true"), "{json}");
    assert!(junit.contains("<property name=\"cuts\" value=\"none: oneshot\"/>"));
    assert!(markdown.contains("decode (oneshot) |") && markdown.contains("| cuts | none |"));
}

#[test]
fn a_report_with_another_ending_or_place_is_an_error() {
    let run = conform(&["--report", "report.pdf"]);
    run.exits(2).has_stderr(".xml (JUnit)");
    let run = conform(&["--report", "no/such/r.xml", "--vector", "data/bare-1"]);
    run.is_refused("no/such/r.xml: ");
    let run = conform(&["--write-known", "no/such/k.json", "--vector", "data/bare-1"]);
    run.is_refused("no/such/k.json: ");
}

#[test]
fn known_failures_go_by_the_command() {
    let folder = Folder::new("oneshot-known");
    let known = folder.write(
        "known.json",
        r#"{"subject":"cat >/dev/null","failures":{"data/bare-1":"It prints nothing."}}"#,
    );
    let more = ["--vector", "data/bare-1", "--known", &known];
    let run = oneshot("cat >/dev/null", &more);
    run.exits(0).has_stdout("1 known to fail");
}

#[test]
fn output_that_is_no_event_fails_its_vector() {
    for (command, what) in [
        ("cat", "line 1 of the output is not an event: \"data\""),
        ("echo '[]'", "not a JSON object"),
        ("echo '{\"data\":\"\"}'", "missing field `type`"),
    ] {
        let failure = failure(command, PATIENT);
        assert!(
            failure["what"].as_str().unwrap().contains(what),
            "{failure}"
        );
    }
}

#[test]
fn a_crash_or_hang_fails_its_vector() {
    let crash = failure("echo oh >&2; exit 3", PATIENT);
    assert_eq!(crash["what"], "crashed: exit status: 3");
    assert_eq!(crash["stderr"], "oh\n");
    let hang = failure("sleep 1000", &["--timeout", "0.5"]);
    assert_eq!(hang["what"], "timed out: did not end in 500ms");
}

#[test]
fn one_that_always_crashes_is_given_up() {
    let more = ["--vector", "retry/", "--format", "json"];
    let run = oneshot("exit 3", &[&more[..], PATIENT].concat());
    let not_run = run.with_outcome(&["notRun"]);
    assert!(not_run.len() > 8, "{}", not_run.len());
    assert_eq!(run.failed().len() + not_run.len(), run.vectors().len());
}

#[test]
fn one_that_does_not_read_is_no_trouble() {
    let run = oneshot("exit 0", &["--vector", "large/", "--timeout", "60"]);
    run.exits(1);
}

#[test]
fn a_command_that_is_none_cannot_be_run() {
    let run = oneshot("esse-no-such-program", &["--vector", "data/bare-1"]);
    let why = "cannot start `esse-no-such-program`: the shell cannot run it";
    run.exits(2).has_stderr(why);
}

#[test]
fn nobody_can_cut_what_goes_through_a_pipe() {
    let command = format!("'{ESSE}' decode");
    let at = |cut| oneshot(&command, &["--vector", "data/bare-1", "--cut", cut]);
    assert_eq!(at("whole").code, Some(0));
    let run = at("3");
    run.is_refused("cannot make the cut 3");
}

#[test]
fn it_runs_beside_adapters() {
    let adapter = format!("'{ESSE}' subject");
    let more = ["--subject", &adapter, "--vector", "data/bare-1"];
    let run = oneshot(&format!("'{ESSE}' decode"), &more);
    run.exits(0).has_stdout(" cuts: all passed\n");
    run.has_stdout("1 vector, 1 whole stream: all passed");
}

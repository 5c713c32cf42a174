//! Each miniature is caught by the checks that are about its fault; the right one passes all.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use esse_behaviour::Described;
use esse_behaviour::serve::{Check, ServerInfo, checks, run};

use crate::server;

/// How many wrong servers are tested at once: most of the time is spent waiting for what does not
/// come.
const AT_ONCE: usize = 8;
/// How long a wrong server is waited for.
const SHORT: Duration = Duration::from_secs(2);
/// How long the right server is waited for: nothing it does takes so long on any machine.
const LONG: Duration = Duration::from_secs(20);

macro_rules! table {
    ($($wrong:literal => $($check:literal)+;)+) => { &[$(($wrong, &[$($check),+])),+] };
}

/// What is wrong, and the checks that must fail for it.
const FAULTS: &[(&str, &[&str])] = table! {
    "status201" => "head/status" "flush/one";
    "plain-text" => "head/type";
    "latin1" => "head/charset";
    "content-length" => "head/no-content-length" "shutdown/whole";
    "cacheable" => "head/no-store";
    "late-head" => "head/at-once";
    "holds-four-kib" => "flush/one" "bytes/plain";
    "holds-one" => "flush/one" "flush/hundred" "flush/large" "flush/every-stream";
    "drops-large" => "flush/large";
    "drops-in-bursts" => "flush/burst";
    "first-stream-alone" => "flush/every-stream";
    "lines-on-one" => "bytes/lf" "bytes/leading-lf" "bytes/only-lf" "bytes/many-lines";
    "splits-at-lf-only" => "bytes/cr" "bytes/line-breaks" "injection/data-cr";
    "cr-lf-is-two" => "bytes/crlf" "bytes/line-breaks";
    "splits-at-line-separator" => "bytes/not-line-ends";
    "no-space-after-colon" => "bytes/leading-space";
    "trims-lines" => "bytes/tab" "bytes/leading-space";
    "drops-like-comments" => "bytes/colon";
    "trims-data" => "bytes/trailing-space";
    "drops-trailing-lf" => "bytes/trailing-lf" "bytes/like-fields";
    "empty-writes-nothing" => "bytes/empty";
    "cuts-at-nul" => "bytes/nul";
    "strips-bom" => "bytes/bom";
    "ascii-alone" => "bytes/non-bmp";
    "short-lines" => "bytes/long-line";
    "no-types" => "bytes/type" "bytes/all-fields";
    "keeps-type" => "bytes/type-each";
    "trims-type" => "bytes/type-unusual";
    "no-ids" => "bytes/id" "bytes/all-fields";
    "ascii-ids" => "bytes/id-unusual";
    "type-as-it-is" =>
        "injection/type-lf-field" "injection/type-lf-event" "injection/type-cr-field"
        "injection/type-crlf-event";
    "id-as-it-is" =>
        "injection/id-lf-field" "injection/id-lf-event" "injection/id-cr-field"
        "injection/id-crlf-event";
    "nul-ends-id" => "injection/id-nul";
    "no-replay" => "resume/middle" "resume/whole-events";
    "inclusive" => "resume/middle" "resume/newest";
    "loses-one" => "resume/middle";
    "loses-the-first" => "resume/first";
    "replays-to-new-clients" => "resume/new-client";
    "replays-few" => "resume/many";
    "loses-while-replaying" => "resume/while-publishing";
    "doubles-while-replaying" => "resume/while-publishing";
    "replays-once" => "resume/each-client";
    "replays-data-alone" => "resume/whole-events";
    "reads-latin1" => "resume/utf-8";
    "decodes-percent" => "resume/any-text";
    "ignores-query" => "resume/query";
    "unknown-is-not-found" => "unknown/status";
    "unknown-gets-nothing" => "unknown/live";
    "unknown-gets-everything" => "unknown/no-silent-replay" "unknown/announced";
    "unknown-is-silent" => "unknown/announced";
    "dies-of-long-ids" => "unknown/long";
    "dies-of-bad-ids" => "unknown/not-utf-8";
    "silent-gap" => "gap/announced";
    "hole-in-history" => "gap/no-hole";
    "always-announces" => "gap/within";
    "waits-for-the-slow" => "slow/others";
    "drops-for-the-slow" => "slow/no-silent-loss";
    "forgets-the-slow" => "slow/no-silent-loss";
    "ends-with-the-first" => "departure/others";
    "counts-no-departures" => "departure/many";
    "locks-while-it-writes" => "departure/inside-an-event";
    "no-keep-alive" => "keep-alive/bytes";
    "one-keep-alive" => "keep-alive/bytes";
    "keep-alive-for-one" => "keep-alive/every-stream";
    "keep-alive-until-an-event" => "keep-alive/after-an-event";
    "keep-alive-is-an-event" => "keep-alive/no-event";
    "never-ends" => "shutdown/ends";
    "no-last-chunk" => "shutdown/whole";
    "drops-the-last" => "shutdown/last-event" "shutdown/large-last-event";
    "cuts-the-last" => "shutdown/large-last-event";
    "lingers-after-the-end" => "shutdown/process";
};

#[test]
fn each_wrong_server_is_caught() {
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((fault, ids)) = FAULTS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let failed = failed(fault, &named(ids), SHORT);
                    let is_missed = |id: &&&str| !failed.iter().any(|one| one.contains(**id));
                    let ids: Vec<&str> = ids.iter().filter(is_missed).copied().collect();
                    let entries = ids.iter().map(|id| format!("{fault} passes {id}"));
                    missed.lock().unwrap().extend(entries);
                }
            });
        }
    });
    assert_eq!(missed.into_inner().unwrap(), [""; 0]);
}

#[test]
fn every_check_catches_a_wrong_server() {
    let caught: Vec<&str> = FAULTS
        .iter()
        .flat_map(|(_, checks)| *checks)
        .copied()
        .collect();
    let mut missed: Vec<&str> = checks().iter().map(|check| check.id).collect();
    missed.retain(|id| !caught.contains(id));
    assert_eq!(missed, [""; 0]);
}

#[test]
fn the_right_one_passes_every_check() {
    assert_eq!(failed("nothing", &checks(), LONG), [""; 0]);
}

#[test]
fn a_program_that_does_not_speak_the_protocol_is_an_error() {
    for (command, why) in [
        ("exit 3", "crashed: exit status: 3"),
        (
            "echo hello; cat",
            "expected value at line 1 column 1: hello",
        ),
        (
            "echo '{\"url\":\"ftp://x\",\"name\":\"x\"}'; cat",
            "does not begin with http://",
        ),
        ("echo >&2 why; exit 1", "on stderr: why"),
    ] {
        let error = ServerInfo::ask(command, SHORT).unwrap_err();
        assert!(error.contains(why), "{command}: {error}");
    }
}

fn named(ids: &[&str]) -> Vec<&'static Check> {
    let mut checks = checks();
    checks.retain(|check| ids.contains(&check.id));
    assert_eq!(checks.len(), ids.len(), "{ids:?}");
    checks
}

/// What a server with this fault fails of these checks.
fn failed(fault: &str, checks: &[&'static Check], patience: Duration) -> Vec<String> {
    let command = server(fault);
    let info = ServerInfo::ask(&command, patience).unwrap();
    assert!(checks.iter().all(|check| info.lacks(check).is_empty()));
    let verdicts = run(&command, checks, patience, &mut |_| {});
    let failed = verdicts.iter().filter(|verdict| !verdict.is_passed());
    failed.map(ToString::to_string).collect()
}

//! Each fault is caught by a scenario that is about it, with the difference that it makes.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use esse_behaviour::Verdict;
use esse_behaviour::connect::{ClientInfo, ClientOption, PATIENCE, run};
use esse_vectors::connect::{Scenario, scenarios};

use crate::client;
use crate::wrong::Wrong;

macro_rules! table {
    ($($wrong:ident => $($scenario:literal $difference:literal),+;)+) => {
        &[$((Wrong::$wrong, &[$(($scenario, $difference)),+])),+]
    };
}

/// How many faults are tried at once. Each scenario mostly waits.
const AT_ONCE: usize = 8;
/// How long to wait for what a wrong client does not do.
const IMPATIENCE: Duration = Duration::from_secs(4);

/// What is wrong, a scenario that must catch it, and a part of what it must say.
const FAULTS: &[(Wrong, &[(&str, &str)])] = table! {
    SendsEmptyId => "ids/none" "`last-event-id` is \"\", and should be absent",
        "requests/no-last-event-id" "`last-event-id` is \"\", and should be absent";
    AcceptsEverything => "requests/accept" "`accept` is \"*/*\"";
    AllowsCaches => "requests/cache-control" "`cache-control` is absent";
    DropsQuery => "requests/query" "the path is";
    SendsOwnHeadersOnce => "requests/own-headers" "request 2: `authorization` is absent";

    ReconnectsAfter204 => "answers/204-first" "and should be `closed`",
        "refusals/204-persistent" "and should be `closed`";
    ReconnectsAfterRefusal => "answers/404-first" "and should be `closed`",
        "answers/503-later" "and should be `closed`";
    ReconnectsAfterWrongType => "answers/type-json" "and should be `closed`";
    OpensOnAnyStatus => "answers/201-first" "{\"open\":true}, and should be `closed`",
        "answers/404-first" "{\"open\":true}, and should be `closed`";
    OpensOnAnyType => "answers/type-valid-bogus" "{\"open\":true}, and should be `closed`",
        "answers/type-none" "{\"open\":true}, and should be `closed`";
    TakesFirstType => "answers/two-types-last-right" "and should be `open`",
        "answers/two-types-last-wrong" "{\"open\":true}, and should be `closed`";
    TakesInterimResponse => "answers/103-before" "and should be `open`";
    OpensWithFirstEvent => "answers/open-without-events" "is nothing, and should be `open`";
    WaitsForEndOfRefusal => "answers/refusal-endless" "is nothing, and should be `closed`",
        "refusals/endless-body" "is nothing, and should be `error`";

    EndsAfterReset => "ends/reset" "and should be `error`", "ends/half-head" "and should be `error`";
    EndsIfUnreachable => "ends/refused-then-up" "and should be `error`";
    DispatchesHalfBlock => "ends/inside-an-event" "and should be `error`";
    KeepsBomLater => "ends/bom-again" "and should be the event";
    KeepsHalfBlock => "ends/nothing-left-over" "and should be the event",
        "ends/no-character-left-over" "and should be the event";
    IgnoresIdle => "ends/silence" "is nothing, and should be `error`";
    CountsEventsAloneAsLife => "ends/half-lines-are-life" "and should be the event";
    WaitsForHeadForEver => "ends/silence-before-the-head" "is nothing, and should be `error`";

    TakesIdOfHalfBlock => "ids/half-block" "`last-event-id` is \"2\", and should be \"1\"",
        "ids/half-block-then-next" "\"lastEventId\":\"2\"";
    LosesIdAfterEventWithout => "ids/kept-by-later-events" "and should be the event";
    LosesIdAcrossConnections => "ids/plain" "`last-event-id` is absent",
        "ids/kept-by-later-connections" "`last-event-id` is absent";
    LosesIdAfterFailedAttempt => "ids/resume-breaks" "`last-event-id` is absent";
    LosesIdWithoutData => "ids/block-without-data" "`last-event-id` is absent";
    SendsIdAsLatin1 => "ids/latin-1" "request 2: `last-event-id` is", "ids/utf-8" "`last-event-id` is \"?";
    TrimsId => "ids/blank-at-end" "`last-event-id` is \"7\", and should be absent";
    IgnoresEmptyId => "ids/emptied" "and should be the event", "ids/given-then-emptied" "and should be the event";
    ForgetsGivenId => "ids/given" "request 1: `last-event-id` is absent";

    SubtractsJitter => "time/retry-500" "and should wait 500 ms", "time/never-shorter" "and should wait";
    WaitsFromTheRequest => "time/after-cut" "and should wait 1200 ms";
    WaitsOnlyAfterCleanEnds => "time/after-reset" "and should wait", "time/after-no-answer" "and should wait";
    ResetsBackoffOnEvery200 => "time/200-is-not-progress" "and should wait 500 ms",
        "time/waits-grow" "and should wait 500 ms";
    AppliesRetryAtDispatch => "time/half-block" "and should wait 1200 ms";
    TakesRetryOfHalfLine => "time/half-line" "and should wait";
    TakesRetryWithNonDigits => "time/not-digits" "and should wait";
    CapsRetry => "time/very-long" "and should be at most 1", "time/retry-4000" "and should wait 4000 ms";
    LosesRetryAcrossConnections => "time/kept" "and should wait 1200 ms";
    IgnoresRetry => "time/retry-4000" "and should wait 4000 ms";

    ResendsPost => "methods/post-ends" "and should be `closed`", "methods/post-breaks" "and should be `closed`";
    ResendsPostWithoutAnswer => "methods/post-without-an-answer" "and should be `closed`";
    ResendsPostWithId => "methods/post-ends-with-id" "and should be `closed`";
    LosesBodyLater => "methods/put-ends" "request 2: the body is \"\"";

    DoesNotFollowRedirects => "redirects/301" "and should be `open`", "redirects/308" "and should be `open`";
    LosesIdInRedirect => "redirects/last-event-id" "request 3: `last-event-id` is absent";
    LosesBodyInRedirect => "redirects/307-post" "request 2: the method is \"GET\"";
    KeepsBodyAfter303 => "redirects/303-post" "request 2: the method is \"POST\"";
    StaysAtTargetOfRedirect => "redirects/start-anew" "request 3: the path is \"/there\"";
    FollowsToOtherOrigin => "redirects/other-origin" "the number of requests is";
    TakesEveryTargetForPath => "redirects/not-a-url" "and should be at most 1",
        "redirects/other-scheme" "and should be at most 1";

    IgnoresRetryAfter => "refusals/retry-after-seconds" "and should wait 2000 ms",
        "refusals/retry-after-ms" "and should wait 2100 ms";
    RetryAfterShortens => "refusals/retry-after-zero" "and should wait 1200 ms";
    PersistsAfterEveryRefusal => "refusals/404-persistent" "and should be `closed`";

    OnceReconnects => "modes/once-ends" "and should be `closed`", "modes/terminal-missing" "and should be `closed`";
    OnceTakesCutForEnd => "modes/once-chunked-cut" "its user should see an error";
    OnceReconnectsWithId => "modes/once-ends-with-id" "and should be `closed`",
        "modes/once-breaks-with-id" "and should be `closed`";
    ResumingNeverResumes => "modes/resuming-ends" "and should be `error`",
        "modes/resuming-breaks" "and should be `error`";
    ResumingSendsPostAgain => "modes/resuming-ends" "the method is \"POST\"",
        "modes/resuming-until-terminal" "the method is \"POST\"";
    ResumingGoesOnWithoutId => "modes/resuming-ends-without-id" "and should be `closed`",
        "modes/resuming-breaks-without-id" "and should be `closed`";
    IgnoresTerminal => "modes/terminal" "is nothing, and should be `closed`",
        "modes/resuming-terminal" "and should be `closed`";

    KeepsConnectionAfterClose => "stop/reading" "the client did not end its connection";
    ReconnectsAfterClose => "stop/waiting" "and should be at most 1";

    IgnoresLimit => "load/over-the-limit" "and should be `closed`", "load/endless-line" "and should be `closed`";
    DropsLongEvents => "load/5-mib" "and should be the event";
    HoldsBackLastEvent => "load/at-once" "is nothing, and should be the event";
};

#[test]
fn each_wrong_client_is_caught() {
    let all = scenarios().unwrap();
    let next = AtomicUsize::new(0);
    let missed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((wrong, expected)) = FAULTS.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let found = misses(*wrong, expected, &all);
                    missed.lock().unwrap().extend(found);
                }
            });
        }
    });
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The scenarios that do not say what they should of this fault, and what they say instead.
fn misses(wrong: Wrong, expected: &[(&str, &str)], all: &[Scenario]) -> Vec<String> {
    let find = |(id, _): &(&str, &str)| all.iter().find(|one| one.id == *id).cloned();
    let asked: Vec<Scenario> = expected.iter().filter_map(find).collect();
    assert_eq!(asked.len(), expected.len(), "{wrong:?}: no such scenario");
    let verdicts = run(&client(wrong), &asked, IMPATIENCE, &mut |_| {});
    let missed = verdicts
        .iter()
        .zip(expected)
        .filter(|(verdict, (_, part))| {
            let mut differences = verdict.differences.iter();
            !differences.any(|difference| difference.contains(part))
        });
    missed
        .map(|(verdict, (_, part))| format!("{wrong:?}: {part:?} is not in\n{verdict}"))
        .collect()
}

#[test]
fn every_fault_and_every_group_of_scenarios_is_in_the_table() {
    let faults: Vec<Wrong> = FAULTS.iter().map(|(wrong, _)| *wrong).collect();
    assert_eq!([&[Wrong::Nothing], &faults[..]].concat(), Wrong::ALL);
    let group = |id: &str| id.split('/').next().map(str::to_owned);
    let all = scenarios().unwrap();
    let groups: BTreeSet<_> = all.iter().map(|scenario| group(&scenario.id)).collect();
    let caught = FAULTS.iter().flat_map(|(_, scenarios)| *scenarios);
    assert_eq!(
        caught.map(|(id, _)| group(id)).collect::<BTreeSet<_>>(),
        groups
    );
}

/// The server refuses connections until a client has failed, not for a time after its start.
#[test]
fn a_right_client_that_starts_slowly_passes() {
    let all = scenarios().unwrap();
    let refused = all
        .into_iter()
        .filter(|one| one.listen_after.is_some() && one.client.close_after.is_none());
    let refused: Vec<_> = refused.collect();
    let command = format!("sleep 2; {}", client(Wrong::Nothing));
    let verdicts = run(&command, &refused, PATIENCE, &mut |_| {});
    let failed = verdicts.iter().filter(|verdict| !verdict.is_passed());
    let failed: String = failed.map(Verdict::to_string).collect();
    assert!(!refused.is_empty() && failed.is_empty(), "{failed}");
}

#[test]
fn a_wait_that_the_scenario_asks_for_does_not_try_the_patience() {
    let mut all = scenarios().unwrap();
    all.retain(|one| one.id == "time/retry-4000");
    let patience = Duration::from_secs(2);
    let verdicts = run(&client(Wrong::Nothing), &all, patience, &mut |_| {});
    assert_eq!(verdicts[0].differences, [""; 0]);
}

#[test]
fn the_right_one_passes_every_scenario_that_it_has_the_options_for() {
    let command = client(Wrong::Nothing);
    let info = ClientInfo::ask(&command, PATIENCE).unwrap();
    let is_asked = |one: &Scenario| {
        ClientOption::needed(one)
            .iter()
            .all(|option| info.has(option))
    };
    let (asked, others): (Vec<_>, Vec<_>) = scenarios().unwrap().into_iter().partition(is_asked);
    let verdicts = run(&command, &asked, PATIENCE, &mut |_| {});
    let failed = verdicts.iter().filter(|verdict| !verdict.is_passed());
    let failed: String = failed.map(Verdict::to_string).collect();
    assert!(failed.is_empty(), "{failed}");
    let others: Vec<&str> = others.iter().map(|one| one.id.as_str()).collect();
    let lacking = [
        "modes/hook",
        "modes/hook-cannot-repeat-a-post",
        "modes/restart",
    ];
    assert_eq!(others, lacking);
}

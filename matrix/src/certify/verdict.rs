//! What the browser saw, beside what the standard says and what the model of its engine predicts.

use std::time::Duration;

use super::board::{BEFORE_DATA, BEFORE_RETRY};
use super::model::{Reading, read};
use super::probe::{Probe, Reconnection, Seen, SeenEvent};
use super::profile::Profile;
use super::quirk::{Quirk, Quirks};

/// A reconnection that is due later than this is not waited for: the page's patience is a little longer.
const NEVER: Duration = Duration::from_secs(8);
/// How much later than due a reconnection may come, on a busy machine.
const SLACK: Duration = Duration::from_millis(1800);
/// The same in `vectors.js` of the export, for other people's machines. Engines that ignore a short
/// reconnection time wait longer than that by themselves.
const PAGE_SLACK: Duration = Duration::from_millis(2500);

/// The result of one probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As the standard says.
    Agrees,
    /// Other than the standard says, and just as these deviations predict.
    Deviates(Quirks),
    /// As the standard says, although these deviations predict something else.
    Outdated(Quirks),
    /// As neither the standard nor the model says.
    Unknown,
}

/// What an earlier connection with this ID has left, if there was one.
pub(super) fn known(initial_id: Option<&str>) -> Reading {
    match initial_id {
        Some(id) => Reading {
            events: Vec::new(),
            last_event_id: id.to_owned(),
            reconnection_time: Some(BEFORE_RETRY),
        },
        None => Reading::default(),
    }
}

/// What an engine with these deviations makes of a probe.
pub(super) fn predict(probe: &Probe, quirks: &Quirks) -> Reading {
    read(&probe.chunks, &known(probe.initial_id.as_deref()), quirks)
}

/// Judges what was seen of a probe, whose stream may be read in these ways.
pub(super) fn judge(seen: &Seen, probe: &Probe, right: &[Reading], profile: &Profile) -> Verdict {
    let model = |quirks: &Quirks| predict(probe, quirks);
    let is_seen = |reading: &Reading| is_seen(seen, reading, probe, profile);
    let predicted = is_seen(&model(&profile.deviations));
    match (right.first().is_some_and(is_seen), predicted) {
        (true, true) => Verdict::Agrees,
        (false, true) => Verdict::Deviates(needed(profile, |quirks| is_seen(&model(quirks)))),
        (true, false) => {
            let wrong = |quirk: &&Quirk| !is_seen(&model(&[**quirk].into()));
            Verdict::Outdated(profile.deviations.iter().filter(wrong).copied().collect())
        }
        (false, false) if right.iter().any(is_seen) => Verdict::Agrees,
        (false, false) => Verdict::Unknown,
    }
}

/// Those of the engine's deviations without which the prediction would be wrong. Where any one can be
/// done without, the first that does alone, or else all.
fn needed(profile: &Profile, predicts: impl Fn(&Quirks) -> bool) -> Quirks {
    let all = &profile.deviations;
    let without = |quirk: &Quirk| {
        let mut others = all.clone();
        others.remove(quirk);
        others
    };
    let needed: Quirks = all
        .iter()
        .filter(|quirk| !predicts(&without(quirk)))
        .copied()
        .collect();
    if !needed.is_empty() {
        return needed;
    }
    let alone = all.iter().map(|quirk| Quirks::from([*quirk]));
    alone
        .into_iter()
        .find(|one| predicts(one))
        .unwrap_or_else(|| all.clone())
}

/// Whether a page of `esse vectors export --format wpt` accepts what the engine makes of a probe. It
/// knows what the stream may mean, but not how long the engine waits by itself.
pub(super) fn is_accepted(
    given: &Reading,
    probe: &Probe,
    right: &[Reading],
    profile: &Profile,
) -> bool {
    let wait = profile.wait(given.reconnection_time);
    let reconnects_rightly = |right: &Reading| {
        let due = right.reconnection_time.map(Duration::from_millis);
        if wait > NEVER {
            return due.is_some_and(|due| due > NEVER);
        }
        sent(&given.last_event_id) == sent(&right.last_event_id)
            && due.is_none_or(|due| (due..=due + PAGE_SLACK).contains(&wait))
    };
    right.iter().any(|right| {
        given.events == right.events && (!probe.reconnects || reconnects_rightly(right))
    })
}

fn is_seen(seen: &Seen, reading: &Reading, probe: &Probe, profile: &Profile) -> bool {
    events_after_before(seen, probe) == Some(&reading.events[..])
        && if probe.reconnects {
            reconnected(seen, reading, profile)
        } else {
            !seen.timed_out
        }
}

/// The events of the stream proper, without that of the connection before.
fn events_after_before<'s>(seen: &'s Seen, probe: &Probe) -> Option<&'s [SeenEvent]> {
    let Some(id) = &probe.initial_id else {
        return Some(&seen.events);
    };
    let (first, rest) = seen.events.split_first()?;
    (first.data == BEFORE_DATA && first.last_event_id == *id).then_some(rest)
}

fn reconnected(seen: &Seen, reading: &Reading, profile: &Profile) -> bool {
    let due = profile.wait(reading.reconnection_time);
    match &seen.reconnection {
        None => due > NEVER,
        Some(reconnection) => {
            is_due(reconnection.after, due) && is_header(reconnection, &reading.last_event_id)
        }
    }
}

/// Clocks of two processes, and a timer that may fire a little early.
fn is_due(after: Duration, due: Duration) -> bool {
    let earliest = (due * 9 / 10).saturating_sub(Duration::from_millis(50));
    (earliest..=due + SLACK).contains(&after)
}

fn is_header(reconnection: &Reconnection, id: &str) -> bool {
    let header = reconnection.last_event_id.as_deref().unwrap_or_default();
    header == sent(id)
}

/// HTTP takes spaces and tabs off both ends of a value, and cannot carry NUL: such an ID is not sent.
fn sent(id: &str) -> &[u8] {
    let sent = if id.contains('\0') { "" } else { id };
    sent.as_bytes().trim_ascii()
}

//! The IDs of the events, and what a client gets that comes back with one.

use std::collections::HashSet;

use http::StatusCode;

use crate::phrases::counted;
use crate::probe::content::{Content, Dispatched};
use crate::probe::exchange::Exchange;
use crate::probe::report::Report;

/// Servers and proxies refuse heads that are much longer, in bytes.
const LONG: usize = 1024;

pub(in crate::probe) fn ids(content: &Content, is_repeatable: bool, report: &mut Report) {
    let ids: Vec<_> = content.ids().collect();
    if content.events.is_empty() {
        report.skipped("ids", "there were no events");
        return;
    }
    if ids.is_empty() {
        let seen = "none: what a client misses while it connects again is lost";
        if is_repeatable {
            report.warning(
                "ids",
                seen,
                "give each event an `id:`, and resume after Last-Event-ID",
            );
        } else {
            report.ok("ids", seen);
        }
        return;
    }
    let (mut seen, mut twice) = (HashSet::new(), Vec::new());
    for id in &ids {
        if !seen.insert(*id) && !id.is_empty() {
            twice.push(*id);
        }
    }
    if let Some(id) = twice.first() {
        report.error(
            "ids",
            format!(
                "{} come twice, such as {id:?}: after which one does a client resume?",
                counted(twice.len() as u64, "ID")
            ),
            "give each event an ID of its own",
        );
    } else {
        report.ok(
            "ids",
            format!(
                "{} of {} events have one of their own",
                ids.len(),
                content.events.len()
            ),
        );
    }
    sendable(&ids, content.lines.ids_with_nul, report);
}

/// `Last-Event-ID` is a header, so HTTP decides what comes back (9.2.4).
fn sendable(ids: &[&str], with_nul: u64, report: &mut Report) {
    let is_unsendable = |id: &&&str| {
        id.trim_matches([' ', '\t']).len() < id.len()
            || id.chars().any(|char| char.is_ascii_control())
    };
    if with_nul > 0 {
        report.error(
            "ids-sendable",
            format!(
                "{} with a NUL, which clients ignore",
                counted(with_nul, "ID")
            ),
            "use digits and letters",
        );
    } else if let Some(id) = ids.iter().find(is_unsendable) {
        report.error(
            "ids-sendable",
            format!(
                "{id:?}: a header loses blanks at its ends, and cannot hold control characters"
            ),
            "use digits and letters",
        );
    } else if let Some(id) = ids.iter().find(|id| id.len() > LONG) {
        report.warning(
            "ids-sendable",
            format!(
                "an ID of {}: servers refuse long heads",
                counted(id.len() as u64, "byte")
            ),
            "keep IDs short",
        );
    } else {
        report.ok("ids-sendable", "all can come back as a header");
    }
}

/// Where the probe resumes: an ID in the middle of what it saw, and the IDs that came after it.
pub(in crate::probe) fn place(content: &Content) -> Option<(&str, Vec<&str>)> {
    let ids: Vec<_> = content.ids().filter(|id| !id.is_empty()).collect();
    let at = ids.len().checked_sub(1)? / 2;
    Some((ids[at], ids[at + 1..].to_vec()))
}

/// What came back for a `Last-Event-ID` from the middle of the first response.
pub(in crate::probe) fn resume(
    first: &Content,
    again: &Exchange,
    got: &Content,
    report: &mut Report,
) {
    let Some((id, after)) = place(first) else {
        return;
    };
    let cure = "send what followed this ID, in order, and go on with what is new";
    if again.status != StatusCode::OK {
        report.error(
            "resume",
            format!(
                "{} for the ID {id:?}: the client never connects again",
                again.status
            ),
            "answer 200, also if the ID is not known any more",
        );
        return;
    }
    let got: Vec<_> = got.ids().collect();
    // There may be hundreds of thousands.
    let [got_ids, after_ids]: [HashSet<_>; 2] =
        [&got, &after].map(|ids| ids.iter().copied().collect());
    let before: HashSet<_> = first
        .ids()
        .take_while(|one| *one != id)
        .chain([id])
        .collect();
    let doubled = got.iter().filter(|one| before.contains(*one)).count();
    let missing = after.iter().filter(|one| !got_ids.contains(*one)).count();
    let in_order = got.iter().filter(|one| after_ids.contains(*one));
    if doubled == before.len() && doubled > 1 {
        report.error(
            "resume",
            format!("everything is sent again, as if {id:?} had not been asked for"),
            cure,
        );
    } else if doubled > 0 {
        report.warning(
            "resume",
            format!(
                "{} that a client with {id:?} has already",
                counted(doubled as u64, "event")
            ),
            cure,
        );
    } else if missing > 0 && missing == after.len() {
        report.error(
            "resume",
            format!(
                "none of the {} after {id:?}: they are lost",
                counted(missing as u64, "event")
            ),
            cure,
        );
    } else if missing > 0 {
        report.error(
            "resume",
            format!(
                "{missing} of the {} after {id:?} are missing",
                counted(after.len() as u64, "event")
            ),
            cure,
        );
    } else if !in_order.eq(after.iter()) {
        report.error(
            "resume",
            format!("what followed {id:?} comes in another order"),
            cure,
        );
    } else {
        report.ok(
            "resume",
            format!(
                "exactly the {} after {id:?}, and what is new",
                counted(after.len() as u64, "event")
            ),
        );
    }
}

/// What came back for an ID that the server cannot know, beside what a new client got just before.
pub(in crate::probe) fn unknown_id(
    first: &Content,
    again: &Exchange,
    got: &Content,
    as_new: &Content,
    report: &mut Report,
) {
    if again.status != StatusCode::OK {
        report.error(
            "unknown-id",
            format!(
                "{}: an EventSource that gets this never connects again",
                again.status
            ),
            "answer 200, and say in an event that there is a gap",
        );
        return;
    }
    // Not by their IDs alone: an event that announces the gap may have the newest one.
    let mut known: HashSet<_> = first.events.iter().filter_map(whole).collect();
    for event in as_new.events.iter().filter_map(whole) {
        known.remove(&event);
    }
    let replayed = got.events.iter().filter_map(whole);
    let replayed = replayed.filter(|event| known.contains(event)).count() as u64;
    if replayed > 0 {
        report.warning(
            "unknown-id",
            format!(
                "{} sent again that a new client does not get",
                counted(replayed, "event")
            ),
            "treat an ID that is not known as a gap: a full replay for any ID invites attacks",
        );
    } else {
        report.ok("unknown-id", "what a new client gets");
    }
}

/// An event with an ID of its own.
fn whole(event: &Dispatched) -> Option<(&str, &str, &str)> {
    Some((event.id.as_deref()?, &event.event_type, &event.data))
}

//! The shape of an answer to `parse`.

use serde_json::Value;

use super::Finding;
use super::line::Members;
use crate::subject::{Capability, Info};

/// What is wrong with its shape, given what the subject can do and how many chunks it was sent.
pub(super) fn check(answer: &Members, info: &Info, chunks: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    match answer.get("events") {
        Some(Value::Array(events)) => {
            for (index, value) in events.iter().enumerate() {
                findings.extend(event(value, index, info, chunks));
            }
            findings.extend(descending(events, info));
        }
        Some(_) => findings.push(Finding::wrong("`events` is no list", LIST)),
        None => findings.push(Finding::wrong("the answer has no `events`", LIST)),
    }
    for (capability, member, fits, remedy) in MEMBERS {
        findings.extend(end_member(answer, info, capability, member, *fits, remedy));
    }
    findings
}

const LIST: &str = "give all events of the stream in a list; [] where there are none";

type Fits = fn(&Value) -> bool;

/// What is told at the end of a stream.
const MEMBERS: &[(Capability, &str, Fits, &str)] = &[
    (
        Capability::LastEventId,
        "lastEventId",
        Value::is_string,
        "give it as text, \"\" where there is none",
    ),
    (
        Capability::ReconnectionTime,
        "reconnectionTime",
        |value| value.is_null() || value.is_number(),
        "give it in milliseconds as a number, null where the stream set none",
    ),
    (
        Capability::Comments,
        "comments",
        is_texts,
        "give all comments in a list of texts; [] where there are none",
    ),
];

fn is_texts(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| list.iter().all(Value::is_string))
}

fn end_member(
    answer: &Members,
    info: &Info,
    capability: &Capability,
    member: &str,
    fits: Fits,
    remedy: &str,
) -> Option<Finding> {
    match (answer.get(member), info.can(capability)) {
        (Some(value), true) if fits(value) => None,
        (Some(value), true) => Some(Finding::wrong(
            format!("`{member}` of the answer is {}", short(value)),
            remedy,
        )),
        (None, true) => Some(Finding::wrong(
            format!("`capabilities` has {member:?}, but the answer has no `{member}`"),
            format!("{remedy}; or leave {member:?} out of `capabilities`"),
        )),
        (None | Some(Value::Null), false) => None,
        (Some(value), false) if is_nothing(value) => None,
        (Some(_), false) => Some(undeclared(member)),
    }
}

/// What a subject without the capability may well give out of politeness.
fn is_nothing(value: &Value) -> bool {
    value == "" || value.as_array().is_some_and(Vec::is_empty)
}

fn undeclared(member: &str) -> Finding {
    Finding::note(
        format!("`{member}` is told, but not judged: {member:?} is not in `capabilities`"),
        format!("add {member:?} to `capabilities` to have it judged"),
    )
}

fn event(event: &Value, index: usize, info: &Info, chunks: usize) -> Vec<Finding> {
    let Value::Object(members) = event else {
        let what = format!("events[{index}] is {}, not an object", short(event));
        let remedy = "write each event as {\"type\":..,\"data\":..,\"lastEventId\":..}";
        return vec![Finding::wrong(what, remedy)];
    };
    let mut findings = Vec::new();
    for (member, remedy) in [
        (
            "type",
            "give its type as text, \"message\" where the block names none",
        ),
        ("data", "give its data as text"),
    ] {
        findings.extend(needed_text(members, index, member, remedy));
    }
    match members.get("lastEventId") {
        None | Some(Value::Null | Value::String(_)) => {}
        Some(other) => findings.push(Finding::wrong(
            format!("events[{index}].lastEventId is {}", short(other)),
            "give it as text, \"\" where there is none; or leave it out",
        )),
    }
    findings.extend(after_chunk(members.get("afterChunk"), index, info, chunks));
    findings
}

fn needed_text(members: &Members, index: usize, member: &str, remedy: &str) -> Option<Finding> {
    let what = match members.get(member) {
        Some(Value::String(_)) => return None,
        Some(other) => format!("events[{index}].{member} is {}", short(other)),
        None => format!("events[{index}] has no `{member}`"),
    };
    Some(Finding::wrong(what, remedy))
}

fn after_chunk(value: Option<&Value>, index: usize, info: &Info, chunks: usize) -> Option<Finding> {
    let remedy = "give the index, from 0, of the chunk after which the event was handed out; the \
                  number of chunks where it only came with the end of the stream";
    match (value, info.can(&Capability::AfterChunk)) {
        (None, true) => Some(Finding::wrong(
            format!("`capabilities` has \"afterChunk\", but events[{index}] has none"),
            format!("{remedy}; or leave \"afterChunk\" out of `capabilities`"),
        )),
        (Some(value), true) => match value.as_u64() {
            Some(after) if after <= chunks as u64 => None,
            Some(after) => Some(Finding::wrong(
                format!(
                    "events[{index}].afterChunk is {after}, out of range: {}",
                    range(chunks)
                ),
                remedy,
            )),
            None => Some(Finding::wrong(
                format!("events[{index}].afterChunk is {}", short(value)),
                remedy,
            )),
        },
        (None | Some(Value::Null), false) => None,
        (Some(_), false) => Some(undeclared("afterChunk")),
    }
}

fn range(chunks: usize) -> String {
    match chunks {
        0 => "without a chunk only 0, the end, is there".to_owned(),
        1 => "one chunk was sent: 0, or 1 for the end of the stream".to_owned(),
        _ => format!(
            "{chunks} chunks were sent: 0 to {}, or {chunks} for the end of the stream",
            chunks - 1
        ),
    }
}

/// Events are given in their order, and chunks come one after the other.
fn descending(events: &[Value], info: &Info) -> Option<Finding> {
    if !info.can(&Capability::AfterChunk) {
        return None;
    }
    let after: Vec<u64> = events
        .iter()
        .filter_map(|event| event["afterChunk"].as_u64())
        .collect();
    let pair = after.windows(2).find(|pair| pair[0] > pair[1])?;
    Some(Finding::wrong(
        format!("`afterChunk` goes back from {} to {}", pair[0], pair[1]),
        "give events in the order in which they were handed out",
    ))
}

pub(super) fn short(value: &Value) -> String {
    crate::escape::line(value.to_string().as_bytes())
}

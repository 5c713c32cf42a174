//! What else than its shape is looked at in the answer of a parser, for each of the streams.

use serde_json::Value;

use super::Finding;
use super::line::Members;
use super::shape::short;
use crate::escape::quote;
use crate::subject::{Capability, Info};

const VECTORS_TELL: &str = "nothing, if that is what the parser makes of it (the vectors judge that); otherwise look at \
     how the adapter feeds the parser: is base64 decoded, are the events collected?";

pub(super) fn plain(answer: &Members, _: &Info) -> Vec<Finding> {
    match read(answer).as_slice() {
        [("message", "x")] => Vec::new(),
        [] => vec![Finding::note(
            "no event came of \"data: x\\n\\n\"",
            VECTORS_TELL,
        )],
        _ => vec![Finding::note(
            "\"data: x\\n\\n\" is an event of type \"message\" with data \"x\", but other came",
            VECTORS_TELL,
        )],
    }
}

/// Seen only where a parser reads plain streams.
pub(super) fn base64(answer: &Members, _: &Info) -> Vec<Finding> {
    match read(answer).as_slice() {
        [(_, data)] if !data.contains(">>>???") => vec![Finding::wrong(
            format!(
                "\">>>???\" was sent as Pj4+Pz8/ and came out as {}",
                quote(data.as_bytes())
            ),
            "decode chunks as base64 of the standard alphabet (+ and /, not - and _), padded with =",
        )],
        _ => Vec::new(),
    }
}

pub(super) fn nothing(answer: &Members, _: &Info) -> Vec<Finding> {
    if events(answer).is_empty() {
        return Vec::new();
    }
    vec![Finding::wrong("events came of no chunk at all", NEW_STREAM)]
}

const NEW_STREAM: &str =
    "each `parse` is a stream of its own: make a new parser, and new lists, for each";

/// The stream before had type, data, ID and reconnection time; this one has data alone.
pub(super) fn fresh(answer: &Members, info: &Info) -> Vec<Finding> {
    let of_event = events(answer).into_iter().find_map(left_in_event);
    let is_left = |capability: &Capability, member: &str, none: &Value| {
        info.can(capability) && answer.get(member) != Some(none)
    };
    let left = of_event.or_else(|| {
        if is_left(&Capability::LastEventId, "lastEventId", &Value::from("")) {
            Some("lastEventId")
        } else if is_left(
            &Capability::ReconnectionTime,
            "reconnectionTime",
            &Value::Null,
        ) {
            Some("reconnectionTime")
        } else {
            None
        }
    });
    let finding = |member| {
        Finding::wrong(
            format!("`{member}` holds what the stream before it has left"),
            NEW_STREAM,
        )
    };
    left.map(finding).into_iter().collect()
}

fn left_in_event(event: &Value) -> Option<&'static str> {
    let text = |member: &str| event[member].as_str().unwrap_or_default();
    if text("data").contains("left") {
        Some("data")
    } else if text("type").contains("left") {
        Some("type")
    } else if ["8", "9"].contains(&text("lastEventId")) {
        Some("lastEventId")
    } else {
        None
    }
}

/// Each chunk held one event: which the second cannot be out before.
pub(super) fn one_in_each_chunk(answer: &Members, _: &Info) -> Vec<Finding> {
    let after: Vec<u64> = events(answer)
        .into_iter()
        .filter_map(|event| event["afterChunk"].as_u64())
        .collect();
    let finding = match after.as_slice() {
        [0, 0] => Finding::wrong(
            "the second event came with the second chunk, but its `afterChunk` is 0",
            "count chunks as they are fed, from 0: the index of the chunk, not of the event",
        ),
        [1, 2] => Finding::note(
            "`afterChunk` is 1 and 2, where 0 and 1 are to be expected",
            "count chunks from 0; if the parser really holds each event back, it is late",
        ),
        [1 | 2, 1 | 2] => Finding::note(
            "both events came after the last chunk",
            "take the events after each chunk that is fed; if the parser really holds them back, \
             they are late",
        ),
        _ => return Vec::new(),
    };
    vec![finding]
}

/// One of each was in the stream.
pub(super) fn capable(answer: &Members, info: &Info) -> Vec<Finding> {
    let comments = || {
        answer
            .get("comments")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty)
    };
    let lacking = [
        (
            Capability::LastEventId,
            "lastEventId",
            answer.get("lastEventId") == Some(&"".into()),
        ),
        (
            Capability::ReconnectionTime,
            "reconnectionTime",
            answer.get("reconnectionTime") == Some(&Value::Null),
        ),
        (Capability::Comments, "comments", comments()),
    ];
    let lacks = |(capability, _, lacks): &(Capability, &str, bool)| *lacks && info.can(capability);
    let finding = |(_, member, _): (Capability, &str, bool)| {
        let told = answer.get(member).map(short).unwrap_or_default();
        Finding::wrong(
            format!("`capabilities` has {member:?}, but after a stream with one it is {told}"),
            format!("tell it, or leave {member:?} out of `capabilities`: then it is not judged"),
        )
    };
    lacking.into_iter().filter(lacks).map(finding).collect()
}

pub(super) fn initial_id(answer: &Members, _: &Info) -> Vec<Finding> {
    let at_end = answer.get("lastEventId") == Some(&Value::from("7"));
    if at_end
        || events(answer)
            .iter()
            .any(|event| event["lastEventId"] == "7")
    {
        return Vec::new();
    }
    vec![Finding::wrong(
        "`capabilities` has \"initialLastEventId\", but the \"lastEventId\" of the command is nowhere \
         in the answer",
        "give it to the parser before the stream, or leave \"initialLastEventId\" out of \
         `capabilities`",
    )]
}

fn events(answer: &Members) -> Vec<&Value> {
    answer
        .get("events")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect()
}

/// Type and data of each event.
fn read(answer: &Members) -> Vec<(&str, &str)> {
    events(answer)
        .into_iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap_or_default(),
                event["data"].as_str().unwrap_or_default(),
            )
        })
        .collect()
}

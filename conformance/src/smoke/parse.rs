//! What a parser is asked. Each stream is plain: whether it is read right is for the vectors.

use serde_json::Value;

use super::{
    Check, Finding,
    conversation::Conversation,
    line::Members,
    shape::{self, short},
};
use crate::{
    escape::quote,
    subject::{Capability, Info},
};

/// A stream, and what else than its shape is looked at in the answer.
struct Probe {
    name: &'static str,
    /// Asked only of those that can do this.
    needs: Option<Capability>,
    chunks: Vec<Vec<u8>>,
    last_event_id: Option<&'static str>,
    look: fn(&Members, &Info) -> Vec<Finding>,
    /// What else to do where there is no answer.
    hint: &'static str,
}

impl Probe {
    fn new(name: &'static str, chunks: &[&str]) -> Self {
        Self {
            name,
            needs: None,
            chunks: chunks
                .iter()
                .map(|chunk| chunk.as_bytes().to_vec())
                .collect(),
            last_event_id: None,
            look: |_, _| Vec::new(),
            hint: "",
        }
    }
}

/// Longer (bytes) than the lines that a careless reader takes: many stop at 64 KiB.
const LONG: usize = 256 << 10;

fn probes() -> Vec<Probe> {
    let long = "x".repeat(LONG);
    vec![
        Probe {
            look: plain,
            ..Probe::new("parse: one event", &["data: x\n\n"])
        },
        Probe {
            look: base64,
            hint: "chunks are base64 of the standard alphabet (+ and /), padded with =",
            ..Probe::new("parse: base64 with + and /", &["data: >>>???\n\n"])
        },
        Probe::new(
            "parse: text that is not ASCII",
            &["data: \u{e9}\u{2028}\u{1F600}\"\\\t\n\n"],
        ),
        Probe {
            look: nothing,
            ..Probe::new("parse: no chunk at all", &[])
        },
        Probe {
            needs: Some(Capability::Chunks),
            ..Probe::new(
                "parse: chunks, one empty",
                &["da", "", "ta: a\n\ndata: b\n\n"],
            )
        },
        Probe {
            needs: Some(Capability::AfterChunk),
            look: one_in_each_chunk,
            ..Probe::new("parse: afterChunk", &["data: a\n\n", "data: b\n\n"])
        },
        Probe::new(
            "parse: a stream that ends inside a block",
            &["id: 9\nretry: 9\ndata: a\n\nid: 8\nevent: left\ndata: left"],
        ),
        Probe {
            look: fresh,
            ..Probe::new("parse: another stream after it", &["data: x\n\n"])
        },
        Probe {
            look: capable,
            ..Probe::new(
                "parse: what `capabilities` says",
                &[": c\nretry: 5\nid: 1\ndata: x\n\n"],
            )
        },
        Probe {
            needs: Some(Capability::InitialLastEventId),
            last_event_id: Some("7"),
            look: initial_id,
            ..Probe::new("parse: an ID from earlier", &["data: x\n\n"])
        },
        Probe {
            hint: "this command is one line of 350 KB: read lines of any length (Go: bufio.Reader, \
                   as bufio.Scanner stops at 64 KiB; Python asyncio: limit=)",
            ..Probe::new("parse: a long line", &[&format!("data: {long}\n\n")])
        },
    ]
}

/// Asks, as long as it is of use.
pub(super) fn run(conversation: &mut Conversation, info: &Info, checks: &mut Vec<Check>) {
    let is_asked = |probe: &Probe| probe.needs.as_ref().is_none_or(|needed| info.can(needed));
    for probe in probes().into_iter().filter(is_asked) {
        if conversation.is_over() {
            return;
        }
        let findings = ask(conversation, info, &probe);
        checks.push(Check::of(probe.name, findings));
    }
}

fn ask(conversation: &mut Conversation, info: &Info, probe: &Probe) -> Vec<Finding> {
    let chunks: Vec<&[u8]> = probe.chunks.iter().map(Vec::as_slice).collect();
    match conversation.parse(&chunks, probe.last_event_id) {
        Ok(answer) => {
            let mut findings = shape::check(&answer, info, chunks.len());
            // Of an answer with another shape nothing else can be said.
            if findings
                .iter()
                .all(|finding| finding.severity != super::Severity::Wrong)
            {
                findings.extend((probe.look)(&answer, info));
            }
            let shown = |finding: Finding| {
                finding
                    .sent(format!("the stream {}", quote(&chunks.concat())))
                    .got(&serde_json::to_vec(&answer).unwrap_or_default())
            };
            findings.into_iter().map(shown).collect()
        }
        Err(finding) if probe.hint.is_empty() => vec![finding],
        Err(finding) => vec![Finding {
            remedy: format!("{}; {}", probe.hint, finding.remedy),
            ..finding
        }],
    }
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

const VECTORS_TELL: &str = "nothing, if that is what the parser makes of it (the vectors judge that); otherwise look at \
     how the adapter feeds the parser: is base64 decoded, are the events collected?";

fn plain(answer: &Members, _: &Info) -> Vec<Finding> {
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
fn base64(answer: &Members, _: &Info) -> Vec<Finding> {
    match read(answer).as_slice() {
        [("message", ">>>???")] | [] => Vec::new(),
        [(_, data)] => vec![Finding::wrong(
            format!("\">>>???\" was sent as Pj4+Pz8/ and came out as {data:?}"),
            "decode chunks as base64 of the standard alphabet (+ and /, not - and _), padded with =",
        )],
        _ => Vec::new(),
    }
}

fn nothing(answer: &Members, _: &Info) -> Vec<Finding> {
    if events(answer).is_empty() {
        return Vec::new();
    }
    vec![Finding::wrong("events came of no chunk at all", NEW_STREAM)]
}

const NEW_STREAM: &str =
    "each `parse` is a stream of its own: make a new parser, and new lists, for each";

/// The stream before had type, data, ID and reconnection time; this one has data alone.
fn fresh(answer: &Members, info: &Info) -> Vec<Finding> {
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
    if text("data").contains("left") || text("data").contains('a') {
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
fn one_in_each_chunk(answer: &Members, _: &Info) -> Vec<Finding> {
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
fn capable(answer: &Members, info: &Info) -> Vec<Finding> {
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

fn initial_id(answer: &Members, _: &Info) -> Vec<Finding> {
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

//! What a parser is asked. The streams are plain: the vectors judge how they are read.

use serde_json::{Value, json};

use super::answer::{CHUNK_INDEX, Members, cure, read};
use super::conversation::Conversation;
use super::{Check, Finding};
use crate::escape::quote;
use crate::subject::{Capability, Info, Parsed};

/// The parts of an answer that a look can be at.
struct Answer<'a> {
    members: &'a Members,
    parsed: Parsed,
    info: &'a Info,
    chunks: usize,
}

/// Looks at what is in an answer, beyond its shape.
type Look = fn(&Answer<'_>) -> Option<Finding>;

struct Probe {
    name: &'static str,
    /// Only subjects with this capability are asked.
    needs: Option<Capability>,
    chunks: Vec<String>,
    last_event_id: Option<&'static str>,
    look: Look,
    /// What else to do if there is no answer.
    hint: &'static str,
}

fn probe(name: &'static str, chunks: &[&str], look: Look) -> Probe {
    Probe {
        name,
        needs: None,
        chunks: chunks.iter().map(ToString::to_string).collect(),
        last_event_id: None,
        look,
        hint: "",
    }
}

fn probes() -> Vec<Probe> {
    // Longer than the lines that many careless readers stop at: 64 KiB.
    let long = format!("data: {}\n\n", "x".repeat(256 << 10));
    vec![
        probe("parse: one event", &["data: x\n\n"], plain),
        Probe {
            hint: "chunks are base64 of the standard alphabet (+ and /), padded with =; ",
            ..probe(
                "parse: base64 with + and /",
                &["data: >>>???\n\n"],
                alphabet,
            )
        },
        probe(
            "parse: text that is not ASCII",
            &["data: \u{e9}\u{2028}\u{1F600}\"\\\t\n\n"],
            |_| None,
        ),
        probe("parse: no chunk at all", &[], nothing),
        Probe {
            needs: Some(Capability::Chunks),
            ..probe(
                "parse: chunks, one empty",
                &["da", "", "ta: a\n\ndata: b\n\n"],
                |_| None,
            )
        },
        Probe {
            needs: Some(Capability::AfterChunk),
            ..probe(
                "parse: afterChunk",
                &["data: a\n\n", "data: b\n\n"],
                one_per_chunk,
            )
        },
        probe(
            "parse: a stream that ends inside a block",
            &["id: 9\nretry: 9\ndata: a\n\nid: 8\nevent: left\ndata: left"],
            |_| None,
        ),
        probe("parse: another stream after it", &["data: x\n\n"], fresh),
        probe(
            "parse: what `capabilities` says",
            &[": c\nretry: 5\nid: 1\ndata: x\n\n"],
            capable,
        ),
        Probe {
            needs: Some(Capability::InitialLastEventId),
            last_event_id: Some("7"),
            ..probe("parse: an ID from earlier", &["data: x\n\n"], initial_id)
        },
        Probe {
            hint: "this command is one line of 350 KB: read lines of any length (Go: bufio.Reader, \
                   as bufio.Scanner stops at 64 KiB; Python asyncio: limit=); ",
            ..probe("parse: a long line", &[&long], |_| None)
        },
    ]
}

/// Asks for as long as there are answers.
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
    let chunks: Vec<&[u8]> = probe.chunks.iter().map(String::as_bytes).collect();
    let members = match conversation.parse(&chunks, probe.last_event_id) {
        Ok(members) => members,
        Err(finding) => {
            let remedy = probe.hint.to_owned() + &finding.remedy;
            return vec![Finding { remedy, ..finding }];
        }
    };
    let findings = match read(&members) {
        Err(finding) => vec![finding],
        Ok(parsed) => {
            let answer = Answer {
                members: &members,
                parsed,
                info,
                chunks: chunks.len(),
            };
            let mut findings: Vec<Finding> = declared(&answer).collect();
            findings.extend(chunk_indexes(&answer));
            if !findings.iter().any(Finding::is_wrong) {
                findings.extend((probe.look)(&answer));
            }
            findings
        }
    };
    let stream = format!("the stream {}", quote(&chunks.concat()));
    let shown = |finding: Finding| finding.sent(stream.clone()).answered(&members);
    findings.into_iter().map(shown).collect()
}

/// The members of the answer and the capabilities must agree.
fn declared(answer: &Answer<'_>) -> impl Iterator<Item = Finding> {
    let Answer { members, info, .. } = answer;
    let members = [
        (Capability::LastEventId, "lastEventId"),
        (Capability::ReconnectionTime, "reconnectionTime"),
        (Capability::Comments, "comments"),
    ]
    .map(|(capability, name)| (info.can(&capability), name, members.get(name)));
    members
        .into_iter()
        .filter_map(|(is_declared, name, value)| match value {
            None if is_declared => Some(missing(name, "the answer", cure(name))),
            Some(value) if !is_declared && ![json!(null), json!(""), json!([])].contains(value) => {
                Some(undeclared(name))
            }
            _ => None,
        })
}

fn missing(member: &str, place: &str, cure: &str) -> Finding {
    Finding::wrong(
        format!("`capabilities` has {member:?}, but {place} has no `{member}`"),
        format!("{cure}; or leave {member:?} out of `capabilities`"),
    )
}

fn undeclared(member: &str) -> Finding {
    Finding::note(
        format!("`{member}` is not judged: {member:?} is not in `capabilities`"),
        format!("add {member:?} to `capabilities` if it should be judged"),
    )
}

fn chunk_indexes(answer: &Answer<'_>) -> Option<Finding> {
    let Answer { parsed, chunks, .. } = answer;
    let after: Vec<Option<usize>> = parsed
        .events
        .iter()
        .map(|event| event.after_chunk)
        .collect();
    if !answer.info.can(&Capability::AfterChunk) {
        return after
            .iter()
            .any(Option::is_some)
            .then(|| undeclared("afterChunk"));
    }
    if let Some(index) = after.iter().position(Option::is_none) {
        let event = format!("events[{index}]");
        return Some(missing("afterChunk", &event, CHUNK_INDEX));
    }
    let after: Vec<usize> = after.into_iter().flatten().collect();
    if let Some(index) = after.iter().position(|after| after > chunks) {
        return Some(Finding::wrong(
            format!(
                "`events[{index}].afterChunk` is {}, but {chunks} is the end of the stream",
                after[index]
            ),
            CHUNK_INDEX,
        ));
    }
    let pair = after.windows(2).find(|pair| pair[0] > pair[1])?;
    Some(Finding::wrong(
        format!("`afterChunk` goes back from {} to {}", pair[0], pair[1]),
        "give events in the order in which they were handed out",
    ))
}

const VECTORS_JUDGE: &str = "nothing, if that is what the parser makes of it (the vectors judge that); otherwise look at how \
     the adapter feeds the parser: is base64 decoded, are the events collected?";
const NEW_STREAM: &str =
    "each `parse` is a stream of its own: make a new parser, and new lists, for each";

fn plain(answer: &Answer<'_>) -> Option<Finding> {
    let what = match answer.parsed.events.as_slice() {
        [event] if (event.event_type.as_str(), event.data.as_str()) == ("message", "x") => {
            return None;
        }
        [] => "no event came from \"data: x\\n\\n\"",
        _ => "\"data: x\\n\\n\" is an event of type \"message\" with data \"x\", but others came",
    };
    Some(Finding::note(what, VECTORS_JUDGE))
}

fn alphabet(answer: &Answer<'_>) -> Option<Finding> {
    let [event] = answer.parsed.events.as_slice() else {
        return None;
    };
    (!event.data.contains(">>>???")).then(|| {
        Finding::wrong(
            format!(
                "\">>>???\" was sent as Pj4+Pz8/ and came out as {}",
                quote(event.data.as_bytes())
            ),
            "decode chunks as base64 of the standard alphabet (+ and /, not - and _), padded with =",
        )
    })
}

fn nothing(answer: &Answer<'_>) -> Option<Finding> {
    (!answer.parsed.events.is_empty())
        .then(|| Finding::wrong("events came from no chunk at all", NEW_STREAM))
}

/// The stream before had a type, data, an ID and a reconnection time; this one has only data.
fn fresh(answer: &Answer<'_>) -> Option<Finding> {
    let Answer { parsed, info, .. } = answer;
    let mut events = parsed.events.iter();
    let of_event = events.find_map(|event| {
        let id = event.last_event_id.as_deref();
        let left = [
            ("data", event.data.contains("left")),
            ("type", event.event_type.contains("left")),
            ("lastEventId", matches!(id, Some("8" | "9"))),
        ];
        left.into_iter().find(|(_, is_left)| *is_left)
    });
    let of_end = [
        (
            "lastEventId",
            info.can(&Capability::LastEventId) && parsed.last_event_id.as_deref() != Some(""),
        ),
        (
            "reconnectionTime",
            info.can(&Capability::ReconnectionTime) && parsed.reconnection_time.is_some(),
        ),
    ];
    let mut left = of_event.into_iter().chain(of_end);
    let (member, _) = left.find(|(_, is_left)| *is_left)?;
    let what = format!("`{member}` still holds what the stream before it set");
    Some(Finding::wrong(what, NEW_STREAM))
}

/// Each chunk holds one event, so the second event cannot come before the second chunk.
fn one_per_chunk(answer: &Answer<'_>) -> Option<Finding> {
    let after = answer.parsed.events.iter().map(|event| event.after_chunk);
    match after.collect::<Vec<_>>().as_slice() {
        [Some(0), Some(0)] => Some(Finding::wrong(
            "the second event came with the second chunk, but its `afterChunk` is 0",
            "count chunks as they are fed, from 0: the index of the chunk, not of the event",
        )),
        [Some(1), Some(2)] => Some(Finding::note(
            "`afterChunk` is 1 and 2, instead of 0 and 1",
            "count chunks from 0; if the parser really holds each event back, it is late",
        )),
        [Some(1 | 2), Some(1 | 2)] => Some(Finding::note(
            "both events came after the last chunk",
            "take the events after each chunk that is fed; if the parser really holds them back, \
             they are late",
        )),
        _ => None,
    }
}

/// The stream had one of each.
fn capable(answer: &Answer<'_>) -> Option<Finding> {
    let Answer { parsed, .. } = answer;
    let lacking = [
        (
            Capability::LastEventId,
            "lastEventId",
            parsed.last_event_id.as_deref() == Some(""),
        ),
        (
            Capability::ReconnectionTime,
            "reconnectionTime",
            parsed.reconnection_time.is_none(),
        ),
        (
            Capability::Comments,
            "comments",
            parsed.comments.as_ref().is_none_or(Vec::is_empty),
        ),
    ];
    let mut lacking = lacking.into_iter();
    let (_, member, _) = lacking.find(|(can, _, lacks)| *lacks && answer.info.can(can))?;
    let value = answer.members.get(member).unwrap_or(&Value::Null);
    Some(Finding::wrong(
        format!("`capabilities` has {member:?}, but after a stream with one it is {value}"),
        format!("report it, or leave {member:?} out of `capabilities`: then it is not judged"),
    ))
}

fn initial_id(answer: &Answer<'_>) -> Option<Finding> {
    let of_events = answer
        .parsed
        .events
        .iter()
        .map(|event| &event.last_event_id);
    let mut ids = of_events.chain([&answer.parsed.last_event_id]);
    if ids.any(|id| id.as_deref() == Some("7")) {
        return None;
    }
    Some(Finding::wrong(
        "`capabilities` has \"initialLastEventId\", but the \"lastEventId\" of the command is \
         nowhere in the answer",
        "give it to the parser before the stream, or leave \"initialLastEventId\" out of \
         `capabilities`",
    ))
}

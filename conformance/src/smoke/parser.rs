//! What a parser is asked. The streams are plain: the vectors judge how they are read.

use serde_json::json;

use super::answer::{CHUNK_INDEX, Members, cure, read};
use super::conversation::Conversation;
use super::{Finding, Smoke};
use crate::escape::quote;
use crate::subject::{Capability, Info, Parsed};

/// Members of an answer that a subject reports only with the capability.
const AT_THE_END: [(Capability, &str); 5] = [
    (Capability::LastEventId, "lastEventId"),
    (Capability::ReconnectionTime, "reconnectionTime"),
    (Capability::Comments, "comments"),
    (Capability::Ignored, "ignored"),
    (Capability::Discarded, "discarded"),
];

/// The parts of an answer that a look can be at.
struct Answer<'a> {
    members: &'a Members,
    parsed: Parsed,
    info: &'a Info,
    chunks: usize,
}

impl Answer<'_> {
    /// Whether the subject has the capability for a member of [`AT_THE_END`].
    fn is_judged(&self, member: &str) -> bool {
        let mut judged = AT_THE_END
            .iter()
            .filter(|(capability, _)| self.info.can(capability));
        judged.any(|(_, name)| *name == member)
    }

    /// Whether what is known at the end of the stream is missing, or says that there is none.
    fn is_empty(&self, member: &str) -> bool {
        let nothing = json!({"content": "nothing", "lineCut": false});
        let none = [json!(null), json!(""), json!([]), nothing];
        let value = self.members.get(member);
        value.is_none_or(|value| none.contains(value))
    }
}

/// Looks at what is in an answer, beyond its shape.
type Look = fn(&Answer<'_>) -> Option<Finding>;

struct Probe<'p> {
    name: &'static str,
    /// Only subjects with this capability are asked.
    needs: Option<Capability>,
    chunks: Vec<&'p str>,
    look: Look,
    /// What else to do if there is no answer.
    hint: &'static str,
}

impl<'p> Probe<'p> {
    fn new(name: &'static str, chunks: &[&'p str], look: Look) -> Self {
        Self {
            name,
            needs: None,
            chunks: chunks.to_vec(),
            look,
            hint: "",
        }
    }

    fn needs(self, needed: Capability) -> Self {
        let needs = Some(needed);
        Self { needs, ..self }
    }

    fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }
}

fn probes(long: &str) -> [Probe<'_>; 11] {
    [
        Probe::new("parse: one event", &["data: x\n\n"], plain),
        Probe::new(
            "parse: base64 with + and /",
            &["data: >>>???\n\n"],
            alphabet,
        )
        .hint("chunks are base64 of the standard alphabet (+ and /), padded with =; "),
        Probe::new(
            "parse: text that is not ASCII",
            &["data: \u{e9}\u{2028}\u{1F600}\"\\\t\n\n"],
            shape,
        ),
        Probe::new("parse: no chunk at all", &[], nothing),
        Probe::new(
            "parse: chunks, one empty",
            &["da", "", "ta: a\n\ndata: b\n\n"],
            shape,
        )
        .needs(Capability::Chunks),
        Probe::new(
            "parse: afterChunk",
            &["data: a\n\n", "data: b\n\n"],
            one_per_chunk,
        )
        .needs(Capability::AfterChunk),
        Probe::new(
            "parse: a stream that ends inside a block",
            &["id: 9\nretry: 9\ndata: a\n\nid: 8\nevent: left\ndata: left"],
            shape,
        ),
        Probe::new("parse: another stream after it", &["data: x\n\n"], fresh),
        Probe::new(
            "parse: what `capabilities` says",
            &[": c\nretry: 5\nid: 1\ndata: x\nfoo: bar\n\ndata: y"],
            capable,
        ),
        Probe::new("parse: an ID from earlier", &["data: x\n\n"], initial_id)
            .needs(Capability::InitialLastEventId),
        Probe::new("parse: a long line", &[long], shape).hint(
            "this command is one line of 350 KB: read lines of any length (Go: bufio.Reader, as \
             bufio.Scanner stops at 64 KiB; Python asyncio: limit=); ",
        ),
    ]
}

/// Asks for as long as there are answers.
pub(super) fn run(conversation: &mut Conversation, info: &Info, smoke: &mut Smoke) {
    // Longer than the lines that many careless readers stop at: 64 KiB.
    let long = format!("data: {}\n\n", "x".repeat(256 << 10));
    for probe in probes(&long) {
        let is_asked = probe.needs.as_ref().is_none_or(|needed| info.can(needed));
        if is_asked && !conversation.is_over {
            smoke.push(probe.name, ask(conversation, info, &probe));
        }
    }
}

fn ask(conversation: &mut Conversation, info: &Info, probe: &Probe<'_>) -> Vec<Finding> {
    let chunks: Vec<&[u8]> = probe.chunks.iter().map(|chunk| chunk.as_bytes()).collect();
    let last_event_id = probe.needs == Some(Capability::InitialLastEventId);
    let members = match conversation.parse(&chunks, last_event_id.then_some("7")) {
        Ok(members) => members,
        Err(finding) => {
            let remedy = probe.hint.to_owned() + &finding.remedy;
            return vec![Finding { remedy, ..finding }];
        }
    };
    let findings = read(&members).map_or_else(
        |finding| vec![finding],
        |parsed| {
            let answer = Answer {
                members: &members,
                parsed,
                info,
                chunks: chunks.len(),
            };
            let mut findings = declared(&answer);
            findings.extend(chunk_indexes(&answer));
            if !findings.iter().any(Finding::is_wrong) {
                findings.extend((probe.look)(&answer));
            }
            findings
        },
    );
    let stream = format!("the stream {}", quote(&chunks.concat()));
    let shown = |finding: Finding| finding.sent(stream.clone()).answered(&members);
    findings.into_iter().map(shown).collect()
}

/// The members of the answer and the capabilities must agree.
fn declared(answer: &Answer<'_>) -> Vec<Finding> {
    let finding = |(capability, member): (Capability, &str)| {
        let is_there = answer.members.contains_key(member);
        match answer.info.can(&capability) {
            true if !is_there => Some(missing(member, "the answer", cure(member))),
            false if !answer.is_empty(member) => Some(undeclared(member)),
            _ => None,
        }
    };
    AT_THE_END.into_iter().filter_map(finding).collect()
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
    let after: Vec<_> = parsed
        .events
        .iter()
        .map(|event| event.after_chunk)
        .collect();
    if !answer.info.can(&Capability::AfterChunk) {
        let is_given = after.iter().any(Option::is_some);
        return is_given.then(|| undeclared("afterChunk"));
    }
    if let Some(index) = after.iter().position(Option::is_none) {
        let event = format!("events[{index}]");
        return Some(missing("afterChunk", &event, CHUNK_INDEX));
    }
    let after: Vec<usize> = after.into_iter().flatten().collect();
    if let Some(index) = after.iter().position(|after| after > chunks) {
        let after = after[index];
        let what = format!(
            "`events[{index}].afterChunk` is {after}, but {chunks} is the end of the stream"
        );
        return Some(Finding::wrong(what, CHUNK_INDEX));
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

/// Any answer of the right shape is good.
fn shape(_: &Answer<'_>) -> Option<Finding> {
    None
}

fn plain(answer: &Answer<'_>) -> Option<Finding> {
    let what = match answer.parsed.events.as_slice() {
        [event] if event.event_type == "message" && event.data == "x" => return None,
        [] => "no event came from \"data: x\\n\\n\"",
        _ => "\"data: x\\n\\n\" is an event of type \"message\" with data \"x\", but others came",
    };
    Some(Finding::note(what, VECTORS_JUDGE))
}

fn alphabet(answer: &Answer<'_>) -> Option<Finding> {
    let [event] = answer.parsed.events.as_slice() else {
        return None;
    };
    let data = quote(event.data.as_bytes());
    (!event.data.contains(">>>???")).then(|| {
        Finding::wrong(
            format!("\">>>???\" was sent as Pj4+Pz8/ and came out as {data}"),
            "decode chunks as base64 of the standard alphabet (+ and /, not - and _), padded with =",
        )
    })
}

fn nothing(answer: &Answer<'_>) -> Option<Finding> {
    (!answer.parsed.events.is_empty())
        .then(|| Finding::wrong("events came from no chunk at all", NEW_STREAM))
}

/// The stream before had a type, data, an ID and a reconnection time, and ended inside a block; this
/// one has only data.
fn fresh(answer: &Answer<'_>) -> Option<Finding> {
    let of_events = answer.parsed.events.iter().flat_map(|event| {
        let id = event.last_event_id.as_deref();
        [
            ("data", event.data.contains("left")),
            ("type", event.event_type.contains("left")),
            ("lastEventId", matches!(id, Some("8" | "9"))),
        ]
    });
    let of_end = ["lastEventId", "reconnectionTime", "discarded"]
        .map(|member| (member, answer.is_judged(member) && !answer.is_empty(member)));
    let mut left = of_events.chain(of_end);
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
    let is_lacking = |member: &&str| answer.is_judged(member) && answer.is_empty(member);
    let mut members = AT_THE_END.into_iter().map(|(_, member)| member);
    let member = members.find(is_lacking)?;
    let value = answer.members.get(member)?;
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
    let is_there = ids.any(|id| id.as_deref() == Some("7"));
    (!is_there).then(|| {
        Finding::wrong(
            "`capabilities` has \"initialLastEventId\", but the \"lastEventId\" of the command is \
             nowhere in the answer",
            "give it to the parser before the stream, or leave \"initialLastEventId\" out of \
             `capabilities`",
        )
    })
}

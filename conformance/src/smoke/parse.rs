//! What a parser is asked. Each stream is plain: whether it is read right is for the vectors.

use super::conversation::Conversation;
use super::line::Members;
use super::look::{base64, capable, fresh, initial_id, nothing, one_in_each_chunk, plain};
use super::{Check, Finding, Severity, shape};
use crate::escape::quote;
use crate::subject::{Capability, Info};

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
                .all(|finding| finding.severity != Severity::Wrong)
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

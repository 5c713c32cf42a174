//! The files of a vector, for suites without a JSON parser.
//!
//! All names are made of the vector's ID, which never changes. [`README`], which is one of the
//! files, describes what each ending means.

use std::fmt::Write;

use esse_conformance::subject::Block;
use esse_vectors::{
    BlockVector, Discarded, EncodeExpectation, EncodeVector, Expectation, ExpectedEvent,
    ParseVector, RejectedField, Rejection,
};
use serde::Serialize;

use crate::event_json::EventJson;

/// Describes the files.
pub(crate) const README: &str = include_str!("export.txt");

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportFile {
    /// The path in the folder, with `/` between its parts.
    pub(crate) path: String,
    /// The content.
    pub(crate) bytes: Vec<u8>,
}

/// What is known at the end of a stream.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct End<'e> {
    last_event_id: &'e str,
    reconnection_time: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comments: Option<&'e [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ignored: Option<&'e [(String, String)]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discarded: Option<Discarded>,
}

/// The files of one vector.
struct Files {
    stem: String,
    files: Vec<ExportFile>,
}

impl Files {
    fn of(stem: String) -> Self {
        let files = Vec::new();
        Self { stem, files }
    }

    fn add(&mut self, ending: &str, bytes: impl Into<Vec<u8>>) {
        self.files.push(ExportFile {
            path: format!("{}.{ending}", self.stem),
            bytes: bytes.into(),
        });
    }

    fn add_events(&mut self, prefix: &str, events: &[ExpectedEvent]) {
        let mut lines = Vec::new();
        for event in events {
            EventJson {
                event_type: &event.event_type,
                data: &event.data,
                last_event_id: &event.last_event_id,
            }
            .append_to(&mut lines);
            lines.push(b'\n');
        }
        self.add(&format!("{prefix}jsonl"), lines);
    }

    fn add_expectation(&mut self, prefix: &str, expected: &Expectation) {
        self.add_events(prefix, &expected.events);
        let after = expected.events.iter().map(|event| event.after_byte);
        self.add(&format!("{prefix}after"), numbers(after));
        let end = End {
            last_event_id: &expected.last_event_id,
            reconnection_time: expected.reconnection_time,
            comments: expected.comments.as_deref(),
            ignored: expected.ignored.as_deref(),
            discarded: expected.discarded,
        };
        self.add(&format!("{prefix}end.json"), json_line(&end));
    }

    fn add_block(&mut self, block: &BlockVector) {
        self.add("block.json", json_line(&Block::from(block.clone())));
        let retry = block.retry.map(|retry| retry.to_string());
        let members = [
            ("comment", &block.comment),
            ("event", &block.event),
            ("retry", &retry),
            ("data", &block.data),
            ("id", &block.id),
        ];
        for (name, value) in members {
            if let Some(value) = value {
                self.add(&format!("block.{name}"), value.as_bytes());
            }
        }
        for (index, (name, value)) in (1..).zip(&block.fields) {
            self.add(&format!("block.field{index}.name"), name.as_bytes());
            self.add(&format!("block.field{index}.value"), value.as_bytes());
        }
    }
}

/// The files of a parse vector.
pub(crate) fn parse_files(vector: &ParseVector) -> Vec<ExportFile> {
    let mut files = Files::of(format!("parse/{}", vector.id));
    files.add("stream", vector.input.clone());
    if let Some(id) = &vector.initial_last_event_id {
        files.add("initial-id", id.as_bytes());
    }
    if let Some(chunks) = &vector.chunks {
        files.add("chunks", numbers(chunks.iter().map(Vec::len)));
    }
    files.add_expectation("", &vector.expect);
    for (index, other) in (1..).zip(&vector.also) {
        files.add_expectation(&format!("also{index}."), &other.expectation);
    }
    files.files
}

/// The files of an encode vector.
pub(crate) fn encode_files(vector: &EncodeVector) -> Vec<ExportFile> {
    // These IDs begin with `encode/`.
    let mut files = Files::of(vector.id.clone());
    files.add_block(&vector.block);
    match &vector.expect {
        EncodeExpectation::Bytes {
            bytes,
            events,
            last_event_id,
            reconnection_time,
        } => {
            files.add("bytes", bytes.clone());
            files.add_events("", events);
            let end = End {
                last_event_id,
                reconnection_time: *reconnection_time,
                comments: None,
                ignored: None,
                discarded: None,
            };
            files.add("end.json", json_line(&end));
        }
        EncodeExpectation::Rejected { reason, field } => {
            let line = format!("{} {}\n", reason_word(*reason), field_word(*field));
            files.add("rejected", line);
        }
    }
    files.files
}

/// A line of the index, with tabs between its parts.
pub(crate) mod index_line {
    use super::{EncodeExpectation, EncodeVector, ParseVector};

    /// That of a parse vector.
    pub(crate) fn parse(vector: &ParseVector) -> String {
        let ParseVector {
            id, spec, level, ..
        } = vector;
        let outcomes = 1 + vector.also.len();
        format!("parse/{id}\tparse\t{level}\t{outcomes}\t{spec}\t{id}\n")
    }

    /// That of an encode vector.
    pub(crate) fn encode(vector: &EncodeVector) -> String {
        let EncodeVector {
            id, spec, level, ..
        } = vector;
        let outcome = match vector.expect {
            EncodeExpectation::Bytes { .. } => "bytes",
            EncodeExpectation::Rejected { .. } => "rejected",
        };
        format!("{id}\tencode\t{level}\t{outcome}\t{spec}\t{id}\n")
    }
}

fn numbers(numbers: impl Iterator<Item = usize>) -> String {
    numbers.fold(String::new(), |mut lines, number| {
        let _ = writeln!(lines, "{number}");
        lines
    })
}

fn json_line(value: &impl Serialize) -> Vec<u8> {
    // Only maps whose keys are not strings cannot be written, and there are none.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}

fn reason_word(reason: Rejection) -> &'static str {
    match reason {
        Rejection::LineBreak => "lineBreak",
        Rejection::Nul => "nul",
        Rejection::Colon => "colon",
        Rejection::Reserved => "reserved",
        Rejection::Empty => "empty",
        Rejection::Bom => "bom",
    }
}

fn field_word(field: RejectedField) -> &'static str {
    match field {
        RejectedField::Event => "event",
        RejectedField::Id => "id",
        RejectedField::FieldName => "fieldName",
        RejectedField::FieldValue => "fieldValue",
    }
}

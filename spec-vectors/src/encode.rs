//! Encode vectors: a block and its encoding, or why it must be refused.

use serde::Deserialize;

use crate::envelope::{self, Level, Place};
use crate::error::VectorError;
use crate::files::File;
use crate::parse::ExpectedEvent;
use crate::text;

/// A block and its canonical encoding, or why it must be refused.
///
/// An encoder that uses another encoding than the canonical one is judged by the meaning of its
/// bytes: the events, last event ID and reconnection time of the expectation.
///
/// ```
/// let vectors = esse_vectors::encode_vectors()?;
/// let vector = vectors.iter().find(|vector| vector.id == "encode/data/cr-at-end");
/// assert_eq!(vector.and_then(|vector| vector.block.data.as_deref()), Some("a\r"));
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeVector {
    /// The file, such as `encode/data`.
    pub suite: String,
    /// The section of the standard, such as `9.2.5/end-of-line`.
    pub spec: String,
    /// The name of the vector. It is unique and never changes.
    pub id: String,
    /// What the vector shows, and why.
    pub comment: String,
    /// The classes of bug that the vector hunts, explained by [`notes`](crate::notes()).
    pub flags: Vec<String>,
    /// How binding the vector is.
    pub level: Level,
    /// The block to encode.
    pub block: BlockVector,
    /// The encoding, or why the block must be refused.
    pub expect: EncodeExpectation,
}

/// A block to encode. An absent member is different from an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlockVector {
    /// A comment of one or more lines.
    #[serde(deserialize_with = "text::optional")]
    pub comment: Option<String>,
    /// The type.
    pub event: Option<String>,
    /// The reconnection time in milliseconds.
    pub retry: Option<u64>,
    /// Names and values of other fields, in order.
    pub fields: Vec<(String, String)>,
    /// The data. Without it the block dispatches no event.
    #[serde(deserialize_with = "text::optional")]
    pub data: Option<String>,
    /// The ID. An empty one resets the last event ID.
    pub id: Option<String>,
}

/// What an encoder must do with a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodeExpectation {
    /// The block is encoded.
    Bytes {
        /// The canonical encoding.
        bytes: Vec<u8>,
        /// The events of `bytes` as a whole stream: at most one, dispatched with the last byte.
        events: Vec<ExpectedEvent>,
        /// The last event ID after `bytes`.
        last_event_id: String,
        /// The reconnection time in milliseconds, if the block sets one.
        reconnection_time: Option<u64>,
    },
    /// The block must be refused.
    Rejected {
        /// The reason.
        reason: Rejection,
        /// The value at fault.
        field: RejectedField,
    },
}

/// The reason why a value must be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rejection {
    /// It contains a CR or LF.
    LineBreak,
    /// It is an ID and contains U+0000.
    Nul,
    /// It is a field name and contains a colon.
    Colon,
    /// It is the name of another field, and is `data`, `event`, `id` or `retry`.
    Reserved,
    /// It is an empty field name.
    Empty,
    /// It is a field name and begins with U+FEFF.
    Bom,
}

/// The value of a block that must be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectedField {
    /// The type.
    Event,
    /// The ID.
    Id,
    /// The name of another field.
    FieldName,
    /// The value of another field.
    FieldValue,
}

/// A test in the form of the JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    id: String,
    comment: String,
    flags: Vec<String>,
    level: Level,
    block: BlockVector,
    expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expect {
    Bytes(Accepted),
    Rejected(Refused),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Accepted {
    #[serde(deserialize_with = "text::one")]
    bytes: String,
    events: Vec<Dispatched>,
    last_event_id: String,
    #[serde(deserialize_with = "Option::deserialize")]
    reconnection_time: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    rejected: Rejection,
    field: RejectedField,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Dispatched {
    #[serde(rename = "type")]
    event_type: String,
    #[serde(deserialize_with = "text::one")]
    data: String,
    last_event_id: String,
}

pub(crate) fn vectors(file: &File) -> Result<Vec<EncodeVector>, VectorError> {
    envelope::vectors(file, |place, test| Ok(vector(place, test)))
}

fn vector(place: &Place<'_>, test: Test) -> EncodeVector {
    EncodeVector {
        suite: place.suite.to_owned(),
        spec: place.spec.to_owned(),
        id: test.id,
        comment: test.comment,
        flags: test.flags,
        level: test.level,
        block: test.block,
        expect: match test.expect {
            Expect::Bytes(accepted) => bytes(accepted),
            Expect::Rejected(Refused {
                rejected: reason,
                field,
            }) => EncodeExpectation::Rejected { reason, field },
        },
    }
}

fn bytes(accepted: Accepted) -> EncodeExpectation {
    let bytes = accepted.bytes.into_bytes();
    EncodeExpectation::Bytes {
        events: accepted
            .events
            .into_iter()
            .map(|event| expected(event, bytes.len()))
            .collect(),
        bytes,
        last_event_id: accepted.last_event_id,
        reconnection_time: accepted.reconnection_time,
    }
}

/// The blank line that dispatches the event is the last byte of the block.
fn expected(event: Dispatched, after_byte: usize) -> ExpectedEvent {
    ExpectedEvent {
        event_type: event.event_type,
        data: event.data,
        last_event_id: event.last_event_id,
        after_byte,
        after_chunk: None,
    }
}

#[cfg(test)]
mod tests {
    use super::{BlockVector, EncodeExpectation, EncodeVector, RejectedField, Rejection, vectors};
    use crate::error::VectorError;
    use crate::files::File;

    /// A file of one test.
    fn read(block: &str, expect: &str) -> Result<EncodeVector, VectorError> {
        let json = r#"{"schema": "", "version": "", "suite": "encode/x", "notes": {}, "groups": [{"spec": "9.2.5",
            "tests": [{"id": "encode/a/b", "comment": "c", "flags": [], "level": "must",
            "block": BLOCK, "expect": EXPECT}]}]}"#;
        let text = json.replace("BLOCK", block).replace("EXPECT", expect);
        let (name, text) = ("encode/x.json", text.leak());
        let mut all = vectors(&File { name, text })?;
        assert_eq!(all.len(), 1);
        Ok(all.remove(0))
    }

    fn refused(block: &str) -> EncodeVector {
        read(block, REFUSED).expect("the file is right")
    }

    const REFUSED: &str = r#"{"rejected": "lineBreak", "field": "fieldValue"}"#;

    #[test]
    fn every_member_of_the_block_arrives() {
        let block = r#"{"comment": "c", "event": "e", "retry": 0, "fields": [["n", "v"]],
            "data": {"parts": [{"text": "x", "times": 2}]}, "id": ""}"#;
        let expected = BlockVector {
            comment: Some("c".to_owned()),
            event: Some("e".to_owned()),
            retry: Some(0),
            fields: vec![("n".to_owned(), "v".to_owned())],
            data: Some("xx".to_owned()),
            id: Some(String::new()),
        };
        assert_eq!(refused(block).block, expected);
    }

    #[test]
    fn absent_is_not_empty() {
        assert_eq!(refused("{}").block, BlockVector::default());
    }

    #[test]
    fn a_refusal_names_reason_and_value() {
        let expected = EncodeExpectation::Rejected {
            reason: Rejection::LineBreak,
            field: RejectedField::FieldValue,
        };
        assert_eq!(refused("{}").expect, expected);
    }

    #[test]
    fn an_event_is_out_with_the_last_byte() {
        let expect = r#"{"bytes": "data: é\n\n", "lastEventId": "", "reconnectionTime": null,
            "events": [{"type": "message", "data": "é", "lastEventId": ""}]}"#;
        let vector = read("{}", expect).expect("the file is right");
        let EncodeExpectation::Bytes { bytes, events, .. } = vector.expect else {
            panic!("the block is encoded");
        };
        assert_eq!((bytes.len(), events[0].after_byte), (10, 10));
    }

    #[test]
    fn bytes_and_refusal_together_are_an_error() {
        let both = r#"{"bytes": "\n", "events": [], "lastEventId": "", "reconnectionTime": null,
            "rejected": "nul", "field": "id"}"#;
        assert!(read("{}", both).is_err());
    }
}

//! Encode vectors: a block and its encoding, or why it must be refused.

use serde::Deserialize;

use crate::envelope::{self, Level, Place};
use crate::error::VectorError;
use crate::files::File;
use crate::parse::ExpectedEvent;
use crate::text;

/// A block and its canonical encoding, or why it must be refused.
///
/// An encoder with another form than the canonical one is judged by what its bytes mean: the events,
/// last event ID and reconnection time of the expectation.
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
    /// The part of the standard, such as `9.2.5/end-of-line`.
    pub spec: String,
    /// The name of the vector. It is unique and never changes.
    pub id: String,
    /// What is shown and why.
    pub comment: String,
    /// The classes of bug that the vector hunts, explained by [`notes`](crate::notes()).
    pub flags: Vec<String>,
    /// How binding the vector is.
    pub level: Level,
    /// What is to be encoded.
    pub block: BlockVector,
    /// The encoding, or why there is none.
    pub expect: EncodeExpectation,
}

/// What is to be encoded. An absent member is not the same as an empty one.
///
/// ```
/// use esse_vectors::BlockVector;
///
/// // A block without data: a comment to keep the connection alive.
/// let block = BlockVector { comment: Some("keep-alive".to_owned()), ..BlockVector::default() };
/// let vectors = esse_vectors::encode_vectors()?;
/// assert!(vectors.iter().any(|vector| vector.block == block));
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlockVector {
    /// A comment, of one line or more.
    #[serde(deserialize_with = "text::optional")]
    pub comment: Option<String>,
    /// The type.
    pub event: Option<String>,
    /// The reconnection time in milliseconds.
    pub retry: Option<u64>,
    /// Names and values of other fields in order.
    pub fields: Vec<(String, String)>,
    /// The data. Without it the block dispatches nothing.
    #[serde(deserialize_with = "text::optional")]
    pub data: Option<String>,
    /// The ID. Empty: the last event ID is reset.
    pub id: Option<String>,
}

/// What must come of a block.
///
/// ```
/// use esse_vectors::{EncodeExpectation, RejectedField, Rejection, encode_vectors};
///
/// let nul = EncodeExpectation::Rejected { reason: Rejection::Nul, field: RejectedField::Id };
/// assert!(encode_vectors()?.iter().any(|vector| vector.expect == nul));
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodeExpectation {
    /// The block is encoded.
    Bytes {
        /// The canonical encoding.
        bytes: Vec<u8>,
        /// What `bytes`, read as a whole stream, dispatches: at most one event. It is out with the
        /// last byte.
        events: Vec<ExpectedEvent>,
        /// The last event ID after `bytes`.
        last_event_id: String,
        /// The reconnection time in milliseconds, where the block sets one.
        reconnection_time: Option<u64>,
    },
    /// The block must be refused.
    Rejected {
        /// Why.
        reason: Rejection,
        /// Which value is at fault.
        field: RejectedField,
    },
}

/// Why a value must be refused.
///
/// ```
/// use esse_vectors::Rejection;
///
/// let value = "a\rb";
/// let reason = value.contains(['\r', '\n']).then_some(Rejection::LineBreak);
/// assert_eq!(reason, Some(Rejection::LineBreak));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rejection {
    /// It holds CR or LF.
    LineBreak,
    /// It holds U+0000, in an ID.
    Nul,
    /// It holds a colon, in a field name.
    Colon,
    /// It is `data`, `event`, `id` or `retry`, as the name of another field.
    Reserved,
    /// It is empty, as a field name.
    Empty,
    /// It begins with U+FEFF, as a field name.
    Bom,
}

/// Which value of a block must be refused.
///
/// ```
/// use esse_vectors::{EncodeExpectation, RejectedField, encode_vectors};
///
/// for vector in encode_vectors()? {
///     if let EncodeExpectation::Rejected { field: RejectedField::Event, .. } = vector.expect {
///         assert!(vector.block.event.is_some());
///     }
/// }
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
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

/// A test as it stands in the file.
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
        let text = json
            .replace("BLOCK", block)
            .replace("EXPECT", expect)
            .leak();
        let mut all = vectors(&File {
            name: "encode/x.json",
            text,
        })?;
        assert_eq!(all.len(), 1);
        Ok(all.remove(0))
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
        assert_eq!(
            read(block, REFUSED).map(|vector| vector.block),
            Ok(expected)
        );
    }

    #[test]
    fn absent_is_not_empty() {
        assert_eq!(
            read("{}", REFUSED).map(|vector| vector.block),
            Ok(BlockVector::default())
        );
    }

    #[test]
    fn a_refusal_names_reason_and_value() {
        let expected = EncodeExpectation::Rejected {
            reason: Rejection::LineBreak,
            field: RejectedField::FieldValue,
        };
        assert_eq!(
            read("{}", REFUSED).map(|vector| vector.expect),
            Ok(expected)
        );
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

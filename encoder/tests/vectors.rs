//! The golden vectors: each block is encoded to its canonical bytes, or refused for its reason.
#![allow(clippy::unwrap_used)] // helpers of tests are tests

mod support;

use esse_encoder::{Block, FieldPart, InvalidField};
use esse_parser::reference::{Event, Interpretation, interpret};
use esse_vectors::{BlockVector, EncodeExpectation, RejectedField, Rejection, encode_vectors};
use support::{Values, encoded};

fn values(block: &BlockVector) -> Values {
    Values {
        comments: block.comment.iter().cloned().collect(),
        event_type: block.event.clone(),
        retry: block.retry,
        fields: block.fields.clone(),
        data: block.data.clone(),
        id: block.id.clone(),
    }
}

/// The refusal in the words of the vectors.
fn refusal(refused: InvalidField) -> EncodeExpectation {
    let reason = match refused {
        InvalidField::LineBreak { .. } => Rejection::LineBreak,
        InvalidField::Nul { .. } => Rejection::Nul,
        InvalidField::Colon { .. } => Rejection::Colon,
        InvalidField::Reserved => Rejection::Reserved,
        InvalidField::Empty => Rejection::Empty,
        InvalidField::ByteOrderMark => Rejection::Bom,
        other => panic!("no vector knows {other:?}"),
    };
    let field = match refused.part() {
        FieldPart::EventType => RejectedField::Event,
        FieldPart::EventId => RejectedField::Id,
        FieldPart::FieldName => RejectedField::FieldName,
        FieldPart::FieldValue => RejectedField::FieldValue,
        other => panic!("no vector knows {other:?}"),
    };
    EncodeExpectation::Rejected { reason, field }
}

/// Every way to encode the block produces these bytes.
fn assert_bytes(id: &str, values: &Values, block: &Block<'_>, bytes: &[u8]) {
    assert!(
        encoded(block) == bytes,
        "{id}: {}",
        encoded(block).escape_ascii()
    );
    assert_eq!(block.encoded_len(), bytes.len(), "{id}");
    assert!(block.to_frame().to_bytes() == bytes, "{id}: frame");
    let Some(data) = &values.data else { return };
    let owned = values.onto(Block::event(data.clone())).unwrap();
    assert!(
        owned.to_frame().to_bytes() == bytes,
        "{id}: frame of owned data"
    );
    #[cfg(feature = "std")]
    for size in [7, 8192] {
        let block = values.onto(Block::event("")).unwrap();
        let streamed = support::io::streamed(&block, data.as_bytes(), &[size]).unwrap();
        assert!(streamed == bytes, "{id}: streamed");
    }
}

#[test]
fn every_vector() {
    let vectors = encode_vectors().unwrap();
    assert!(vectors.len() >= 100, "{} vectors", vectors.len());
    for vector in vectors {
        let values = values(&vector.block);
        let id = &vector.id;
        let block = match values.block() {
            Ok(block) => block,
            Err(refused) => {
                assert_eq!(refusal(refused), vector.expect, "{id}");
                continue;
            }
        };
        let EncodeExpectation::Bytes {
            bytes,
            events,
            last_event_id,
            reconnection_time,
        } = vector.expect
        else {
            panic!("{id}: not refused");
        };
        assert_bytes(id, &values, &block, &bytes);
        let mut meaning = interpret(&bytes);
        meaning.comments.clear();
        let events = events.into_iter().map(|event| Event {
            event_type: event.event_type,
            data: event.data,
            last_event_id: event.last_event_id,
            after_byte: event.after_byte,
        });
        let events = events.collect();
        let expected = Interpretation {
            events,
            last_event_id,
            reconnection_time,
            ..Interpretation::default()
        };
        assert!(
            meaning == expected,
            "{id}: the vector contradicts the reference"
        );
    }
}

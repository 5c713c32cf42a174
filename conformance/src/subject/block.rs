//! A block as JSON: in the subject protocol, and as `esse encode` reads it.

use std::time::Duration;

use esse_encoder::{EventId, EventType, FieldName, InvalidField};
use esse_vectors::BlockVector;
use serde::{Deserialize, Deserializer, Serialize};

/// A block: the fields and comments up to a blank line.
///
/// As JSON, every member may be absent or null; any other member is an error.
///
/// ```
/// use esse_conformance::subject::Block;
///
/// let block: Block = serde_json::from_str(r#"{"event":"add","data":"73857293","id":"7"}"#)?;
/// let frame = block.to_block()?.to_frame();
/// assert_eq!(frame.to_bytes(), "event: add\ndata: 73857293\nid: 7\n\n");
///
/// assert!(serde_json::from_str::<Block>(r#"{"name":"add"}"#).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Block {
    /// A comment. Each of its lines becomes a comment line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The type of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The reconnection time, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u64>,
    /// Fields that the standard does not define: names and values.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_empty"
    )]
    pub fields: Vec<(String, String)>,
    /// The data. A block without it dispatches no event; one with `""` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The last event ID from this event on; `""` resets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Block {
    /// The block for the encoder of esse. It borrows the data and the comment, and copies the rest.
    ///
    /// # Errors
    /// [`InvalidField`] if a member cannot be written without changing what the receiver reads. It
    /// names the member and the place in it.
    ///
    /// ```
    /// use esse_conformance::subject::Block;
    ///
    /// let forged = Block { id: Some("7\ndata: forged".into()), ..Block::default() };
    /// assert!(forged.to_block().is_err());
    /// ```
    pub fn to_block(&self) -> Result<esse_encoder::Block<'_>, InvalidField> {
        let data = self.data.as_deref();
        let mut block = data.map_or_else(esse_encoder::Block::new, esse_encoder::Block::event);
        if let Some(comment) = &self.comment {
            block = block.comment(comment);
        }
        if let Some(event) = &self.event {
            block = block.event_type(EventType::new(event.clone())?);
        }
        if let Some(milliseconds) = self.retry {
            block = block.retry(Duration::from_millis(milliseconds));
        }
        for (name, value) in &self.fields {
            block = block.field(FieldName::new(name.clone())?, value)?;
        }
        if let Some(id) = &self.id {
            block = block.id(EventId::new(id.clone())?);
        }
        Ok(block)
    }
}

/// The block of a golden vector.
impl From<BlockVector> for Block {
    fn from(vector: BlockVector) -> Self {
        let BlockVector {
            comment,
            event,
            retry,
            fields,
            data,
            id,
        } = vector;
        Self {
            comment,
            event,
            retry,
            fields,
            data,
            id,
        }
    }
}

fn null_as_empty<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<(String, String)>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(json: &str) -> String {
        let block: Block = serde_json::from_str(json).unwrap();
        String::from_utf8(block.to_block().unwrap().to_frame().to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn every_member_is_written() {
        assert_eq!(
            encode(
                r#"{"comment":"c","event":"e","retry":5,"fields":[["n","v"]],"data":"d","id":"i"}"#
            ),
            ": c\nevent: e\nretry: 5\nn: v\ndata: d\nid: i\n\n"
        );
    }

    #[test]
    fn null_counts_as_absent_and_empty_does_not() {
        assert_eq!(
            encode(r#"{"data":null,"fields":null,"comment":"c"}"#),
            ": c\n\n"
        );
        assert_eq!(
            encode(r#"{"data":"","id":"","comment":""}"#),
            ": \ndata: \nid: \n\n"
        );
    }

    #[test]
    fn absent_members_are_not_serialized() {
        let json = r#"{"retry":18446744073709551615,"fields":[["a","b"]],"id":""}"#;
        let block: Block = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&block).unwrap(), json);
    }

    #[test]
    fn each_member_is_checked() {
        for json in [
            r#"{"event":"a\nb","data":""}"#,
            r#"{"id":"a\rb"}"#,
            r#"{"id":"\u0000"}"#,
            r#"{"fields":[["a:b","c"]]}"#,
            r#"{"fields":[["data","c"]]}"#,
            r#"{"fields":[["a","b\nc"]]}"#,
        ] {
            let block: Block = serde_json::from_str(json).unwrap();
            assert!(block.to_block().is_err(), "{json}");
        }
    }
}

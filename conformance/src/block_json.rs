//! A block as JSON: what `esse encode` reads, what the encode vectors and the subject protocol
//! hold.

use std::time::Duration;

use esse_encoder::{Block, EventId, EventType, FieldName, InvalidField};
use esse_vectors::BlockVector;
use serde::{Deserialize, Deserializer, Serialize};

/// A block as JSON. All members may be absent or null; one that is not listed here is an error.
///
/// ```
/// use esse_conformance::block_json::BlockJson;
///
/// let block: BlockJson = serde_json::from_str(r#"{"event":"add","data":"73857293","id":"7"}"#)?;
/// let frame = block.to_block()?.to_frame();
/// assert_eq!(frame.to_bytes(), "event: add\ndata: 73857293\nid: 7\n\n");
///
/// assert!(serde_json::from_str::<BlockJson>(r#"{"name":"add"}"#).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BlockJson {
    /// A comment; each of its lines becomes a comment line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The type of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The reconnection time, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u64>,
    /// Fields that the standard does not know: names and values.
    #[serde(
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "null_as_empty"
    )]
    pub fields: Vec<(String, String)>,
    /// The data. A block without it dispatches no event; one with `""` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The last event ID of this event and of those after it; `""` resets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl BlockJson {
    /// The block, which borrows the data and the comment and copies the rest.
    ///
    /// # Errors
    /// When a member cannot be written without changing what the receiver reads: see
    /// [`InvalidField`], which names the member and the place in it.
    ///
    /// ```
    /// use esse_conformance::block_json::BlockJson;
    ///
    /// let forged = BlockJson { id: Some("7\ndata: forged".into()), ..BlockJson::default() };
    /// assert!(forged.to_block().is_err());
    /// ```
    pub fn to_block(&self) -> Result<Block<'_>, InvalidField> {
        let mut block = self.data.as_deref().map_or_else(Block::new, Block::event);
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
impl From<BlockVector> for BlockJson {
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
        let block: BlockJson = serde_json::from_str(json).unwrap();
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
        let block: BlockJson = serde_json::from_str(json).unwrap();
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
            let block: BlockJson = serde_json::from_str(json).unwrap();
            assert!(block.to_block().is_err(), "{json}");
        }
    }
}

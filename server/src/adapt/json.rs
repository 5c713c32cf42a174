//! [`Hub::publish_json`]. Feature `json`.

use std::fmt;

use esse_encoder::{Block, EventId, EventType};
use serde_core::Serialize;

use crate::hub::Hub;
use crate::publish_error::PublishError;

impl Hub {
    /// Publishes an event whose data is the JSON of `value`, under its event type. Needs the feature
    /// `json`.
    ///
    /// For topics, an audience or a key, make a [`Record`](crate::Record) of `Block::json(&value)`.
    ///
    /// # Errors
    /// [`PublishJsonError`] if the value has no JSON, or if the hub does not publish it.
    ///
    /// ```
    /// use esse_encoder::EventType;
    /// use esse_server::{Hub, IdCounter};
    /// use serde_json::json;
    ///
    /// const HEAD: EventType = EventType::from_static("head");
    ///
    /// let (hub, ids) = (Hub::new(), IdCounter::new());
    /// hub.publish_json(HEAD, ids.next_id(), &json!({ "slot": "10" }))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn publish_json<T: Serialize + ?Sized>(
        &self,
        event_type: EventType,
        id: EventId,
        value: &T,
    ) -> Result<(), PublishJsonError> {
        let block = Block::json(value).map_err(PublishJsonError::Json)?;
        let published = self.publish(block.event_type(event_type).id(id));
        published.map_err(PublishJsonError::Publish)
    }
}

/// Why [`Hub::publish_json`] published nothing.
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishJsonError {
    /// The value failed to serialize.
    Json(serde_json::Error),
    /// The hub did not publish the record.
    Publish(PublishError),
}

impl fmt::Display for PublishJsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(f, "the value has no JSON: {error}"),
            Self::Publish(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PublishJsonError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Json(error) => Some(error),
            Self::Publish(error) => Some(error),
        }
    }
}

//! An event as JSON: what `esse decode` writes.

use esse_parser::Event;
use serde::Serialize;

/// An event as JSON, with the names of the DOM's `MessageEvent`. All members are always there.
///
/// ```
/// use esse_conformance::event_json::EventJson;
/// use esse_parser::{Chunk, Parser};
///
/// let mut parser = Parser::new();
/// let event = parser.next_event(&mut Chunk::new(b"id: 7\ndata: x\n\n"))?.unwrap();
/// assert_eq!(
///     serde_json::to_string(&EventJson::from(event))?,
///     r#"{"type":"message","data":"x","lastEventId":"7"}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventJson<'a> {
    /// The type, `message` where the block named none.
    #[serde(rename = "type")]
    pub event_type: &'a str,
    /// The data.
    pub data: &'a str,
    /// The last event ID when the event was dispatched, `""` where there was none.
    pub last_event_id: &'a str,
}

impl<'a> From<Event<'a>> for EventJson<'a> {
    fn from(event: Event<'a>) -> Self {
        let Event {
            event_type,
            data,
            last_event_id,
        } = event;
        Self {
            event_type,
            data,
            last_event_id,
        }
    }
}

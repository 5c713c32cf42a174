//! What a subject answers: events, an encoding, or a reason why there is neither.

use std::fmt;

use esse_parser::reference::Interpretation;
use esse_vectors::Discarded;
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// What a stream means: the answer of a parser, and what a vector expects.
///
/// ```
/// let parsed: esse_conformance::subject::Parsed =
///     serde_json::from_str(r#"{"events":[{"type":"message","data":"x"}],"comments":[]}"#)?;
/// assert_eq!(parsed.events[0].data, "x");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Parsed {
    /// The events, in order.
    pub events: Vec<Event>,
    /// The last event ID at the end of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_id: Option<String>,
    /// The reconnection time at the end of the stream, in milliseconds.
    #[serde(default)]
    pub reconnection_time: Option<Number>,
    /// All comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<Vec<String>>,
    /// Name and value of each line that was ignored because no field has its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignored: Option<Vec<(String, String)>>,
    /// What the end of the stream discarded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discarded: Option<Discarded>,
}

/// An event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The type; `message` if the block names none.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The data.
    pub data: String,
    /// The last event ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_id: Option<String>,
    /// The index (from 0) of the chunk after which the event was handed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_chunk: Option<usize>,
}

/// What the reference makes of a stream.
impl From<Interpretation> for Parsed {
    fn from(interpretation: Interpretation) -> Self {
        let events = interpretation.events.into_iter().map(|event| Event {
            event_type: event.event_type,
            data: event.data,
            last_event_id: Some(event.last_event_id),
            after_chunk: None,
        });
        Self {
            events: events.collect(),
            last_event_id: Some(interpretation.last_event_id),
            reconnection_time: interpretation.reconnection_time.map(Into::into),
            ..Self::default()
        }
    }
}

/// What an encoder makes of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// The encoding.
    Bytes(Vec<u8>),
    /// It refuses the block, for this reason.
    Rejected(String),
}

/// Why there is no answer to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The subject does not do this, for this reason. The vector neither passes nor fails.
    Skipped(String),
    /// The implementation raised an error.
    Errored(String),
    /// The answer does not fit the protocol.
    Malformed(String),
    /// It was not asked any more, for this reason. The vector neither passes nor fails.
    NotRun(String),
    /// There was no answer in time.
    TimedOut {
        /// What happened.
        how: String,
        /// The end of what the subject wrote to stderr.
        stderr: String,
    },
    /// The subject crashed, or answered something else.
    Lost {
        /// What happened.
        how: String,
        /// The end of what it wrote to stderr.
        stderr: String,
    },
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped(why) => write!(f, "skipped: {why}"),
            Self::Errored(what) => write!(f, "raised an error: {what}"),
            Self::Malformed(why) => write!(f, "answer does not fit the protocol: {why}"),
            Self::NotRun(why) => write!(f, "not run: {why}"),
            Self::TimedOut { how, .. } | Self::Lost { how, .. } => f.write_str(how),
        }
    }
}

//! A subject: an implementation under test, in this process or another.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::block_json::BlockJson;

/// What a subject says of itself.
///
/// ```
/// let info: esse_conformance::subject::Info = serde_json::from_str(
///     r#"{"name":"x","language":"C","roles":["parser"],"capabilities":["chunks","afterChunk"]}"#,
/// )?;
/// assert_eq!(info.title(), "x (C)");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Info {
    /// Its name, also that of its file of known failures.
    pub name: String,
    /// The programming language.
    #[serde(default)]
    pub language: String,
    /// The version of the implementation, not of the adapter.
    #[serde(default)]
    pub implementation_version: String,
    /// Where to find it.
    #[serde(default)]
    pub homepage: String,
    /// What it is asked to do.
    pub roles: Vec<Role>,
    /// What of its answers is judged.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
}

impl Info {
    /// Whether it has the role.
    ///
    /// ```
    /// use esse_conformance::subject::{Info, Role};
    ///
    /// assert!(!Info::default().is(&Role::Parser));
    /// ```
    pub fn is(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }

    /// Whether it has the capability.
    ///
    /// ```
    /// use esse_conformance::subject::{Capability, Info};
    ///
    /// assert!(!Info::default().can(&Capability::Chunks));
    /// ```
    pub fn can(&self, capability: &Capability) -> bool {
        self.capabilities.contains(capability)
    }

    /// Name, version and language, as reports show them.
    ///
    /// ```
    /// use esse_conformance::subject::{Info, Subject};
    ///
    /// assert!(esse_conformance::builtin::Builtin::new().info().title().ends_with("(Rust)"));
    /// ```
    pub fn title(&self) -> String {
        let mut title = self.name.clone();
        if !self.implementation_version.is_empty() {
            title = format!("{title} {}", self.implementation_version);
        }
        if !self.language.is_empty() {
            title = format!("{title} ({})", self.language);
        }
        title
    }
}

/// What a subject does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    /// Event stream to events.
    Parser,
    /// Blocks to event stream.
    Encoder,
    /// A role of a later version of the protocol.
    #[serde(untagged)]
    Other(String),
}

/// What a subject's parser can take or tell. What it cannot is not asked and not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Capability {
    /// Takes a stream in chunks. Without it, every stream is sent in one.
    Chunks,
    /// Tells after which chunk an event was handed out.
    AfterChunk,
    /// Reports comments.
    Comments,
    /// Tells the reconnection time at the end of the stream.
    ReconnectionTime,
    /// Tells the last event ID at the end of the stream.
    LastEventId,
    /// Takes the last event ID of an earlier connection.
    InitialLastEventId,
    /// A capability of a later version of the protocol.
    #[serde(untagged)]
    Other(String),
}

/// What a parser made of a stream.
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
    pub events: Vec<ParsedEvent>,
    /// The last event ID at the end of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_id: Option<String>,
    /// The reconnection time at the end of the stream, in milliseconds.
    #[serde(default)]
    pub reconnection_time: Option<Number>,
    /// All comments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comments: Option<Vec<String>>,
}

/// An event as a parser handed it out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParsedEvent {
    /// The type, `message` where the block named none.
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

/// What an encoder made of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// The encoding.
    Bytes(Vec<u8>),
    /// It refused the block, and why.
    Rejected(String),
}

/// There is no answer to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The subject does not do this, and says why. Neither passed nor failed.
    Skipped(String),
    /// The implementation raised an error.
    Errored(String),
    /// The answer does not fit the protocol.
    Malformed(String),
    /// The subject crashed, hung or answered garbage.
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
            Self::Lost { how, .. } => f.write_str(how),
        }
    }
}

/// An implementation under test.
///
/// ```
/// use esse_conformance::subject::Subject;
///
/// let mut subject = esse_conformance::builtin::Builtin::new();
/// let parsed = subject.parse(&[b"data: x\r", b"\r"], None);
/// assert_eq!(parsed.unwrap().events[0].after_chunk, Some(1));
/// ```
pub trait Subject {
    /// What it says of itself.
    fn info(&self) -> &Info;

    /// Parses a whole stream that arrives in these chunks. `last_event_id` is that of an
    /// earlier connection.
    ///
    /// # Errors
    /// When there is no answer to judge.
    fn parse(&mut self, chunks: &[&[u8]], last_event_id: Option<&str>) -> Result<Parsed, NoAnswer>;

    /// Encodes a block.
    ///
    /// # Errors
    /// When there is no answer to judge. A refusal is an answer.
    fn encode(&mut self, block: &BlockJson) -> Result<Encoded, NoAnswer>;

    /// Whether its encoder must give the canonical bytes and its parser the reading that esse
    /// has pinned where the standard is silent. Only the built-in pair's must.
    fn is_exact(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_later_version_may_name_is_let_be() {
        let info: Info = serde_json::from_str(
            r#"{"name":"x","roles":["parser","client"],"capabilities":["chunks","cookies"],"more":1}"#,
        )
        .unwrap();
        assert_eq!(info.roles, [Role::Parser, Role::Other("client".into())]);
        let cookies = Capability::Other("cookies".into());
        assert_eq!(info.capabilities, [Capability::Chunks, cookies]);
    }

    #[test]
    fn a_title_leaves_out_what_is_not_known() {
        let named = |version: &str, language: &str| Info {
            name: "x".into(),
            implementation_version: version.into(),
            language: language.into(),
            ..Info::default()
        };
        let titles = [("", ""), ("1", ""), ("", "C"), ("1", "C")].map(|(v, l)| named(v, l).title());
        assert_eq!(titles, ["x", "x 1", "x (C)", "x 1 (C)"]);
    }
}

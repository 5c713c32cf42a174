//! What a subject says about itself.

use serde::{Deserialize, Serialize};

/// What a subject says about itself.
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
    /// Its name. A file of known failures names its subject with it.
    pub name: String,
    /// The programming language.
    #[serde(default)]
    pub language: String,
    /// The version of the implementation, not of the adapter.
    #[serde(default)]
    pub implementation_version: String,
    /// The address of its project.
    #[serde(default)]
    pub homepage: String,
    /// What it can be asked to do.
    pub roles: Vec<Role>,
    /// Which parts of its answers are judged.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
}

impl Info {
    /// Whether it has the role.
    pub fn is(&self, role: &Role) -> bool {
        self.roles.contains(role)
    }

    /// Whether it has the capability.
    pub fn can(&self, capability: &Capability) -> bool {
        self.capabilities.contains(capability)
    }

    /// Name, version and language, as reports show them.
    pub fn title(&self) -> String {
        title(&self.name, &self.implementation_version, &self.language)
    }
}

/// Name, version and language, as reports show them. Leaves out the parts that are empty.
pub fn title(name: &str, version: &str, language: &str) -> String {
    let mut title = name.to_owned();
    if !version.is_empty() {
        title = format!("{title} {version}");
    }
    if !language.is_empty() {
        title = format!("{title} ({language})");
    }
    title
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

/// What a subject's parser accepts and reports. Anything else is neither asked nor judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Capability {
    /// Accepts a stream in chunks. Without it, every stream is sent in one chunk.
    Chunks,
    /// Reports after which chunk an event was handed out.
    AfterChunk,
    /// Reports comments.
    Comments,
    /// Reports the reconnection time at the end of the stream.
    ReconnectionTime,
    /// Reports the last event ID at the end of the stream.
    LastEventId,
    /// Accepts the last event ID of an earlier connection.
    InitialLastEventId,
    /// Reports lines that were ignored because no field has their name.
    Ignored,
    /// Reports what the end of the stream discarded.
    Discarded,
    /// A capability of a later version of the protocol.
    #[serde(untagged)]
    Other(String),
}

impl Capability {
    /// All capabilities of this version of the protocol.
    pub const ALL: [Self; 8] = [
        Self::Chunks,
        Self::AfterChunk,
        Self::Comments,
        Self::ReconnectionTime,
        Self::LastEventId,
        Self::InitialLastEventId,
        Self::Ignored,
        Self::Discarded,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_later_version_are_accepted() {
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

//! The lines between the suite and a server's program.

use serde::{Deserialize, Serialize};

/// What the suite asks.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Command<'e> {
    /// Send this event to every stream.
    Publish(&'e Published),
    /// End every stream.
    Close(bool),
}

/// An event to be published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Published {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    #[serde(rename = "event", skip_serializing_if = "Option::is_none")]
    pub(super) event_type: Option<String>,
    pub(super) data: String,
}

/// The ID of a number. All have the same length, for servers that sort IDs as text.
pub(super) fn id_of(number: usize) -> String {
    format!("n{number:04}")
}

/// The answer to a command: one of both.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) ok: bool,
    #[serde(default)]
    pub(super) error: Option<String>,
}

impl Published {
    pub(super) fn data(data: impl Into<String>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// An event whose data is a number, with the ID of that number.
    pub(super) fn numbered(number: usize) -> Self {
        Self::data(number.to_string()).id(id_of(number))
    }

    pub(super) fn id(self, id: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            ..self
        }
    }

    pub(super) fn event_type(self, event_type: impl Into<String>) -> Self {
        Self {
            event_type: Some(event_type.into()),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_the_lines_of_the_readme() {
        let line = |command: Command<'_>| serde_json::to_string(&command).unwrap();
        let event = Published::data("d").id("7").event_type("x");
        assert_eq!(
            line(Command::Publish(&event)),
            r#"{"publish":{"id":"7","event":"x","data":"d"}}"#
        );
        assert_eq!(
            line(Command::Publish(&Published::data("d"))),
            r#"{"publish":{"data":"d"}}"#
        );
        assert_eq!(line(Command::Close(true)), r#"{"close":true}"#);
    }
}

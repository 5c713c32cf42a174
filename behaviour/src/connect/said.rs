//! The lines that a driver prints.

use esse_vectors::connect::Said;
use serde_json::Value;

/// A line of a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Something of the expectation, and the line itself.
    Said { said: Said, line: String },
    /// An error that its user sees at the end.
    FinalError,
    /// A line that is not in the protocol.
    Unknown(String),
}

impl Line {
    pub(super) fn read(line: &str) -> Self {
        let value = serde_json::from_str(line).unwrap_or_default();
        if has(&value, "told") {
            return Self::FinalError;
        }
        match said(&value) {
            Some(said) => Self::Said {
                said,
                line: line.to_owned(),
            },
            None => Self::Unknown(line.to_owned()),
        }
    }
}

fn said(value: &Value) -> Option<Said> {
    let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
    if let Some(data) = text("data") {
        return Some(Said::Event {
            event_type: text("type")?,
            data,
            last_event_id: text("lastEventId")?,
        });
    }
    if let Some(comment) = text("comment") {
        return Some(Said::Comment(comment));
    }
    let states = [
        ("open", Said::Open),
        ("error", Said::Error),
        ("closed", Said::Closed),
    ];
    let mut states = states.into_iter();
    states.find_map(|(name, said)| has(value, name).then_some(said))
}

fn has(value: &Value, name: &str) -> bool {
    value.get(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let event = Said::Event {
            event_type: "t".to_owned(),
            data: "d".to_owned(),
            last_event_id: "i".to_owned(),
        };
        for (line, expected) in [
            (r#"{"open":true}"#, Said::Open),
            (r#"{"type":"t","data":"d","lastEventId":"i"}"#, event),
            (r#"{"error":"why"}"#, Said::Error),
            (r#"{"comment":"c"}"#, Said::Comment("c".to_owned())),
            (r#"{"closed":"why"}"#, Said::Closed),
        ] {
            let said = Line::Said {
                said: expected,
                line: line.to_owned(),
            };
            assert_eq!(Line::read(line), said);
        }
        assert_eq!(Line::read(r#"{"told":"why"}"#), Line::FinalError);
        for line in ["", "open", r#"{"data":"d"}"#, r#"{"opened":true}"#, "[1]"] {
            assert_eq!(Line::read(line), Line::Unknown(line.to_owned()));
        }
    }
}

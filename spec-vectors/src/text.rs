//! A text in the JSON files: a string, or the repeated parts of a large one.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Text {
    Plain(String),
    Large { parts: Vec<Part> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    text: String,
    times: usize,
}

impl Text {
    fn expand(self) -> String {
        match self {
            Self::Plain(text) => text,
            Self::Large { parts } => parts
                .iter()
                .map(|part| part.text.repeat(part.times))
                .collect(),
        }
    }
}

pub(crate) fn one<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
    Text::deserialize(json).map(Text::expand)
}

pub(crate) fn optional<'de, D: Deserializer<'de>>(json: D) -> Result<Option<String>, D::Error> {
    one(json).map(Some)
}

pub(crate) fn optional_list<'de, D: Deserializer<'de>>(
    json: D,
) -> Result<Option<Vec<String>>, D::Error> {
    let texts = Vec::<Text>::deserialize(json)?;
    Ok(Some(texts.into_iter().map(Text::expand).collect()))
}

#[cfg(test)]
mod tests {
    use super::Text;

    fn expanded(json: &str) -> Option<String> {
        serde_json::from_str(json).ok().map(Text::expand)
    }

    #[test]
    fn a_string_stands_for_itself() {
        assert_eq!(expanded(r#""a\nb""#).as_deref(), Some("a\nb"));
    }

    #[test]
    fn parts_are_repeated_and_joined_in_order() {
        let json = r#"{"parts": [{"text": "ab", "times": 2}, {"text": "\n", "times": 1}]}"#;
        assert_eq!(expanded(json).as_deref(), Some("abab\n"));
    }

    #[test]
    fn other_members_are_refused() {
        assert_eq!(expanded(r#"{"parts": [], "text": "a"}"#), None);
        assert_eq!(expanded(r#"{"parts": [{"text": "a"}]}"#), None);
    }
}

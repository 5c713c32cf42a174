//! The shapes of the payloads, as `shapes.json` says them.

use serde_json::{Map, Value};

/// The shape of each topic, and the types that they name.
pub(crate) struct Shapes {
    types: Map<String, Value>,
    topics: Map<String, Value>,
}

impl Shapes {
    pub(crate) fn of_the_specification() -> Self {
        let shapes: Value = serde_json::from_str(include_str!("shapes.json")).unwrap();
        let object = |name: &str| shapes[name].as_object().unwrap().clone();
        Self {
            types: object("types"),
            topics: object("topics"),
        }
    }

    pub(crate) fn topics(&self) -> impl Iterator<Item = &str> {
        self.topics.keys().map(String::as_str)
    }

    /// Whether the payload has the shape of its topic. The error names the first member that has
    /// not.
    pub(crate) fn check(&self, topic: &str, payload: &Value) -> Result<(), String> {
        let shape = self.topics.get(topic).ok_or("an unknown topic")?;
        self.fits(shape, payload, topic)
    }

    fn fits(&self, shape: &Value, value: &Value, at: &str) -> Result<(), String> {
        match (shape, value) {
            (Value::Object(members), Value::Object(values)) => {
                let names: Vec<_> = values.keys().collect();
                let expected: Vec<_> = members.keys().collect();
                if names != expected {
                    return Err(format!("{at} has {names:?} in place of {expected:?}"));
                }
                let fits = |(name, shape): (&String, &Value)| {
                    self.fits(shape, &values[name], &format!("{at}.{name}"))
                };
                members.iter().try_for_each(fits)
            }
            (Value::Array(array), Value::Array(items)) => {
                if let Some(len) = array.get(1)
                    && len.as_u64() != u64::try_from(items.len()).ok()
                {
                    return Err(format!("{at} has {} items", items.len()));
                }
                let mut items = items.iter();
                items.try_for_each(|item| self.fits(&array[0], item, &format!("{at}[]")))
            }
            (Value::String(kind), _) => match self.types.get(kind) {
                Some(shape) => self.fits(shape, value, at),
                None if kind.split('|').any(|kind| is_of_kind(kind, value)) => Ok(()),
                None => Err(format!("{at} is not {kind}: {value}")),
            },
            _ => Err(format!("{at} is not {shape}: {value}")),
        }
    }
}

fn is_of_kind(kind: &str, value: &Value) -> bool {
    let text = || value.as_str().unwrap_or_default();
    if let Some(literal) = kind.strip_prefix('=') {
        return text() == literal;
    }
    if let Some(bytes) = kind.strip_prefix("hex") {
        return is_hex(text(), bytes.parse().ok());
    }
    match kind {
        "uint64" => text()
            .parse::<u64>()
            .is_ok_and(|number| number.to_string() == text()),
        "boolean" => value.is_boolean(),
        _ => panic!("shapes.json does not define {kind}"),
    }
}

fn is_hex(text: &str, bytes: Option<usize>) -> bool {
    let Some(digits) = text.strip_prefix("0x") else {
        return false;
    };
    let len = bytes.map_or(digits.len() / 2, |bytes| bytes);
    digits.len() == 2 * len && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

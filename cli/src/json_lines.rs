//! The lines that `esse encode` reads: blocks, and events as `esse decode` writes them.

use esse_conformance::subject::Block;
use esse_encoder::InvalidField;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The type of an event whose block names none (9.2.6, dispatch step 5).
const MESSAGE: &str = "message";

/// Some editors begin a file with it.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// Encodes line after line. It remembers the last event ID, which it writes only when it changes.
///
/// ```
/// use esse_cli::json_lines::JsonLines;
///
/// let mut lines = JsonLines::default();
/// assert_eq!(lines.encode(br#"{"event":"add","data":"x"}"#)?, b"event: add\ndata: x\n\n");
/// let decoded = br#"{"type":"message","data":"y","lastEventId":"7"}"#;
/// assert_eq!(lines.encode(decoded)?, b"data: y\nid: 7\n\n");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Default)]
pub struct JsonLines {
    /// The last event ID of a receiver that has read everything written so far.
    last_event_id: String,
    /// Something was written: what follows does not begin the stream.
    has_begun: bool,
}

/// The members that distinguish an event of `esse decode` from a block.
#[derive(Deserialize)]
struct Telltale {
    r#type: Option<IgnoredAny>,
    #[serde(rename = "lastEventId")]
    last_event_id: Option<IgnoredAny>,
}

/// An event as `esse decode` writes it. A member that was removed on the way (say, by `jq`) has its
/// default: the type `message`, and the last event ID as before.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DecodedEvent {
    r#type: Option<String>,
    data: Data,
    last_event_id: Option<Id>,
}

/// A block as people write it: the data may be any JSON value, the ID a number, and the
/// reconnection time a string of digits.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenBlock {
    comment: Option<String>,
    event: Option<String>,
    retry: Option<Retry>,
    fields: Option<Vec<(String, String)>>,
    /// Null is data too.
    #[serde(deserialize_with = "present")]
    data: Option<Data>,
    id: Option<Id>,
}

/// Text as it is, or another JSON value, compactly.
#[derive(Deserialize)]
#[serde(try_from = "Box<RawValue>")]
struct Data(String);

/// Text, or the digits of a whole number of any size.
#[derive(Deserialize)]
#[serde(try_from = "Box<RawValue>")]
struct Id(String);

#[derive(Deserialize)]
#[serde(untagged, expecting = "`retry` must be a whole number of milliseconds")]
enum Retry {
    Number(u64),
    Digits(#[serde(deserialize_with = "digits")] u64),
}

impl JsonLines {
    /// The encoding of the block in a line; nothing for a blank line.
    ///
    /// # Errors
    /// What is wrong with the line, with the column if there is one.
    ///
    /// ```
    /// use esse_cli::json_lines::JsonLines;
    ///
    /// let refused = JsonLines::default().encode(br#"{"id":"a\nb"}"#).unwrap_err();
    /// assert!(refused.contains("line break"));
    /// ```
    pub fn encode(&mut self, line: &[u8]) -> Result<Vec<u8>, String> {
        let Some(block) = self.parse(line)? else {
            return Ok(Vec::new());
        };
        let mut encoded = Vec::new();
        if let Some(named) = with_a_letter(&block) {
            let mark = if self.has_begun { &[] } else { BOM };
            named.to_block().map_err(refusal)?.encode(&mut encoded);
            encoded.splice(..1, mark.iter().copied());
        } else {
            block.to_block().map_err(refusal)?.encode(&mut encoded);
        }
        self.note(&block);
        self.has_begun = true;
        Ok(encoded)
    }

    /// The block in a line, which is valid; none for a blank line.
    #[cfg(feature = "net")]
    pub(crate) fn block(&mut self, line: &[u8]) -> Result<Option<Block>, String> {
        let block = self.parse(line)?;
        if let Some(block) = &block {
            block.to_block().map_err(refusal)?;
            self.note(block);
        }
        Ok(block)
    }

    fn parse(&self, line: &[u8]) -> Result<Option<Block>, String> {
        let line = line.strip_prefix(BOM).unwrap_or(line).trim_ascii();
        // serde would accept an array of the members in order.
        match line.first() {
            None => return Ok(None),
            Some(b'{') => {}
            Some(_) => {
                return Err("not a JSON object: a block is `{\"data\":\"…\"}`".to_owned());
            }
        }
        if is_decoded_event(line) {
            Ok(Some(self.block_of(from_json(line)?)))
        } else {
            from_json::<WrittenBlock>(line).map(|block| Some(Block::from(block)))
        }
    }

    /// To be called with blocks that are valid: a line that is refused does not count.
    fn note(&mut self, block: &Block) {
        if let Some(id) = &block.id {
            self.last_event_id.clone_from(id);
        }
    }

    /// `id` only if it changes something, so that an event of a stream without IDs gets none.
    fn block_of(&self, event: DecodedEvent) -> Block {
        Block {
            event: event.r#type.filter(|event_type| event_type != MESSAGE),
            data: Some(event.data.0),
            id: event
                .last_event_id
                .map(|id| id.0)
                .filter(|id| *id != self.last_event_id),
            ..Block::default()
        }
    }
}

/// For a block that is one ignored line whose name begins with U+FEFF, as `esse decode --all` writes it:
/// the block with a letter before the name.
///
/// The encoder refuses that name, because receivers strip the character at the start of a stream. Here
/// it is known where the stream starts, and there one more U+FEFF keeps the name whole.
fn with_a_letter(block: &Block) -> Option<Block> {
    let [(name, value)] = &block.fields[..] else {
        return None;
    };
    let field = |name: String| Block {
        fields: vec![(name, value.clone())],
        ..Block::default()
    };
    let is_alone = *block == field(name.clone());
    (is_alone && name.starts_with('\u{feff}')).then(|| field(format!("x{name}")))
}

/// Why the encoder refuses a block, for people who see members and not methods.
fn refusal(invalid: InvalidField) -> String {
    match invalid {
        InvalidField::Reserved => {
            "field name is one of `data`, `event`, `id`, `retry`: use the member of that name"
                .to_owned()
        }
        other => other.to_string(),
    }
}

impl From<WrittenBlock> for Block {
    fn from(written: WrittenBlock) -> Self {
        Self {
            comment: written.comment,
            event: written.event,
            retry: written.retry.map(|retry| match retry {
                Retry::Number(time) | Retry::Digits(time) => time,
            }),
            fields: written.fields.unwrap_or_default(),
            data: written.data.map(|data| data.0),
            id: written.id.map(|id| id.0),
        }
    }
}

impl TryFrom<Box<RawValue>> for Data {
    type Error = String;

    fn try_from(value: Box<RawValue>) -> Result<Self, String> {
        let json = value.get();
        if json.starts_with('"') {
            return text(json).map(Self);
        }
        Ok(Self(compact(json)))
    }
}

impl TryFrom<Box<RawValue>> for Id {
    type Error = String;

    fn try_from(value: Box<RawValue>) -> Result<Self, String> {
        let json = value.get();
        let digits = json.strip_prefix('-').unwrap_or(json);
        if json.starts_with('"') {
            text(json).map(Self)
        } else if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(json.to_owned()))
        } else {
            Err("`id` must be a string or a whole number".to_owned())
        }
    }
}

fn text(json: &str) -> Result<String, String> {
    serde_json::from_str(json).map_err(|error| without_place(&error))
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Data>, D::Error> {
    Data::deserialize(deserializer).map(Some)
}

/// The JSON without white space between its tokens; numbers stay as they were written.
fn compact(json: &str) -> String {
    let (mut in_string, mut is_escaped) = (false, false);
    let kept = json.chars().filter(|char| {
        let is_kept = in_string || !char.is_ascii_whitespace();
        in_string ^= *char == '"' && !is_escaped;
        is_escaped = *char == '\\' && !is_escaped;
        is_kept
    });
    kept.collect()
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.split(" at line ").next().unwrap_or_default() {
        // serde_json has these for surrogates only.
        "unexpected end of hex escape" | "lone leading surrogate in hex escape" => {
            "lone surrogate: a `\\u` escape of half a character".to_owned()
        }
        // A field is a line of an event stream here.
        reason => match reason.split_once(" field `") {
            Some((what @ ("unknown" | "missing" | "duplicate"), more)) => {
                format!("{what} member `{more}")
            }
            _ => reason.to_owned(),
        },
    }
}

fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse().ok().filter(|_| is_digits);
    value.ok_or_else(|| D::Error::custom("not a whole number"))
}

fn is_decoded_event(line: &[u8]) -> bool {
    serde_json::from_slice::<Telltale>(line)
        .is_ok_and(|telltale| telltale.r#type.is_some() || telltale.last_event_id.is_some())
}

/// The caller knows the number of the line, so the message has only the column.
fn from_json<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| {
        let reason = without_place(&error);
        format!("{reason} (column {})", error.column())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(lines: &[&str]) -> String {
        let mut state = JsonLines::default();
        let encoded = lines
            .iter()
            .flat_map(|line| state.encode(line.as_bytes()).unwrap());
        String::from_utf8(encoded.collect()).unwrap()
    }

    fn refuse(line: &str) -> String {
        JsonLines::default().encode(line.as_bytes()).unwrap_err()
    }

    #[test]
    fn an_id_is_written_where_it_changes_also_back_to_the_empty_one() {
        let encoded = encode(&[
            r#"{"type":"message","data":"a","lastEventId":""}"#,
            r#"{"type":"message","data":"b","lastEventId":"1"}"#,
            r#"{"type":"message","data":"c","lastEventId":"1"}"#,
            r#"{"type":"message","data":"d","lastEventId":""}"#,
        ]);
        assert_eq!(
            encoded,
            "data: a\n\ndata: b\nid: 1\n\ndata: c\n\ndata: d\nid: \n\n"
        );
    }

    #[test]
    fn the_id_of_a_block_counts_for_the_events_after_it() {
        let encoded = encode(&[
            r#"{"id":"1"}"#,
            r#"{"comment":"c"}"#,
            r#"{"type":"message","data":"a","lastEventId":"1"}"#,
            r#"{"type":"message","data":"b","lastEventId":""}"#,
        ]);
        assert_eq!(encoded, "id: 1\n\n: c\n\ndata: a\n\ndata: b\nid: \n\n");
    }

    #[test]
    fn the_type_message_needs_no_field() {
        let encoded = encode(&[
            r#"{"type":"message","data":"a","lastEventId":""}"#,
            r#"{"type":"add","data":"b","lastEventId":""}"#,
        ]);
        assert_eq!(encoded, "data: a\n\nevent: add\ndata: b\n\n");
    }

    #[test]
    fn what_was_taken_out_of_an_event_stays_as_it_is() {
        let encoded = encode(&[
            r#"{"id":"1"}"#,
            r#"{"type":"add","data":"a"}"#,
            r#"{"data":"b","lastEventId":"1"}"#,
        ]);
        assert_eq!(encoded, "id: 1\n\nevent: add\ndata: a\n\ndata: b\n\n");
    }

    #[test]
    fn blank_lines_are_nothing() {
        assert_eq!(
            encode(&["", "  \r\n", "{\"data\":\"x\"}\r\n"]),
            "data: x\n\n"
        );
    }

    #[test]
    fn a_line_that_is_no_block_is_refused_with_the_column() {
        assert_eq!(
            refuse("[]"),
            "not a JSON object: a block is `{\"data\":\"…\"}`"
        );
        assert_eq!(refuse(r#"["c","e",1,[],"d","i"]"#), refuse("[]"));
        assert_eq!(refuse(r#"{"data":}"#), "expected value (column 9)");
        assert!(refuse(r#"{"dat":"x"}"#).starts_with("unknown member `dat`, expected one of"));
        assert!(refuse(r#"{"data":"x","data":"y"}"#).starts_with("duplicate member `data`"));
        assert!(refuse(r#"{"type":"x","id":"1","data":""}"#).starts_with("unknown member `id`"));
        assert!(refuse(r#"{"type":"x"}"#).starts_with("missing member `data`"));
        assert!(refuse(r#"{"data":"x"} {}"#).starts_with("trailing characters"));
        assert!(refuse(r#"{"data":"x""#).starts_with("EOF while parsing"));
    }

    #[test]
    fn values_that_are_not_text_are_written_as_people_expect() {
        let encoded = encode(&[
            "\u{feff}{\"data\":{\"a\": [1.50, \"b \\\" c\"],\t\"d\":null} }",
            r#"{"data":7,"id":8}"#,
            r#"{"data":null,"retry":"3000"}"#,
            r#"{"event":null,"id":null,"comment":null,"retry":null,"fields":null}"#,
            r#"{"data":null,"type":"add"}"#,
            r#"{"data":true,"lastEventId":-1}"#,
            r#"{"id":123456789012345678901234567890}"#,
        ]);
        let expected = [
            "data: {\"a\":[1.50,\"b \\\" c\"],\"d\":null}\n\n",
            "data: 7\nid: 8\n\n",
            "retry: 3000\ndata: null\n\n",
            "\n",
            "event: add\ndata: null\n\n",
            "data: true\nid: -1\n\n",
            "id: 123456789012345678901234567890\n\n",
        ];
        assert_eq!(encoded, expected.concat());
        for retry in ["\"3s\"", "\"+3\"", "\"\"", "1.5", "{}"] {
            let refused = refuse(&format!(r#"{{"retry":{retry}}}"#));
            assert!(
                refused.starts_with("`retry` must be a whole number of milliseconds"),
                "{refused}"
            );
        }
        for id in ["1.5", "1e3", "true", "[]", "{}"] {
            let refused = refuse(&format!(r#"{{"id":{id}}}"#));
            let expected = "`id` must be a string or a whole number";
            assert!(refused.starts_with(expected), "{refused}");
        }
    }

    #[test]
    fn what_would_be_read_as_something_else_is_refused() {
        assert!(refuse(r#"{"id":"a\nb"}"#).contains("line break"));
        assert!(refuse(r#"{"type":"a\nb","data":""}"#).contains("line break"));
        assert!(refuse(r#"{"data":"","lastEventId":"a\u0000"}"#).contains("U+0000"));
    }

    /// A receiver strips the mark at the start of a stream, and nowhere else.
    #[test]
    fn an_ignored_line_with_a_mark_is_written_as_it_was() {
        let line = "{\"fields\":[[\"\u{feff}data\",\"x\"]]}";
        assert_eq!(encode(&[line]), "\u{feff}\u{feff}data: x\n\n");
        let later = encode(&["", r#"{"data":"a"}"#, line]);
        assert_eq!(later, "data: a\n\n\u{feff}data: x\n\n");
        let refused = refuse("{\"fields\":[[\"\u{feff}a\\n\",\"x\"]]}");
        assert!(refused.contains("line break"), "{refused}");
        let refused = refuse("{\"fields\":[[\"\u{feff}a\",\"x\"]],\"data\":\"\"}");
        assert!(refused.contains("U+FEFF"), "{refused}");
    }

    #[test]
    fn a_refused_line_does_not_count() {
        let mut state = JsonLines::default();
        assert!(state.encode(br#"{"id":"1","event":"a\nb"}"#).is_err());
        let encoded = state.encode(br#"{"data":"a","lastEventId":"1"}"#).unwrap();
        assert_eq!(encoded, b"data: a\nid: 1\n\n");
    }
}

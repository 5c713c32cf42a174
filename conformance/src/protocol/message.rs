//! The messages of the subject protocol.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::subject::answer::{Encoded, NoAnswer, Parsed};
use crate::subject::block::Block;
use crate::subject::info::Info;

/// The version that this suite speaks.
pub const VERSION: u32 = 1;

/// A line from the suite to a subject.
///
/// ```
/// use esse_conformance::protocol::Command;
///
/// let command: Command = serde_json::from_str(r#"{"cmd":"parse","seq":7,"chunks":["DQ=="]}"#)?;
/// assert!(matches!(command, Command::Parse { seq: 7, .. }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "cmd", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Command {
    /// The first line: asks the subject what it is.
    Start {
        /// The version of the protocol.
        version: u32,
    },
    /// Parse a stream.
    Parse {
        /// The number that the answer repeats.
        seq: u64,
        /// The chunks, each in base64.
        chunks: Vec<String>,
        /// The last event ID of an earlier connection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_event_id: Option<String>,
    },
    /// Encode a block.
    Encode {
        /// The number that the answer repeats.
        seq: u64,
        /// The block.
        block: Block,
    },
    /// The last line.
    Stop,
}

impl Command {
    pub(crate) fn parse(seq: u64, chunks: &[&[u8]], last_event_id: Option<&str>) -> Self {
        Self::Parse {
            seq,
            chunks: chunks.iter().map(|chunk| to_base64(chunk)).collect(),
            last_event_id: last_event_id.map(str::to_owned),
        }
    }
}

/// The answer to `start`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Started {
    /// The version of the protocol that the subject speaks.
    pub version: u32,
    /// What the subject says about itself.
    #[serde(flatten)]
    pub info: Info,
}

/// The answer to `parse` or `encode`, as a subject writes it.
#[derive(Clone, Debug, Serialize)]
pub struct Answer<T> {
    /// The number of the command; null only if the command could not be read.
    pub seq: Option<u64>,
    /// The result of the command.
    #[serde(flatten)]
    pub outcome: Outcome<T>,
}

/// The result of a command.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome<T> {
    /// It was done.
    Done(T),
    /// The subject does not do this.
    Skipped {
        /// Why.
        skipped: String,
    },
    /// The implementation raised an error, or the command could not be read.
    Errored {
        /// What is wrong.
        errored: String,
    },
}

/// The members of an answer to `encode`: one of the two.
///
/// ```
/// use esse_conformance::{protocol::EncodeMembers, subject::Encoded};
///
/// let members = EncodeMembers::from(Encoded::Bytes(b"\n".to_vec()));
/// assert_eq!(serde_json::to_string(&members)?, r#"{"bytes":"Cg=="}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EncodeMembers {
    /// The encoding, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Why the block was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<String>,
}

impl From<Encoded> for EncodeMembers {
    fn from(encoded: Encoded) -> Self {
        let (bytes, rejected) = match encoded {
            Encoded::Bytes(bytes) => (Some(to_base64(&bytes)), None),
            Encoded::Rejected(why) => (None, Some(why)),
        };
        Self { bytes, rejected }
    }
}

impl EncodeMembers {
    fn encoded(self) -> Result<Encoded, NoAnswer> {
        match (self.bytes, self.rejected) {
            (Some(text), None) => {
                let bytes = from_base64(&text).map_err(NoAnswer::Malformed)?;
                Ok(Encoded::Bytes(bytes))
            }
            (None, Some(why)) => Ok(Encoded::Rejected(why)),
            _ => {
                let wrong = "either `bytes` or `rejected` must be there";
                Err(NoAnswer::Malformed(wrong.to_owned()))
            }
        }
    }
}

/// Base64 of a chunk or an encoding.
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a base64 text (standard alphabet, padded).
///
/// # Errors
/// Says in words what is wrong with the text.
///
/// ```
/// assert_eq!(esse_conformance::protocol::from_base64("DQ=="), Ok(vec![b'\r']));
/// assert!(esse_conformance::protocol::from_base64("DQ").is_err());
/// ```
pub fn from_base64(text: &str) -> Result<Vec<u8>, String> {
    STANDARD
        .decode(text)
        .map_err(|error| format!("not base64: {error}"))
}

/// A line that cannot be matched to the command: the subject is out of step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfStep(pub String);

/// Reads the answer to the `parse` command with this number.
///
/// # Errors
/// [`OutOfStep`] if the line is not a JSON object, or answers another command.
///
/// ```
/// use esse_conformance::protocol::read_parsed;
///
/// assert!(read_parsed(br#"{"seq":1,"events":[]}"#, 1).unwrap().is_ok());
/// assert!(read_parsed(br#"{"seq":1,"events":3}"#, 1).unwrap().is_err());
/// assert!(read_parsed(b"Listening", 1).is_err());
/// ```
pub fn read_parsed(line: &[u8], seq: u64) -> Result<Result<Parsed, NoAnswer>, OutOfStep> {
    read(line, seq)
}

/// Reads the answer to the `encode` command with this number.
///
/// # Errors
/// [`OutOfStep`] if the line is not a JSON object, or answers another command.
///
/// ```
/// use esse_conformance::{protocol::read_encoded, subject::Encoded};
///
/// let encoded = read_encoded(br#"{"seq":1,"bytes":"Cg=="}"#, 1).unwrap();
/// assert_eq!(encoded, Ok(Encoded::Bytes(vec![b'\n'])));
/// ```
pub fn read_encoded(line: &[u8], seq: u64) -> Result<Result<Encoded, NoAnswer>, OutOfStep> {
    let members = read::<EncodeMembers>(line, seq)?;
    Ok(members.and_then(EncodeMembers::encoded))
}

fn read<T: for<'de> Deserialize<'de>>(
    line: &[u8],
    seq: u64,
) -> Result<Result<T, NoAnswer>, OutOfStep> {
    let mut answer: Value = serde_json::from_slice(line).map_err(|error| {
        OutOfStep(format!(
            "answered garbage: {} ({error})",
            crate::escape::quote(line)
        ))
    })?;
    match answer.get("seq").and_then(Value::as_u64) {
        Some(answered) if answered == seq => {}
        _ => return Err(OutOfStep(out_of_step(&answer, seq))),
    }
    Ok(refusal(&mut answer).map_or_else(
        || T::deserialize(answer).map_err(|error| NoAnswer::Malformed(error.to_string())),
        Err,
    ))
}

fn out_of_step(answer: &Value, seq: u64) -> String {
    match answer.get("seq") {
        Some(other) => format!("answered seq {other} when {seq} was asked"),
        None => format!("answered seq {seq} with a line that has no `seq`"),
    }
}

fn refusal(answer: &mut Value) -> Option<NoAnswer> {
    let mut text = |member| match answer.get_mut(member).map(Value::take) {
        Some(Value::String(text)) => Some(text),
        Some(other) => Some(other.to_string()),
        None => None,
    };
    text("skipped")
        .map(NoAnswer::Skipped)
        .or_else(|| text("errored").map(NoAnswer::Errored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_to_encode_has_one_of_two_members() {
        let read = |line: &str| read_encoded(line.as_bytes(), 1).unwrap();
        let refused = Encoded::Rejected("no".to_owned());
        assert_eq!(read(r#"{"seq":1,"rejected":"no"}"#), Ok(refused));
        for line in [
            r#"{"seq":1}"#,
            r#"{"seq":1,"bytes":"Cg==","rejected":"no"}"#,
            r#"{"seq":1,"bytes":"Cg"}"#,
            r#"{"seq":1,"bytes":10}"#,
        ] {
            assert!(matches!(read(line), Err(NoAnswer::Malformed(_))), "{line}");
        }
    }

    #[test]
    fn skipped_and_errored_come_before_all_else() {
        let read = |line: &str| read_parsed(line.as_bytes(), 1).unwrap();
        let skipped = NoAnswer::Skipped("no".to_owned());
        assert_eq!(
            read(r#"{"seq":1,"skipped":"no","events":[]}"#),
            Err(skipped)
        );
        let errored = NoAnswer::Errored("{\"a\":1}".to_owned());
        assert_eq!(read(r#"{"seq":1,"errored":{"a":1}}"#), Err(errored));
    }
}

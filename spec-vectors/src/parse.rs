//! Parse vectors: an event stream and what it means.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::envelope::{self, Level, Place};
use crate::error::{Reason, VectorError};
use crate::files::File;
use crate::{hex, text};

/// An event stream and what it means (9.2.6).
///
/// The expectation holds for every cut of the stream into chunks. If the vector is about one
/// particular cut, `chunks` contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseVector {
    /// The file, such as `parse/bom`.
    pub suite: String,
    /// The section of the standard, such as `9.2.6/dispatch/2`.
    pub spec: String,
    /// The name of the vector. It is unique and never changes.
    pub id: String,
    /// What the vector shows, and why.
    pub comment: String,
    /// The classes of bug that the vector hunts, explained by [`notes`](crate::notes()).
    pub flags: Vec<String>,
    /// How binding the vector is.
    pub level: Level,
    /// The whole event stream.
    pub input: Vec<u8>,
    /// The cut that the vector is about, if there is one. Chunks may be empty.
    pub chunks: Option<Vec<Vec<u8>>>,
    /// The last event ID of an earlier connection.
    pub initial_last_event_id: Option<String>,
    /// What the stream means.
    pub expect: Expectation,
    /// Other acceptable outcomes. Empty unless the level is [`Level::May`].
    pub also: Vec<Alternative>,
}

/// The outcome of reading a whole stream.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Expectation {
    /// The dispatched events in order.
    pub events: Vec<ExpectedEvent>,
    /// The last event ID at the end of the stream, as set by the last blank line.
    pub last_event_id: String,
    /// The reconnection time in milliseconds, if the stream set one.
    #[serde(deserialize_with = "Option::deserialize")]
    pub reconnection_time: Option<u64>,
    /// All comments in order, each without its colon and one space after it. `None` if the vector
    /// does not judge comments.
    #[serde(default, deserialize_with = "text::optional_list")]
    pub comments: Option<Vec<String>>,
    /// Name and value of each line that was ignored because no field has its name, in order. `None`
    /// if the vector does not judge ignored lines.
    #[serde(default)]
    pub ignored: Option<Vec<(String, String)>>,
    /// How the stream ended. `None` if the vector does not judge that.
    #[serde(default)]
    pub discarded: Option<Discarded>,
}

/// How a stream ended: the unfinished block after the last blank line, which is discarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Discarded {
    /// What the block contained.
    pub content: Content,
    /// Whether the stream ended inside a line.
    pub line_cut: bool,
}

/// Shows it in words, such as `data with a cut line`.
impl fmt::Display for Discarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.content {
            Content::Nothing => "nothing",
            Content::Comments => "comments",
            Content::Fields => "fields",
            Content::Data => "data",
        })?;
        f.write_str(if self.line_cut {
            " with a cut line"
        } else {
            ""
        })
    }
}

/// What a discarded block contained. A line without its end counts as far as it is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// Nothing: the stream ended between two blocks.
    Nothing,
    /// Comments alone.
    Comments,
    /// A line that is not a comment, but no data.
    Fields,
    /// Data.
    Data,
}

/// A dispatched event.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedEvent {
    /// The type, which is `message` if the block had none.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The data, with its lines joined by LF.
    #[serde(deserialize_with = "text::one")]
    pub data: String,
    /// The last event ID at the dispatch.
    pub last_event_id: String,
    /// The number of bytes that must have arrived before the event is dispatched: the offset of the
    /// LF or CR that completes it, plus one.
    pub after_byte: usize,
    /// The index of the chunk with which the event is dispatched, starting at 0. Only present with
    /// [`ParseVector::chunks`].
    #[serde(default)]
    pub after_chunk: Option<usize>,
}

/// Another acceptable outcome, if the standard leaves it open.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Alternative {
    /// An implementation that has this outcome, with its version.
    pub who: String,
    /// The outcome.
    #[serde(flatten)]
    pub expectation: Expectation,
}

/// A test in the form of the JSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Test {
    id: String,
    comment: String,
    flags: Vec<String>,
    level: Level,
    #[serde(default, deserialize_with = "text::optional")]
    input: Option<String>,
    input_hex: Option<String>,
    chunks_hex: Option<Vec<String>>,
    initial_last_event_id: Option<String>,
    expect: Expectation,
    #[serde(default)]
    also: Vec<Alternative>,
}

/// A stream, and its cut if the vector has one.
struct Input {
    stream: Vec<u8>,
    chunks: Option<Vec<Vec<u8>>>,
}

pub(crate) fn vectors(file: &File) -> Result<Vec<ParseVector>, VectorError> {
    envelope::vectors(file, vector)
}

fn vector(place: &Place<'_>, test: Test) -> Result<ParseVector, VectorError> {
    let Input { stream, chunks } = input(&test).map_err(|reason| VectorError {
        file: place.file,
        id: Some(test.id.clone()),
        reason,
    })?;
    Ok(ParseVector {
        suite: place.suite.to_owned(),
        spec: place.spec.to_owned(),
        id: test.id,
        comment: test.comment,
        flags: test.flags,
        level: test.level,
        input: stream,
        chunks,
        initial_last_event_id: test.initial_last_event_id,
        expect: test.expect,
        also: test.also,
    })
}

fn input(test: &Test) -> Result<Input, Reason> {
    match (&test.input, &test.input_hex, &test.chunks_hex) {
        (Some(stream), None, None) => Ok(whole(stream.clone().into_bytes())),
        (None, Some(digits), None) => hex::decode(digits).map(whole),
        (None, None, Some(chunks)) => cut(chunks),
        (stream, digits, chunks) => {
            let given = [stream.is_some(), digits.is_some(), chunks.is_some()];
            Err(Reason::Inputs {
                given: given.into_iter().filter(|is| *is).count(),
            })
        }
    }
}

fn whole(stream: Vec<u8>) -> Input {
    Input {
        stream,
        chunks: None,
    }
}

fn cut(chunks: &[String]) -> Result<Input, Reason> {
    let chunks = chunks
        .iter()
        .map(|digits| hex::decode(digits))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Input {
        stream: chunks.concat(),
        chunks: Some(chunks),
    })
}

#[cfg(test)]
mod tests {
    use super::{Content, Discarded, ParseVector, vectors};
    use crate::error::{Reason, VectorError};
    use crate::files::File;

    /// Reads a file of one test with these input members.
    fn read(input: &str) -> Result<ParseVector, VectorError> {
        let json = r#"{"schema": "", "version": "", "suite": "parse/x", "notes": {}, "groups": [{"spec": "9.2.6",
            "tests": [{"id": "a/b", "comment": "c", "flags": ["F"], "level": "may", INPUT
            "initialLastEventId": "0",
            "expect": {"events": [{"type": "t", "data": {"parts": [{"text": "x", "times": 3}]},
                "lastEventId": "1", "afterByte": 9, "afterChunk": 1}],
                "lastEventId": "2", "reconnectionTime": 18446744073709551615, "comments": ["d"],
                "ignored": [["n", "v"]], "discarded": {"content": "fields", "lineCut": true}},
            "also": [{"who": "w", "events": [], "lastEventId": "", "reconnectionTime": null}]
            }]}]}"#;
        let (name, text) = ("parse/x.json", json.replace("INPUT", input).leak());
        let mut all = vectors(&File { name, text })?;
        assert_eq!(all.len(), 1);
        Ok(all.remove(0))
    }

    #[test]
    fn every_member_arrives() {
        let vector = read(r#""input": "é\n","#).expect("the file is right");
        assert_eq!(vector.id, "a/b");
        assert_eq!(vector.input, b"\xC3\xA9\n");
        assert_eq!(vector.initial_last_event_id.as_deref(), Some("0"));
        assert_eq!(vector.expect.last_event_id, "2");
        assert_eq!(vector.expect.reconnection_time, Some(u64::MAX));
        assert_eq!(vector.expect.comments, Some(vec!["d".to_owned()]));
        let ignored = [("n".to_owned(), "v".to_owned())];
        assert_eq!(vector.expect.ignored.as_deref(), Some(&ignored[..]));
        let discarded = Discarded {
            content: Content::Fields,
            line_cut: true,
        };
        assert_eq!(vector.expect.discarded, Some(discarded));
        let event = &vector.expect.events[0];
        assert_eq!([&*event.event_type, &*event.data], ["t", "xxx"]);
        assert_eq!((event.after_byte, event.after_chunk), (9, Some(1)));
        let other = &vector.also[0];
        assert_eq!(other.who, "w");
        assert_eq!(other.expectation.reconnection_time, None);
        assert_eq!(other.expectation.comments, None);
        assert_eq!(other.expectation.ignored, None);
        assert_eq!(other.expectation.discarded, None);
    }

    #[test]
    fn hexadecimal_input_is_decoded() {
        let vector = read(r#""inputHex": "ff 0a","#).expect("the file is right");
        assert_eq!((vector.input, vector.chunks), (vec![0xFF, 0x0A], None));
    }

    #[test]
    fn chunks_are_kept_and_joined() {
        let vector = read(r#""chunksHex": ["61", "", "0a"],"#).expect("the file is right");
        assert_eq!(vector.input, b"a\n");
        assert_eq!(vector.chunks, Some(vec![vec![b'a'], vec![], vec![b'\n']]));
    }

    #[test]
    fn one_input_is_asked_for() {
        let reason = |given| VectorError {
            file: "parse/x.json",
            id: Some("a/b".to_owned()),
            reason: Reason::Inputs { given },
        };
        assert_eq!(read(""), Err(reason(0)));
        assert_eq!(read(r#""input": "", "inputHex": "","#), Err(reason(2)));
    }

    #[test]
    fn wrong_digits_are_an_error_of_their_vector() {
        let error = read(r#""chunksHex": ["6"],"#).expect_err("one digit is not a byte");
        assert_eq!(error.id.as_deref(), Some("a/b"));
        let digits = "6".to_owned();
        assert_eq!(error.reason, Reason::Hex { digits });
    }
}

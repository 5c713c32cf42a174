//! Recordings of responses, written and read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What stands in a recording in place of a secret.
pub const MASK: &str = "***";

/// The version of the format.
const VERSION: u32 = 1;

/// A recorded response: its head, its chunks, and how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The head of the response, and of the request.
    pub head: RecordingHead,
    /// The chunks of the body, in order.
    pub chunks: Vec<RecordedChunk>,
    /// When the response ended, as time since the head, and how. `None` if the recorder was killed.
    pub end: Option<(Duration, RecordedEnd)>,
}

/// The first line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordingHead {
    /// The version of the format: 1.
    pub recorded: u32,
    /// The URL of the request, without secrets.
    pub url: String,
    /// The method of the request.
    pub method: String,
    /// When the head of the response came (RFC 3339, UTC).
    pub time: String,
    /// The headers of the request, with names in lower case.
    pub request: BTreeMap<String, String>,
    /// The status of the response.
    pub status: u16,
    /// The version of HTTP, such as `HTTP/1.1`.
    pub version: String,
    /// The headers of the response: names in lower case and values, in order.
    pub headers: Vec<(String, String)>,
}

/// A chunk of a recorded body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedChunk {
    /// When it came, from the head on.
    pub at: Duration,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// How a recorded response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecordedEnd {
    /// The server ended it.
    Complete,
    /// The connection broke.
    Broken,
    /// The recorder stopped.
    Stopped,
}

/// Any other line. `at` is in milliseconds since the head came.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a line is {\"at\":..,\"text\":..}, {\"at\":..,\"base64\":..} or {\"at\":..,\"end\":..}"
)]
enum Line<'a> {
    Text { at: f64, text: Cow<'a, str> },
    Base64 { at: f64, base64: Cow<'a, str> },
    End { at: f64, end: RecordedEnd },
}

impl Recording {
    /// How a recording begins. A line of an event stream that begins like this would be ignored.
    pub const MARK: &'static [u8] = b"{\"recorded\":1,";

    /// A response to `GET` with this path, 200 and `text/event-stream`, still without a body.
    pub fn get(path: &str) -> Self {
        Self::of("GET", path)
    }

    /// A response to this method with this path, 200 and `text/event-stream`, still without a body.
    pub fn of(method: &str, path: &str) -> Self {
        let head = RecordingHead::new(method, path);
        let headers = [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            head: RecordingHead {
                headers: headers.to_vec(),
                ..head
            },
            chunks: Vec::new(),
            end: None,
        }
    }

    /// Adds a chunk that comes with the one before it.
    #[must_use]
    pub fn chunk(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.chunk_after(Duration::ZERO, bytes)
    }

    /// Adds a chunk that comes this long after the one before it.
    #[must_use]
    pub fn chunk_after(mut self, time: Duration, bytes: impl Into<Vec<u8>>) -> Self {
        let before = self.chunks.last().map_or(Duration::ZERO, |chunk| chunk.at);
        self.chunks.push(RecordedChunk {
            at: before + time,
            bytes: bytes.into(),
        });
        self
    }

    /// Reads a file that `esse record` or a [`RecordingWriter`] wrote.
    ///
    /// # Errors
    /// The file cannot be read, or it is not a recording.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, RecordingError> {
        Self::read(BufReader::new(File::open(path)?))
    }

    /// Reads a whole recording into memory.
    ///
    /// # Errors
    /// The reader fails, or what it gives is not a recording.
    pub fn read(lines: impl BufRead) -> Result<Self, RecordingError> {
        RecordingReader::new(lines)?.read()
    }
}

impl RecordingHead {
    /// The head of a response with the status 200 and without headers, to this request.
    pub fn new(method: &str, url: &str) -> Self {
        Self {
            recorded: VERSION,
            url: url.to_owned(),
            method: method.to_owned(),
            time: String::new(),
            request: BTreeMap::new(),
            status: 200,
            version: "HTTP/1.1".to_owned(),
            headers: Vec::new(),
        }
    }
}

/// Writes a recording while the response comes. Each line is written at once, so that a recorder
/// that is killed leaves a recording all the same.
#[derive(Debug)]
pub struct RecordingWriter<W> {
    output: W,
    start: Instant,
}

impl<W: Write> RecordingWriter<W> {
    /// Begins with the head, which came just now.
    ///
    /// # Errors
    /// Those of the output.
    pub fn new(output: W, head: &RecordingHead) -> io::Result<Self> {
        let mut writer = Self {
            output,
            start: Instant::now(),
        };
        writer.write(head)?;
        Ok(writer)
    }

    /// Adds a chunk, which came just now.
    ///
    /// # Errors
    /// Those of the output.
    pub fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let at = self.at();
        self.write(&match std::str::from_utf8(bytes) {
            Ok(text) => Line::Text {
                at,
                text: text.into(),
            },
            Err(_) => Line::Base64 {
                at,
                base64: STANDARD.encode(bytes).into(),
            },
        })
    }

    /// Adds the last line.
    ///
    /// # Errors
    /// Those of the output.
    pub fn end(mut self, end: RecordedEnd) -> io::Result<()> {
        let at = self.at();
        self.write(&Line::End { at, end })
    }

    /// Milliseconds since the head, to a tenth.
    fn at(&self) -> f64 {
        (self.start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
    }

    /// A line is written at once, so that a recorder that is killed seldom leaves half of one.
    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut json = serde_json::to_vec(line)?;
        json.push(b'\n');
        self.output.write_all(&json)?;
        self.output.flush()
    }
}

/// Reads a recording chunk by chunk.
#[derive(Debug)]
pub struct RecordingReader<R> {
    lines: R,
    /// The number of the line that was read last.
    number: u64,
    head: RecordingHead,
    end: Option<(Duration, RecordedEnd)>,
    is_over: bool,
}

impl<R: BufRead> RecordingReader<R> {
    /// Reads the head.
    ///
    /// # Errors
    /// The reader fails, or the first line is not the head of a recording.
    pub fn new(mut lines: R) -> Result<Self, RecordingError> {
        let line = line(&mut lines)?;
        let invalid = |what| RecordingError::Invalid { line: 1, what };
        let head: RecordingHead = serde_json::from_slice(&line)
            .map_err(|error| invalid(format!("not the head of a recording: {error}")))?;
        if head.recorded != VERSION {
            let version = head.recorded;
            return Err(invalid(format!(
                "a recording of version {version}, of which only {VERSION} is known"
            )));
        }
        Ok(Self {
            lines,
            number: 1,
            head,
            end: None,
            is_over: false,
        })
    }

    /// The head of the recording.
    pub const fn head(&self) -> &RecordingHead {
        &self.head
    }

    /// When and how the response ended, if the last line was read and says so.
    pub const fn end(&self) -> Option<(Duration, RecordedEnd)> {
        self.end
    }

    /// The next chunk, or `None` at the end of the recording.
    ///
    /// A recorder that was killed leaves no last line, or half of one. That is an end too.
    ///
    /// # Errors
    /// The reader fails, or a line is not one of a recording.
    pub fn next_chunk(&mut self) -> Result<Option<RecordedChunk>, RecordingError> {
        if self.is_over {
            return Ok(None);
        }
        let text = line(&mut self.lines)?;
        self.number += 1;
        let line = match serde_json::from_slice(&text) {
            Ok(line) => line,
            Err(_) if !text.ends_with(b"\n") => {
                self.is_over = true;
                return Ok(None);
            }
            Err(error) => {
                return Err(self.invalid(format_args!("not a line of a recording: {error}")));
            }
        };
        let (at, bytes) = match line {
            Line::Text { at, text } => (at, text.into_owned().into_bytes()),
            Line::Base64 { at, base64 } => {
                let bytes = STANDARD.decode(base64.as_bytes());
                (
                    at,
                    bytes.map_err(|error| self.invalid(format_args!("not base64: {error}")))?,
                )
            }
            Line::End { at, end } => {
                self.end = Some((self.time(at)?, end));
                self.is_over = true;
                return Ok(None);
            }
        };
        let at = self.time(at)?;
        Ok(Some(RecordedChunk { at, bytes }))
    }

    /// The rest of the recording, with its head.
    ///
    /// # Errors
    /// As [`next_chunk`](Self::next_chunk).
    pub fn read(mut self) -> Result<Recording, RecordingError> {
        let mut chunks = Vec::new();
        while let Some(chunk) = self.next_chunk()? {
            chunks.push(chunk);
        }
        Ok(Recording {
            head: self.head,
            chunks,
            end: self.end,
        })
    }

    fn time(&self, millis: f64) -> Result<Duration, RecordingError> {
        Duration::try_from_secs_f64(millis / 1000.0).map_err(|error| self.invalid(error))
    }

    fn invalid(&self, what: impl fmt::Display) -> RecordingError {
        RecordingError::Invalid {
            line: self.number,
            what: what.to_string(),
        }
    }
}

fn line(lines: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line)?;
    Ok(line)
}

/// Why a recording cannot be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordingError {
    /// The reader failed.
    Read(io::Error),
    /// It is not a recording.
    Invalid {
        /// The line, from 1 on.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "the recording cannot be read: {error}"),
            Self::Invalid { line, what } => write!(f, "line {line}: {what}"),
        }
    }
}

impl Error for RecordingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read(error) => Some(error),
            Self::Invalid { .. } => None,
        }
    }
}

impl From<io::Error> for RecordingError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn written(chunks: &[&[u8]]) -> Vec<u8> {
        let mut output = Vec::new();
        let head = RecordingHead::new("GET", "http://a/b");
        let mut writer = RecordingWriter::new(&mut output, &head).unwrap();
        for chunk in chunks {
            writer.chunk(chunk).unwrap();
        }
        writer.end(RecordedEnd::Broken).unwrap();
        output
    }

    #[test]
    fn what_is_written_can_be_read() {
        let chunks: [&[u8]; 3] = [b"data: \"a\"\n", b"", b"\xff\n"];
        let output = written(&chunks);
        assert!(output.starts_with(Recording::MARK));
        let recording = Recording::read(&output[..]).unwrap();
        assert_eq!(recording.head, RecordingHead::new("GET", "http://a/b"));
        let read: Vec<_> = recording
            .chunks
            .iter()
            .map(|chunk| &chunk.bytes[..])
            .collect();
        assert_eq!(read, chunks);
        assert_eq!(recording.end.map(|(_, end)| end), Some(RecordedEnd::Broken));
    }

    #[test]
    fn a_recorder_that_was_killed_leaves_a_recording() {
        let output = written(&[b"a", b"b"]);
        let head = output.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for end in head..output.len() - 1 {
            let recording = Recording::read(&output[..end]).unwrap();
            assert!(recording.chunks.len() <= 2);
            assert_eq!(recording.end, None, "{end}");
        }
    }

    #[test]
    fn errors_name_the_line() {
        let good = String::from_utf8(written(&[b"a"])).unwrap();
        let (head, _) = good.split_once('\n').unwrap();
        for (lines, part) in [
            ("", "line 1: not the head"),
            ("data: a\n", "line 1: not the head"),
            (
                &format!("{head}\n{{}}\n"),
                "line 2: not a line of a recording",
            ),
            (
                &format!("{head}\n{{\"at\":1,\"text\":\"\"}}\n{{\"at\":1,\"base64\":\"?\"}}\n"),
                "line 3: not base64",
            ),
            (
                &format!("{head}\n{{\"at\":-1,\"text\":\"\"}}\n"),
                "line 2: ",
            ),
        ] {
            let error = Recording::read(lines.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}

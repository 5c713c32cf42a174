//! Recordings of responses, written and read. docs/RECORDING.md describes the format.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::input::Input;
use crate::stop::Stop;

/// How a recording begins. A line of an event stream that begins like this would be ignored.
const MARK: &[u8] = b"{\"recorded\":1,";

/// What stands in place of a secret.
pub(crate) const MASK: &str = "***";

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The version of the format: 1.
    pub(crate) recorded: u32,
    pub(crate) url: String,
    pub(crate) method: String,
    /// When the head of the response came (RFC 3339, UTC).
    pub(crate) time: String,
    /// The headers of the request.
    pub(crate) request: BTreeMap<String, String>,
    pub(crate) status: u16,
    pub(crate) version: String,
    pub(crate) headers: Vec<(String, String)>,
}

/// How the response ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    /// As the server wanted.
    Complete,
    /// The connection broke.
    Broken,
    /// The recording was stopped.
    Stopped,
}

/// Any other line. `at` is in milliseconds since the head came.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line<'a> {
    Text { at: f64, text: Cow<'a, str> },
    Base64 { at: f64, base64: Cow<'a, str> },
    End { at: f64, end: End },
}

/// Writes a recording, each line at once.
pub(crate) struct Writer {
    output: Box<dyn Write>,
    /// Its name in messages, if it is not stdout.
    name: Option<String>,
    start: Instant,
}

impl Writer {
    /// Begins with the head, which came just now.
    pub(crate) fn begin(
        output: Box<dyn Write>,
        name: Option<String>,
        head: &Head,
    ) -> Result<Self, Stop> {
        let mut writer = Self {
            output,
            name,
            start: Instant::now(),
        };
        writer.write(head)?;
        Ok(writer)
    }

    /// Adds a chunk, which came just now.
    pub(crate) fn chunk(&mut self, bytes: &[u8]) -> Result<(), Stop> {
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
    pub(crate) fn end(mut self, end: End) -> Result<(), Stop> {
        let at = self.at();
        self.write(&Line::End { at, end })
    }

    /// Milliseconds since the head, to a tenth.
    fn at(&self) -> f64 {
        (self.start.elapsed().as_secs_f64() * 10_000.0).round() / 10.0
    }

    /// A line is written as a whole, so that a kill cannot leave half of it.
    fn write(&mut self, line: &impl Serialize) -> Result<(), Stop> {
        let mut json = serde_json::to_vec(line).map_err(Stop::trouble)?;
        json.push(b'\n');
        let written = self.output.write_all(&json);
        written
            .and_then(|()| self.output.flush())
            .map_err(|error| match &self.name {
                Some(name) => Stop::file(name, &error),
                None => Stop::writing(&error),
            })
    }
}

/// What an input is.
pub(crate) enum Form {
    Recording(Box<ChunkReader>),
    /// Anything else, with the bytes that were looked at.
    Bytes(Input),
}

/// Reads no more than is needed to see whether it is a recording.
pub(crate) fn form_of(mut input: Input) -> Result<Form, Stop> {
    let mut start = Vec::new();
    while start.len() < MARK.len() && MARK.starts_with(&start) {
        let mut buffer = [0; MARK.len()];
        match input.reader.read(&mut buffer[start.len()..]) {
            Ok(0) => break,
            Ok(read) => {
                let from = start.len();
                start.extend_from_slice(&buffer[from..from + read]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::file(&input.name, &error)),
        }
    }
    let is_recording = start == MARK;
    let input = Input {
        name: input.name,
        reader: Box::new(Cursor::new(start).chain(input.reader)),
    };
    Ok(if is_recording {
        Form::Recording(Box::new(ChunkReader::open(input)?))
    } else {
        Form::Bytes(input)
    })
}

/// A chunk of a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordedChunk {
    /// When it came, from the head on.
    pub(crate) at: Duration,
    pub(crate) bytes: Vec<u8>,
}

/// Reads a recording, chunk by chunk.
pub(crate) struct ChunkReader {
    name: String,
    lines: BufReader<Box<dyn Read>>,
    /// The number of the line that was read last.
    number: u64,
    head: Head,
    end: Option<(Duration, End)>,
    is_over: bool,
}

impl ChunkReader {
    fn open(input: Input) -> Result<Self, Stop> {
        let name = input.name;
        let mut lines = BufReader::new(input.reader);
        let line = line(&mut lines, &name)?;
        let head = serde_json::from_slice(&line).map_err(|error| {
            Stop::BadInput(format!("{name}:1: not the head of a recording: {error}"))
        })?;
        Ok(Self {
            name,
            lines,
            number: 1,
            head,
            end: None,
            is_over: false,
        })
    }

    pub(crate) const fn head(&self) -> &Head {
        &self.head
    }

    /// When and how the response ended, if the last line was read and says so.
    pub(crate) const fn end(&self) -> Option<(Duration, End)> {
        self.end
    }

    /// The next chunk, or `None` at the end of the recording.
    ///
    /// A recorder that was killed leaves no last line, or half of one. That is an end too.
    pub(crate) fn next(&mut self) -> Result<Option<RecordedChunk>, Stop> {
        if self.is_over {
            return Ok(None);
        }
        let text = line(&mut self.lines, &self.name)?;
        self.number += 1;
        let line = match serde_json::from_slice(&text) {
            Ok(line) => line,
            Err(_) if !text.ends_with(b"\n") => {
                self.is_over = true;
                return Ok(None);
            }
            Err(error) => {
                let what = format_args!("not a line of a recording: {error}");
                return Err(self.wrong(what));
            }
        };
        let (at, bytes) = match line {
            Line::Text { at, text } => (at, text.into_owned().into_bytes()),
            Line::Base64 { at, base64 } => {
                let bytes = STANDARD.decode(base64.as_bytes());
                (
                    at,
                    bytes.map_err(|error| self.wrong(format_args!("not base64: {error}")))?,
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

    fn time(&self, millis: f64) -> Result<Duration, Stop> {
        Duration::try_from_secs_f64(millis / 1000.0).map_err(|error| self.wrong(error))
    }

    fn wrong(&self, what: impl std::fmt::Display) -> Stop {
        Stop::BadInput(format!("{}:{}: {what}", self.name, self.number))
    }
}

fn line(lines: &mut impl BufRead, name: &str) -> Result<Vec<u8>, Stop> {
    let mut line = Vec::new();
    let read = lines.read_until(b'\n', &mut line);
    read.map_err(|error| Stop::file(name, &error))?;
    Ok(line)
}

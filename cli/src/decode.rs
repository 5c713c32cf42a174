//! `esse decode`: event stream to JSON lines.

use std::io::{self, ErrorKind, Read, StdoutLock, Write};
use std::process::ExitCode;
use std::time::Duration;

use esse_parser::{Chunk, Content, Discarded, Item, LimitExceeded, Limits, Parser};
use serde::Serialize;

use crate::counted::counted;
use crate::event_json::EventJson;
use crate::input::{FileArgs, Input};
use crate::looks;
use crate::over_limit::over_limit;
use crate::recording::{self, Form};
use crate::stop::{self, Stop};

const CHUNK: usize = 64 * 1024;

const EXAMPLES: &str = "\
Examples:
  curl -fsN https://example.com/events | esse decode | jq -r .data
  esse decode --all recorded.sse
  esse decode recorded.sse | esse encode           the stream, tidied up
  esse decode *.sse                                several streams, one after the other
  esse decode answer.jsonl                         a recording of `esse record`";

const AFTER_HELP: &str = r#"Output, one line for each event:
  {"type":"message","data":"hello","lastEventId":""}
and with --all, in the order of the stream:
  {"comment":"keep-alive"}
  {"retry":3000}                                   in milliseconds
  {"id":"7"}                                       an ID without an event
  {"fields":[["error","{\"code\":400}"]]}            a line with another name, which is ignored

Every byte sequence is a valid event stream, so no input is an error. Each event is written with
the byte that completes it; one without the blank line after it is lost at the end of the stream.
A note on stderr says so, or that the input does not look like an event stream, and what it may be.
A block that is over a limit is left out and reported; the rest is decoded, and the status is 1."#;

/// Event stream to JSON lines, one event per line
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct Args {
    #[command(flatten)]
    files: FileArgs,
    /// Also write what is not an event: comments, reconnection times, IDs, ignored lines
    #[arg(long)]
    all: bool,
    /// Keep the last event if the stream ends without the blank line after it
    #[arg(long)]
    keep_last: bool,
    /// The most data that an event may hold, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.data)]
    limit_data: usize,
    /// Set no limits: the sender then decides how much memory is used
    #[arg(long, conflicts_with = "limit_data")]
    no_limits: bool,
    /// Exit with status 1 if a stream ends inside a block, or is not an event stream
    #[arg(long)]
    strict: bool,
}

/// Runs the command. Each file is a stream of its own.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let mut status = ExitCode::SUCCESS;
    for input in args.files.open() {
        let input = input?;
        let mut decoder = Decoder::new(args, input.name.clone());
        match recording::form_of(input)? {
            Form::Bytes(input) => decoder.read(input)?,
            Form::Recording(mut recording, name) => {
                let wrong = |error| recording::stop(&name, &error);
                while let Some(chunk) = recording.next_chunk().map_err(wrong)? {
                    decoder.feed(&chunk.bytes)?;
                }
            }
        }
        if decoder.finish(args.strict)? {
            status = ExitCode::from(stop::BAD_INPUT);
        }
    }
    Ok(status)
}

struct Decoder {
    name: String,
    parser: Parser,
    all: bool,
    output: StdoutLock<'static>,
    /// Lines that are not written yet.
    lines: Vec<u8>,
    has_events: bool,
    /// The first bytes of the stream.
    head: Vec<u8>,
    failed: bool,
}

impl Decoder {
    fn new(args: &Args, name: String) -> Self {
        let limits = if args.no_limits {
            Limits::NONE
        } else {
            Limits::DEFAULT.with_data(args.limit_data)
        };
        let parser = Parser::builder()
            .limits(limits)
            .ignored_lines(args.all)
            .keep_last_event(args.keep_last);
        Self {
            name,
            parser: parser.build(),
            all: args.all,
            output: io::stdout().lock(),
            lines: Vec::new(),
            has_events: false,
            head: Vec::new(),
            failed: false,
        }
    }

    fn read(&mut self, mut input: Input) -> Result<(), Stop> {
        let mut buffer = vec![0; CHUNK];
        loop {
            match input.reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => self.feed(&buffer[..read])?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Stop::file(&input.name, &error)),
            }
        }
    }

    /// Decodes one chunk and writes all of its events: the reader must not wait for the next chunk.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let missing = looks::HEAD.saturating_sub(self.head.len());
        self.head
            .extend_from_slice(&bytes[..bytes.len().min(missing)]);
        let mut chunk = Chunk::new(bytes);
        loop {
            if self.lines.len() >= CHUNK {
                self.flush()?;
            }
            match next(&mut self.parser, self.all, &mut chunk) {
                Ok(Some(line)) => {
                    self.has_events |= matches!(line, Line::Event(_));
                    line.append_to(&mut self.lines);
                }
                Ok(None) => return self.flush(),
                Err(exceeded) => self.limit_exceeded(&exceeded)?,
            }
        }
    }

    /// Earlier events are written first, so that a terminal shows both in order.
    fn limit_exceeded(&mut self, exceeded: &LimitExceeded) -> Result<(), Stop> {
        self.flush()?;
        stop::say(format_args!(
            "{}: {}",
            self.name,
            over_limit(exceeded, "--limit-data or --no-limits", "--no-limits")
        ));
        self.failed = true;
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Stop> {
        let written = self.output.write_all(&self.lines);
        self.lines.clear();
        self.lines.shrink_to(2 * CHUNK);
        written
            .and_then(|()| self.output.flush())
            .map_err(|error| Stop::writing(&error))
    }

    /// The end of the stream: writes the last event if it is to be kept, and says what is odd. True
    /// if that is a failure.
    fn finish(mut self, strict: bool) -> Result<bool, Stop> {
        match self.parser.last_event() {
            Ok(Some(event)) => {
                self.has_events = true;
                Line::Event(event.into()).append_to(&mut self.lines);
                self.flush()?;
            }
            Ok(None) => {}
            Err(exceeded) => self.limit_exceeded(&exceeded)?,
        }
        let discarded = self.parser.finish();
        let is_cut_off = discarded.content > Content::Comments;
        let looks_wrong = !self.has_events && !looks::like_an_event_stream(&self.head);
        if looks_wrong {
            stop::say(format_args!(
                "{}: this does not look like an event stream: {}",
                self.name,
                looks::describe(&self.head)
            ));
        } else if is_cut_off {
            self.say_cut_off(&discarded);
        }
        Ok(self.failed || strict && (is_cut_off || looks_wrong))
    }

    /// 9.2.6: a block without its blank line is discarded at the end of the stream. The stream is
    /// valid, but its author should know.
    fn say_cut_off(&self, discarded: &Discarded) {
        let offset = discarded.offset;
        let (bytes, are) = match discarded.bytes {
            1 => ("byte".to_owned(), "is"),
            bytes => (counted(bytes, "byte"), "are"),
        };
        let (what, advice) = if discarded.had_data() {
            ("an event", "; --keep-last keeps the event")
        } else {
            ("a block", "")
        };
        stop::say(format_args!(
            "{}: the stream ends inside {what}: no blank line follows, so the last {bytes} \
             (from byte {offset}) {are} discarded{advice}",
            self.name
        ));
    }
}

/// Without `all`, the parser need not keep comments.
fn next<'p, 'c: 'p>(
    parser: &'p mut Parser,
    all: bool,
    chunk: &mut Chunk<'c>,
) -> Result<Option<Line<'p>>, LimitExceeded> {
    if all {
        Ok(parser.next_item(chunk)?.and_then(Line::of))
    } else {
        Ok(parser
            .next_event(chunk)?
            .map(|event| Line::Event(event.into())))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    Event(EventJson<'a>),
    Comment { comment: &'a str },
    ReconnectionTime { retry: u64 },
    LastEventId { id: &'a str },
    Ignored { fields: [(&'a str, &'a str); 1] },
}

impl<'a> Line<'a> {
    fn of(item: Item<'a>) -> Option<Self> {
        match item {
            Item::Event(event) => Some(Self::Event(event.into())),
            Item::Comment(comment) => Some(Self::Comment { comment }),
            Item::ReconnectionTime(time) => Some(Self::ReconnectionTime {
                retry: milliseconds(time),
            }),
            Item::LastEventId(id) => Some(Self::LastEventId { id }),
            Item::Ignored { name, value } => Some(Self::Ignored {
                fields: [(name, value)],
            }),
            _ => None,
        }
    }

    fn append_to(&self, lines: &mut Vec<u8>) {
        match self {
            Self::Event(event) => event.append_to(lines),
            // Writing JSON to a `Vec` does not fail.
            other => drop(serde_json::to_writer(&mut *lines, other)),
        }
        lines.push(b'\n');
    }
}

/// The parser never reads more milliseconds than fit.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

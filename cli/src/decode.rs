//! `esse decode`: event stream to JSON lines.

use std::io::{self, ErrorKind, Read, StdoutLock, Write};
use std::process::ExitCode;
use std::time::Duration;

use esse_parser::{Chunk, Discarded, Item, LimitExceeded, Limits, Parser};
use serde::Serialize;

use crate::event_json::EventJson;
use crate::input::FileArg;
use crate::stop::{self, Stop};

const CHUNK: usize = 64 * 1024;

const AFTER_HELP: &str = r#"Output, one line for each event:
  {"type":"message","data":"hello","lastEventId":""}
and with --all, in the order of the stream:
  {"comment":"keep-alive"}
  {"retry":3000}                                   in milliseconds

Examples:
  curl -fsN https://example.com/events | esse decode | jq -r .data
  esse decode --all recorded.sse
  esse decode recorded.sse | esse encode           the stream, tidied up

Each event is written with the byte that completes it. A block that is over a limit is left out
and reported on stderr; the rest is decoded, and the exit status is 1."#;

/// Event stream to JSON lines, one event per line
///
/// Reads an event stream and writes its events as the WHATWG standard defines them. Every byte
/// sequence is a valid event stream, so no input is an error. An event that is not ended by a blank
/// line is lost at the end of the stream; a note on stderr says so.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    file: FileArg,
    /// Also write comments and reconnection times, each on a line of its own
    #[arg(long)]
    all: bool,
    /// The most data that an event may hold, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.data)]
    limit_data: usize,
    /// Set no limits: the sender then decides how much memory is used
    #[arg(long, conflicts_with = "limit_data")]
    no_limits: bool,
    /// Exit with status 1 if the stream ends inside an event
    #[arg(long)]
    strict: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let mut input = args.file.open()?;
    let mut decoder = Decoder::new(args, input.name.clone());
    let mut buffer = vec![0; CHUNK];
    loop {
        match input.reader.read(&mut buffer) {
            Ok(0) => return Ok(decoder.finish(args.strict)),
            Ok(read) => decoder.feed(&buffer[..read])?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(Stop::file(&input.name, &error)),
        }
    }
}

struct Decoder {
    name: String,
    parser: Parser,
    all: bool,
    output: StdoutLock<'static>,
    /// Lines that are not written yet.
    lines: Vec<u8>,
    status: ExitCode,
}

impl Decoder {
    fn new(args: &Args, name: String) -> Self {
        let limits = if args.no_limits {
            Limits::NONE
        } else {
            Limits::DEFAULT.with_data(args.limit_data)
        };
        Self {
            name,
            parser: Parser::builder().limits(limits).build(),
            all: args.all,
            output: io::stdout().lock(),
            lines: Vec::new(),
            status: ExitCode::SUCCESS,
        }
    }

    /// Decodes one chunk and writes all of its events: the reader must not wait for the next chunk.
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let mut chunk = Chunk::new(bytes);
        loop {
            if self.lines.len() >= CHUNK {
                self.flush()?;
            }
            match next(&mut self.parser, self.all, &mut chunk) {
                Ok(Some(line)) => line.append_to(&mut self.lines),
                Ok(None) => return self.flush(),
                Err(exceeded) => self.limit_exceeded(&exceeded)?,
            }
        }
    }

    /// Earlier events are written first, so that a terminal shows both in order.
    fn limit_exceeded(&mut self, exceeded: &LimitExceeded) -> Result<(), Stop> {
        self.flush()?;
        stop::say(format_args!(
            "{}: {exceeded} (--limit-data, --no-limits)",
            self.name
        ));
        self.status = ExitCode::from(stop::BAD_INPUT);
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

    /// 9.2.6: an event without its blank line is discarded at the end of the stream. The stream is
    /// valid, but its author should know.
    fn finish(mut self, strict: bool) -> ExitCode {
        let Discarded {
            had_data,
            offset,
            bytes,
            ..
        } = self.parser.finish();
        if !had_data {
            return self.status;
        }
        stop::say(format_args!(
            "{}: the stream ends inside an event: no blank line follows, so the last {bytes} bytes \
             (from byte {offset}) are discarded",
            self.name
        ));
        if strict {
            ExitCode::from(stop::BAD_INPUT)
        } else {
            self.status
        }
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
}

impl<'a> Line<'a> {
    fn of(item: Item<'a>) -> Option<Self> {
        match item {
            Item::Event(event) => Some(Self::Event(event.into())),
            Item::Comment(comment) => Some(Self::Comment { comment }),
            Item::ReconnectionTime(time) => Some(Self::ReconnectionTime {
                retry: milliseconds(time),
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

//! `esse record`: one response, chunk by chunk, as a file.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;
use std::time::Instant;

use esse_client::Closed;
use esse_parser::{Chunk, NotAnEventStream, Parser, check_response};
use esse_replay::{RecordedEnd, RecordingHead, RecordingWriter};
use http::{HeaderMap, Method};
use reqwest::Response;

use crate::masks::Masks;
use crate::phrases::{self, counted, seconds, with_sources};
use crate::request::{self, RequestArgs};
use crate::runtime;
use crate::stop::{self, Stop};
use crate::time::Time;
use crate::watched::Watched;

const EXAMPLES: &str = r"Examples:
  esse record https://stream.wikimedia.org/v2/stream/recentchange --for 30s -o wiki.jsonl
  esse record -d @ask.json -H 'content-type: application/json' --bearer API_KEY \
      https://api.example.com/v1/chat/completions -o answer.jsonl
  esse decode answer.jsonl | jq -r .data";

const AFTER_HELP: &str = "\
A recording has a line of JSON for the head of the response, one for each chunk with the time when
it came, and one for the end. `esse decode` reads recordings, and `esse replay` serves them.
The values of headers and query parameters are masked if the last word of their name is one such as
authorization, cookie, key, token, secret or password. The chunks are kept as they came.

Exit status:
  0  it ended as asked for (--count, --for, Ctrl-C, SIGTERM), or as the server wanted
  1  the answer is not an event stream, such as a 204; it was recorded all the same
  2  wrong arguments, a file that cannot be read or written, or output that nobody reads
  3  it was cut off
  4  no answer came";

/// One response as a file, chunk by chunk
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// The file to write; `-` is stdout
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// End with the chunk that completes this many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End after this time, such as 30s, 10m or 500ms
    #[arg(long = "for", value_name = "TIME")]
    duration: Option<Time>,
    /// Mask the header or query parameter of this name too; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "keep_secrets")]
    mask: Vec<String>,
    /// Mask nothing
    #[arg(long)]
    keep_secrets: bool,
    /// Say nothing on stderr while all is well
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    runtime::on_one_thread(record(args))
}

async fn record(args: &Args) -> Result<ExitCode, Stop> {
    let client = request::client()?;
    let sent = args.request.to_event_stream_request()?;
    let uri = sent.uri().clone();
    let request = request::for_reqwest(&client, sent).map_err(Stop::trouble)?;
    // With the header that user and password in the URL become.
    let sent = Sent {
        method: request.method().clone(),
        url: uri.to_string(),
        headers: request.headers().clone(),
    };
    // Before the request, which may be one that is paid for.
    let file = open(&args.output)?;

    let mut ended = pin!(runtime::ended(args.duration));
    let mut response = tokio::select! {
        biased;
        ended = &mut ended => return ended.map(|_| no_answer(file, "no answer came")),
        response = client.execute(request) => match response {
            Ok(response) => response,
            Err(error) => return Ok(no_answer(file, with_sources(&error.without_url()))),
        },
    };
    let mut recorder = Recorder::begin(&head(args, &sent, &response), args, &response, file)?;
    let end = loop {
        tokio::select! {
            biased;
            ended = &mut ended => break ended.map(|_| RecordedEnd::Stopped)?,
            chunk = response.chunk() => match chunk {
                Ok(Some(chunk)) => if recorder.take(&chunk)? { break RecordedEnd::Stopped },
                Ok(None) => break RecordedEnd::Complete,
                Err(error) => {
                    stop::say(with_sources(&error.without_url()));
                    break RecordedEnd::Broken;
                }
            }
        }
    };
    recorder.finish(end)
}

fn no_answer(output: Output, why: impl Display) -> ExitCode {
    if let Output::NewFile(_, name) = output {
        let _ = fs::remove_file(name);
    }
    stop::say(why);
    ExitCode::from(stop::NO_ANSWER)
}

/// Where the recording goes. An old one stays until an answer has come, and a new file only if one comes.
enum Output {
    Stdout,
    NewFile(File, String),
    OldFile(File, String),
}

fn open(path: &Path) -> Result<Output, Stop> {
    if path == Path::new("-") {
        return Ok(Output::Stdout);
    }
    let name = path.display().to_string();
    if let Ok(file) = File::create_new(path) {
        return Ok(Output::NewFile(file, name));
    }
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    match options.open(path) {
        Ok(file) => Ok(Output::OldFile(file, name)),
        Err(error) => Err(Stop::file(name, &error)),
    }
}

/// The recording as it is written, and the name of its file.
struct Writer {
    recording: RecordingWriter<Box<dyn Write>>,
    name: Option<String>,
}

impl Output {
    fn into_writer(self, head: &RecordingHead) -> Result<Writer, Stop> {
        let (output, name): (Box<dyn Write>, _) = match self {
            Self::Stdout => (Box::new(Watched(io::stdout().lock())), None),
            Self::NewFile(file, name) | Self::OldFile(file, name) => {
                // Pipes and devices have no length.
                let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
                if is_file {
                    file.set_len(0).map_err(|error| Stop::file(&name, &error))?;
                }
                (Box::new(Watched(file)), Some(name))
            }
        };
        let recording = RecordingWriter::new(output, head);
        let recording = recording.map_err(|error| writing(name.as_deref(), &error))?;
        Ok(Writer { recording, name })
    }
}

impl Writer {
    fn chunk(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let written = self.recording.chunk(bytes);
        written.map_err(|error| writing(self.name.as_deref(), &error))
    }

    fn end(self, end: RecordedEnd) -> Result<(), Stop> {
        let written = self.recording.end(end);
        written.map_err(|error| writing(self.name.as_deref(), &error))
    }
}

fn writing(name: Option<&str>, error: &io::Error) -> Stop {
    match name {
        Some(name) => Stop::file(name, error),
        None => Stop::writing(error),
    }
}

struct Recorder<'a> {
    args: &'a Args,
    writer: Writer,
    start: Instant,
    refused: Option<NotAnEventStream>,
    location: Option<String>,
    parser: Parser,
    events: u64,
    chunks: u64,
    bytes: u64,
}

impl<'a> Recorder<'a> {
    fn begin(
        head: &RecordingHead,
        args: &'a Args,
        response: &Response,
        output: Output,
    ) -> Result<Self, Stop> {
        let (status, version) = (response.status(), response.version());
        let writer = output.into_writer(head)?;
        let content_type = phrases::content_type(response.headers());
        if !args.quiet {
            stop::say(phrases::opened(status, version, response.headers()));
        }
        if let Some(coding) = phrases::coding(response.headers()) {
            let coding = coding.to_owned();
            stop::say(Closed::Compressed { coding });
            if args.count.is_some() {
                stop::say("so --count does not end it: stop it with Ctrl-C, or use --for");
            }
        }
        Ok(Self {
            args,
            writer,
            start: Instant::now(),
            refused: check_response(status.as_u16(), content_type).err(),
            location: phrases::location(response.headers()).map(str::to_owned),
            parser: Parser::new(),
            events: 0,
            chunks: 0,
            bytes: 0,
        })
    }

    /// Returns whether that was the last one.
    fn take(&mut self, chunk: &[u8]) -> Result<bool, Stop> {
        self.writer.chunk(chunk)?;
        self.chunks += 1;
        self.bytes += chunk.len() as u64;
        if let Some(refused) = &mut self.refused {
            refused.push_body(chunk);
        }
        let mut chunk = Chunk::new(chunk);
        loop {
            match self.parser.next_event(&mut chunk) {
                Ok(Some(_)) => self.events += 1,
                Ok(None) => break,
                // An event over the limit is recorded, but not counted.
                Err(_) => {}
            }
        }
        Ok(self.args.count.is_some_and(|count| self.events >= count))
    }

    fn finish(self, end: RecordedEnd) -> Result<ExitCode, Stop> {
        self.writer.end(end)?;
        if !self.args.quiet {
            stop::say(format_args!(
                "{}, {}, {} in {}: {}",
                counted(self.chunks, "chunk"),
                counted(self.bytes, "byte"),
                counted(self.events, "event"),
                seconds(self.start.elapsed()),
                match end {
                    RecordedEnd::Complete => "complete",
                    RecordedEnd::Broken => "cut off",
                    RecordedEnd::Stopped => "stopped",
                }
            ));
        }
        if let Some(refused) = &self.refused {
            stop::say(phrases::not_an_event_stream(
                refused,
                self.location.as_deref(),
            ));
            return Ok(ExitCode::from(stop::BAD_INPUT));
        }
        Ok(match end {
            RecordedEnd::Complete | RecordedEnd::Stopped => ExitCode::SUCCESS,
            RecordedEnd::Broken => ExitCode::from(stop::CUT_OFF),
        })
    }
}

/// What of the request is recorded.
struct Sent {
    method: Method,
    url: String,
    headers: HeaderMap,
}

fn head(args: &Args, sent: &Sent, response: &Response) -> RecordingHead {
    let masks = if args.keep_secrets {
        Masks::None
    } else {
        Masks::With(&args.mask)
    };
    let recorded = |headers: &HeaderMap| -> Vec<(String, String)> {
        let headers = headers.iter();
        let masked = headers.map(|(name, value)| {
            let value = masks.header(name.as_str(), value.as_bytes());
            (name.to_string(), value)
        });
        masked.collect()
    };
    let mut request = BTreeMap::<_, String>::new();
    for (name, value) in recorded(&sent.headers) {
        let values = request.entry(name);
        values
            .and_modify(|before| *before = format!("{before}, {value}"))
            .or_insert(value);
    }
    let url = masks.url(&sent.url);
    let mut head = RecordingHead::new(sent.method.as_str(), &url);
    head.time = format!("{:.3}", jiff::Timestamp::now());
    head.request = request;
    head.status = response.status().as_u16();
    head.version = format!("{:?}", response.version());
    head.headers = recorded(response.headers());
    head
}

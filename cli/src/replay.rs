//! `esse replay`: recordings as the answers of a server, at their pace, with faults if wanted.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitCode;

use esse_replay::{
    Answer, Cut, ReceivedRequest, Recording, ReplayServer, ReplayServerBuilder, Start,
};
use http::{HeaderValue, StatusCode, Uri};
use tokio::task::yield_now;

use crate::input;
use crate::phrases::counted;
use crate::recording::{self, Form};
use crate::runtime;
use crate::stop::{self, Stop};

const EXAMPLES: &str = "\
Examples:
  esse replay answer.jsonl                        at http://127.0.0.1:8080, as it was recorded
  esse replay --speed 10 --cut random answer.jsonl & esse get http://127.0.0.1:8080
  esse replay --reset-after 3 --refuse 2 --retry-after 1 wiki.jsonl";

const AFTER_HELP: &str = "\
A request is answered by the recording with its method and path. If there is only one recording, it
answers every request. With a Last-Event-ID that the recording has, what came after it is sent.

Exit status:
  0  it was stopped with Ctrl-C or SIGTERM
  1  a file is not a recording
  2  wrong arguments, a file that cannot be read, or an address that cannot be listened on";

/// Recordings of `esse record` as the answers of a server
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The recordings
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Port to listen on, or 0 for a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// This many times as fast as it was recorded
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = speed)]
    speed: f64,
    /// Without waiting
    #[arg(long, conflicts_with = "speed")]
    fast: bool,
    /// Split the bytes anew: a number of bytes, `whole`, `random` or `random:SEED`
    #[arg(long)]
    cut: Option<Cut>,
    /// Send nothing more after this many events, and keep the connection
    #[arg(long, value_name = "N", group = "after")]
    stall_after: Option<u64>,
    /// Reset the connection after this many events
    #[arg(long, value_name = "N", group = "after")]
    reset_after: Option<u64>,
    /// End the response after this many events
    #[arg(long, value_name = "N", group = "after")]
    end_after: Option<u64>,
    /// Refuse this many requests before the first answer
    #[arg(long, value_name = "K", default_value_t = 0)]
    refuse: u64,
    /// The status of the refusals
    #[arg(
        long,
        value_name = "STATUS",
        default_value = "503",
        requires = "refuse",
        value_parser = status
    )]
    status: StatusCode,
    /// Send this in the refusals, such as 1 for a second
    #[arg(long, value_name = "VALUE", requires = "refuse")]
    retry_after: Option<HeaderValue>,
    /// Another content type
    #[arg(long, value_name = "TYPE")]
    mime: Option<HeaderValue>,
    /// Compress the responses, also if the client did not ask for it
    #[arg(long)]
    gzip: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok();
    let speed = speed.filter(|speed: &f64| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "use a number above 0".to_owned())
}

fn status(text: &str) -> Result<StatusCode, String> {
    let status = text.parse().ok();
    let status = status.filter(|status: &StatusCode| !status.is_informational());
    status.ok_or_else(|| "use a number from 200 to 999".to_owned())
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    let recordings = args.files.iter().map(|file| open(file));
    let recordings: Vec<_> = recordings.collect::<Result<_, _>>()?;
    args.refuse_gzip_twice(&recordings)?;
    let paths: Vec<_> = recordings.iter().map(path).collect();
    let server = args.server(recordings);
    runtime::on_one_thread(serve(args, &paths, server))
}

async fn serve(
    args: &Args,
    paths: &[String],
    server: ReplayServerBuilder,
) -> Result<ExitCode, Stop> {
    let port = args.port;
    let cannot = |error: io::Error| {
        // The arguments do not fit the recordings.
        if error.kind() == ErrorKind::InvalidInput {
            return Stop::trouble(error);
        }
        Stop::listening(format_args!("127.0.0.1:{port}"), &error)
    };
    let mut ended = pin!(runtime::ended(None));
    // Ctrl-C is caught before the address is printed.
    tokio::select! {
        biased;
        ended = &mut ended => return ended.map(|_| ExitCode::SUCCESS),
        () = yield_now() => {}
    }
    let server = server.start().map_err(cannot)?;
    stop::say(format_args!("listening on http://{}", server.address()));
    for path in paths {
        stop::say(format_args!("serves {path}"));
    }
    if let Some(Cut::Random(seed)) = args.cut {
        stop::say(format_args!("cuts with --cut random:{seed}"));
    }
    ended.await?;
    let played = server.played();
    stop::say(format_args!(
        "{}, {}, {}",
        counted(played.requests, "request"),
        counted(played.chunks, "chunk"),
        counted(played.bytes, "byte")
    ));
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn server(&self, recordings: Vec<Recording>) -> ReplayServerBuilder {
        let mut server = ReplayServer::builder().port(self.port).gzip(self.gzip);
        if !self.fast {
            server = server.speed(self.speed);
        }
        if let Some(cut) = self.cut {
            server = server.cut(cut);
        }
        if let Some(events) = self.stall_after {
            server = server.stall_after(events);
        }
        if let Some(events) = self.reset_after {
            server = server.reset_after(events);
        }
        if let Some(events) = self.end_after {
            server = server.end_after(events);
        }
        if let Some(value) = &self.retry_after {
            server = server.retry_after(value.clone());
        }
        if let Some(mime) = &self.mime {
            server = server.content_type(mime.clone());
        }
        let seen = Seen {
            files: self.files.clone(),
            statuses: recordings.iter().map(|one| one.head.status).collect(),
            refusals: self.refuse,
            status: self.status,
        };
        let server = server.refuse(self.refuse, self.status);
        let server = server.on_request(move |request| seen.say(request));
        recordings
            .into_iter()
            .fold(server, ReplayServerBuilder::recording)
    }

    fn refuse_gzip_twice(&self, recordings: &[Recording]) -> Result<(), Stop> {
        let is_compressed = |recording: &Recording| {
            let mut headers = recording.head.headers.iter();
            headers.any(|(name, _)| name == "content-encoding")
        };
        match recordings.iter().position(is_compressed) {
            Some(index) if self.gzip => Err(Stop::Trouble(format!(
                "{} is compressed already: leave out --gzip",
                self.files[index].display()
            ))),
            _ => Ok(()),
        }
    }
}

/// Reports each request on stderr.
struct Seen {
    files: Vec<PathBuf>,
    statuses: Vec<u16>,
    refusals: u64,
    status: StatusCode,
}

impl Seen {
    fn say(&self, request: &ReceivedRequest) {
        let what = format!("{} {}", request.method, request.uri);
        match &request.answer {
            Answer::Preflight => stop::say(format_args!("{what}: 204, a CORS preflight request")),
            Answer::Refused(number) => stop::say(format_args!(
                "{what}: {}, refusal {number} of {}",
                self.status, self.refusals
            )),
            Answer::Recording { index, start } => {
                let from = match start {
                    Start::Beginning => String::new(),
                    Start::After(id) => format!(", after the event with the ID {id:?}"),
                    Start::UnknownId(id) => {
                        format!(", from the start: it does not have the ID {id:?}")
                    }
                };
                let status = StatusCode::from_u16(self.statuses[*index]);
                let status = status.map_or_else(|_| String::new(), |status| status.to_string());
                let file = self.files[*index].display();
                stop::say(format_args!("{what}: {status}, {file}{from}"));
            }
            _ => stop::say(format_args!("{what}: 404, there is no recording of this")),
        }
    }
}

/// A recording that can be served.
fn open(path: &Path) -> Result<Recording, Stop> {
    let input = input::open(path)?;
    let name = input.name.clone();
    let Form::Recording(reader, _) = recording::form_of(input)? else {
        return Err(Stop::BadInput(format!(
            "{name} is not a recording: `esse record` makes one"
        )));
    };
    let recording = reader
        .read()
        .map_err(|error| recording::stop(&name, &error))?;
    let wrong = |what: &str| Err(Stop::BadInput(format!("{name}:1: {what}")));
    if recording.head.url.parse::<Uri>().is_err() {
        return wrong("`url` is not a URL");
    }
    if StatusCode::from_u16(recording.head.status).is_err() {
        return wrong("there is no such status");
    }
    Ok(recording)
}

/// What a recording answers.
fn path(recording: &Recording) -> String {
    let uri = recording.head.url.parse::<Uri>();
    let path = uri.as_ref().map_or("", |uri| uri.path());
    format!("{} {path}", recording.head.method)
}

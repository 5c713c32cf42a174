//! `esse probe`: what a deployment does to an event stream, with a cure for each finding.
// | file | its one job |
// |---|---|
// | exchange.rs | one request, and what came back, with the time of each piece |
// | content.rs | the events of a stream, and its pauses |
// | lines.rs | the lines of a stream as they were written |
// | checks/ | what is looked at |
// | echo/ | a stream of the probe's own, through the hops of a deployment |
// | report.rs | the findings, and the forms in which they are written |

mod checks;
mod content;
mod echo;
mod exchange;
mod lines;
mod report;

use std::future::pending;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use content::Content;
use exchange::{Exchange, Piece, exchange};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName,
    HeaderValue, ORIGIN,
};
use http::{Method, Request};
use report::{Format, Level, Report};

use crate::phrases::seconds;
use crate::request::{self, LAST_EVENT_ID, RequestArgs};
use crate::runtime;
use crate::stop::{self, Stop};
use crate::time::Time;

const EXAMPLES: &str = "\
Examples:
  esse probe https://stream.wikimedia.org/v2/stream/recentchange
  esse probe --for 70s --format junit http://localhost:8080/events >probe.xml
  esse probe --echo 127.0.0.1:9000 http://localhost/events";

const AFTER_HELP: &str = "\
It listens for a while, and then comes back as a client does: with an ID from the middle of what it
saw, as a new one, with an ID that nobody knows, with compression, and from another origin. A
request other than GET is sent once.

With --echo it serves a stream of its own at this address, and reads it directly and through the
proxy behind the URL, which has to hand requests on to this address.

Exit status:
  0  no errors; perhaps warnings
  1  errors
  2  wrong arguments, or an address that cannot be listened on
  4  no answer came
  130  Ctrl-C or SIGTERM ended it; what it found until then is reported";

/// An ID that no server has given out.
const UNKNOWN_ID: &str = "esse-probe-8f41c6d0";

/// Exit status if Ctrl-C or SIGTERM ended the probe.
const STOPPED: u8 = 130;

/// How long the probe listens when it comes back, at most.
const AGAIN: Duration = Duration::from_secs(5);

/// What a deployment does to an event stream
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
pub(crate) struct Args {
    #[command(flatten)]
    request: RequestArgs,
    /// How long to listen, unless 16 MiB come first
    #[arg(long = "for", value_name = "TIME", default_value = "20s")]
    duration: Time,
    /// The longest time without a byte that is fine
    #[arg(long, value_name = "TIME", default_value = "16s")]
    keep_alive: Time,
    /// Serve a stream at this address, such as 127.0.0.1:9000, and measure what the way from there
    /// to the URL does to it
    #[arg(
        long,
        value_name = "ADDRESS",
        conflicts_with_all = ["method", "body", "last_event_id", "duration", "keep_alive"]
    )]
    echo: Option<String>,
    /// URL of a hop between this address and the URL; may be given several times, from the inside
    /// outwards
    #[arg(long = "via", value_name = "URL", requires = "echo")]
    hops: Vec<String>,
    /// Let the stream at this address be silent for this time before its last event
    #[arg(long, value_name = "TIME", requires = "echo", default_value = "0s")]
    silence: Time,
    /// Form of the report; junit is for CI systems, markdown for an issue or a page
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    format: Format,
    /// Say nothing on stderr while all is well
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    runtime::on_all_threads(probe(args))
}

async fn probe(args: &Args) -> Result<ExitCode, Stop> {
    let mut report = Report::new(request::shown(&args.request.url));
    let stopped = runtime::ended(None).map(drop).boxed().shared();
    let outcome = checks(args, stopped.clone(), &mut report).await?;
    let is_stopped = stopped.now_or_never().is_some();
    if let Err(why) = outcome {
        stop::say(why);
        let status = if is_stopped { STOPPED } else { stop::NO_ANSWER };
        return Ok(ExitCode::from(status));
    }
    if is_stopped {
        report.skipped("the rest", "Ctrl-C ended the probe");
    }
    stop::print(&report.in_form(args.format))?;
    Ok(if is_stopped {
        ExitCode::from(STOPPED)
    } else if report.has(Level::Error) {
        ExitCode::from(stop::BAD_INPUT)
    } else {
        ExitCode::SUCCESS
    })
}

async fn checks(
    args: &Args,
    stopped: Stopped,
    report: &mut Report,
) -> Result<Result<(), String>, Stop> {
    let probe = Probe {
        args,
        client: request::client()?,
        request: args.request.to_event_stream_request()?,
        stopped: stopped.clone(),
    };
    match &args.echo {
        Some(address) => tokio::select! {
            biased;
            () = stopped => Ok(Ok(())),
            outcome = echo::checks(&probe, address, report) => outcome,
        },
        None => Ok(probe.stream(report).await),
    }
}

/// Is over when Ctrl-C has ended the probe.
type Stopped = Shared<BoxFuture<'static, ()>>;

struct Probe<'a> {
    args: &'a Args,
    client: reqwest::Client,
    request: Request<Bytes>,
    stopped: Stopped,
}

impl Probe<'_> {
    /// # Errors
    /// No answer came to the first request.
    async fn stream(&self, report: &mut Report) -> Result<(), String> {
        let time = self.args.duration.0;
        let is_repeatable = self.request.method() == Method::GET;
        self.say(format_args!("listening for {}", seconds(time)));
        let (request, stopped) = (self.request.clone(), self.stopped.clone());
        let first = exchange(&self.client, request, time, |_| false, stopped).await?;
        if !checks::head(&first, report) {
            report.skipped("events", "the response is not an event stream");
            return Ok(());
        }
        let pieces = match first.decoded() {
            Ok(pieces) => pieces,
            Err(why) => {
                report.skipped("events", why);
                return Ok(());
            }
        };
        let content = Content::of(&pieces);
        checks::stream(&first, &content, is_repeatable, report);
        if is_repeatable {
            checks::keep_alive(&first, self.args.keep_alive.0, report);
        }
        checks::ids(&content, is_repeatable, report);
        if is_repeatable {
            tokio::select! {
                biased;
                () = self.stopped.clone() => {}
                () = self.come_back(&first, &content, report) => {}
            }
        } else {
            let why = format!("a {} is sent once", self.request.method());
            report.skipped("resume", why);
        }
        Ok(())
    }

    async fn come_back(&self, first: &Exchange, content: &Content, report: &mut Report) {
        self.resume(content, report).await;
        self.unknown_id(content, report).await;
        self.compression(first, content, report).await;
        self.cors(report).await;
    }

    async fn resume(&self, content: &Content, report: &mut Report) {
        let Some((id, after)) = checks::place(content) else {
            return report.skipped("resume", "there was no event with an ID");
        };
        let Ok(value) = HeaderValue::from_bytes(id.as_bytes()) else {
            return report.skipped("resume", "a header cannot hold the ID");
        };
        self.say("coming back with an ID");
        let request = self.with(&[(LAST_EVENT_ID, value)]);
        let is_enough = content::reaches(after.last().copied());
        match self.exchange(request, self.again(), is_enough).await {
            Ok(again) => checks::resume(content, &again, &content_of(&again), report),
            Err(why) => report.error("resume", why, "answer clients that come back"),
        }
    }

    async fn unknown_id(&self, content: &Content, report: &mut Report) {
        self.say("coming as a new client");
        let request = self.with(&[(LAST_EVENT_ID, HeaderValue::from_static(UNKNOWN_ID))]);
        // Before, so that what a new client gets, and what is new until then, is all in it.
        let as_new = self.exchange(self.request.clone(), self.again(), |_| false);
        let as_new = as_new.await;
        self.say("coming back with an unknown ID");
        let again = self.exchange(request, self.again(), |_| false).await;
        let as_new = as_new.map_or_else(|_| Content::default(), |new| content_of(&new));
        match again {
            Ok(again) => checks::unknown_id(content, &again, &content_of(&again), &as_new, report),
            Err(why) => report.error("unknown-id", why, "answer clients with an old ID, too"),
        }
    }

    async fn compression(&self, first: &Exchange, content: &Content, report: &mut Report) {
        self.say("coming back with compression");
        let codings = HeaderValue::from_static("gzip, deflate, br, zstd");
        let request = self.with(&[(ACCEPT_ENCODING, codings)]);
        let plain = content.first_event_after(first.head);
        let time = self.again().max(plain.unwrap_or_default() * 2);
        match self.exchange(request, time, |_| false).await {
            Ok(again) => checks::compression(&again, plain, report),
            Err(why) => report.error(
                "compression",
                why,
                "answer requests that accept compression",
            ),
        }
    }

    async fn cors(&self, report: &mut Report) {
        self.say("coming from another origin");
        let origin = (ORIGIN, HeaderValue::from_static(checks::ORIGIN));
        let request = self.with(std::slice::from_ref(&origin));
        let read = match self.exchange(request, self.again(), |_| true).await {
            Ok(read) => read,
            Err(why) => return report.skipped("cors", why),
        };
        let mut request = self.with(&[
            origin,
            (
                ACCESS_CONTROL_REQUEST_METHOD,
                HeaderValue::from_static("GET"),
            ),
            (
                ACCESS_CONTROL_REQUEST_HEADERS,
                HeaderValue::from_static("last-event-id"),
            ),
        ]);
        *request.method_mut() = Method::OPTIONS;
        let preflight = self.exchange(request, self.again(), |_| true).await;
        checks::cors(&read, preflight.as_ref(), report);
    }

    /// The request, with these headers.
    fn with(&self, headers: &[(HeaderName, HeaderValue)]) -> Request<Bytes> {
        let mut request = self.request.clone();
        for (name, value) in headers {
            request.headers_mut().insert(name, value.clone());
        }
        request
    }

    /// When the probe is stopped, all of `come_back` is dropped, so that none of its checks takes
    /// that for the end of a response.
    async fn exchange(
        &self,
        request: Request<Bytes>,
        time: Duration,
        is_enough: impl FnMut(&Piece) -> bool,
    ) -> Result<Exchange, String> {
        exchange(&self.client, request, time, is_enough, pending()).await
    }

    fn again(&self) -> Duration {
        AGAIN.min(self.args.duration.0)
    }

    fn say(&self, message: impl std::fmt::Display) {
        if !self.args.quiet {
            stop::say(message);
        }
    }
}

fn content_of(exchange: &Exchange) -> Content {
    Content::of(&exchange.decoded().unwrap_or_default())
}

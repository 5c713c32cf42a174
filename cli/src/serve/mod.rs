//! `esse serve`: what comes on stdin, as an event stream for browsers and others.
// | file | its one job |
// |---|---|
// | feed.rs | stdin, event by event |
// | drain.rs | the end: clients get what is left |
// | page.html | a page that shows them |

mod drain;
mod feed;

use std::convert::Infallible;
use std::future::{pending, ready};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;

use bytes::Bytes;
use esse_encoder::EventId;
use esse_server::last_event_id::LastEventId;
use esse_server::serve::RequestBody;
use esse_server::{Hub, IdCounter, Sink, Subscriber, last_event_id, response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CONTENT_TYPE, HeaderValue,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{Either, Full};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::phrases::counted;
use crate::runtime::{self, Signals};
use crate::stop::{self, Stop};

const PAGE: &str = include_str!("page.html");

const EXAMPLES: &str = "\
Examples:
  tail -f app.log | esse serve                    open http://127.0.0.1:8080 to look at it
  vmstat -n 1 | esse serve --port 9000 & curl -N http://127.0.0.1:9000/events
  tail -f events.jsonl | esse serve --json        blocks, as `esse encode` reads them
  esse get https://example.com/events | esse serve --json     one connection for many browsers";

const AFTER_HELP: &str = "\
Each line is an event, with an ID of its own, so that a client that comes back goes on where it was.
If that is no longer kept, it gets an event of the type `missed`. Any page may read the stream.
An ID that is empty, or that no client can send back, is replaced.
After the end of the input, until Ctrl-C, a new client gets everything that is kept.
A client that takes nothing for 30 seconds is disconnected. Ctrl-C or SIGTERM leaves clients 5
seconds for what they do not have yet, and a second one ends at once.

Exit status:
  0  it was stopped, or the input ended (--end)
  1  a part of the input was left out: it was not valid, or it ended inside an event
  2  wrong arguments, input that cannot be read, or an address that cannot be listened on
  3  a client does not have everything: it was cut off at the end, or with --end it read so
     slowly that it missed what is no longer kept (--keep)";

/// Stdin as an event stream, for any number of clients
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Address to listen on, or a name such as localhost
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on, or 0 for a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// The input is JSON lines, as `esse encode` and `esse decode` have them
    #[arg(long, conflicts_with = "sse")]
    json: bool,
    /// The input is an event stream
    #[arg(long)]
    sse: bool,
    /// How much to keep for clients that come back, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=16_384))]
    keep: u32,
    /// End when the input has ended and each client has it all
    #[arg(long)]
    end: bool,
}

/// An IPv6 address as it is written in a URL, too.
fn without_brackets(host: &str) -> &str {
    let inside = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    inside.filter(|host| host.contains(':')).unwrap_or(host)
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    runtime::on_all_threads(serve(args))
}

async fn serve(args: &Args) -> Result<ExitCode, Stop> {
    let at = (without_brackets(&args.host), args.port);
    let cannot = |error| Stop::listening(format_args!("{}:{}", at.0, at.1), &error);
    let listener = TcpListener::bind(at).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let hub = Hub::builder()
        .keep_events(usize::MAX)
        .keep_bytes((args.keep as usize) << 20)
        .build();

    let (input_ended, end) = oneshot::channel();
    let read = Arc::new(AtomicU8::new(0));
    let ids = IdCounter::new();
    // No event has this ID: what follows it is everything.
    let beginning = ids.next_id();
    hub.starts_after(&beginning);
    let feed = feed::Feed::new(hub.clone(), args.form(), ids);
    let app = App {
        hub: hub.clone(),
        beginning: Arc::new(OnceLock::new()),
    };
    let ended = Arc::clone(&app.beginning);
    let status = Arc::clone(&read);
    // Not joined: it may wait for input for ever.
    thread::spawn(move || {
        status.store(feed.run(), Ordering::Relaxed);
        let _ = ended.set(beginning);
        let _ = input_ended.send(());
    });
    let ends_with_input = args.end;
    let over = async {
        if end.await.is_ok() && !ends_with_input {
            stop::say("the input has ended; Ctrl-C stops the server");
        }
        if !ends_with_input {
            pending::<()>().await;
        }
    };
    let app = tower::service_fn(move |request: Request<RequestBody>| {
        ready(Ok::<_, Infallible>(app.answer(&request)))
    });
    // Before the address is printed.
    let signals = Signals::catch().map_err(Stop::trouble)?;
    stop::say(format_args!("listening on http://{address}"));
    let server = esse_server::serve(listener, app);
    let cut_off = drain::serve(server, &hub, over, signals).await;
    let cut_off = cut_off.map_err(Stop::trouble)?;
    let metrics = hub.metrics();
    stop::say(format_args!(
        "{} to {}",
        counted(metrics.published, "event"),
        counted(metrics.opened, "client")
    ));
    if cut_off > 0 {
        let clients = counted(cut_off, "client");
        stop::say(format_args!(
            "cut off before they had everything: {clients}"
        ));
    }
    let fell_behind = metrics.gaps.fell_behind > 0;
    if fell_behind {
        stop::say("a client read so slowly that it missed events: --keep keeps more of them");
    }
    Ok(if cut_off > 0 || args.end && fell_behind {
        ExitCode::from(stop::CUT_OFF)
    } else {
        ExitCode::from(read.load(Ordering::Relaxed))
    })
}

impl Args {
    const fn form(&self) -> feed::Form {
        match (self.json, self.sse) {
            (true, _) => feed::Form::JsonLines,
            (_, true) => feed::Form::EventStream,
            _ => feed::Form::Lines,
        }
    }
}

const ANY: HeaderValue = HeaderValue::from_static("*");

type Body = Either<Sink<Subscriber>, Full<Bytes>>;

/// What answers requests.
#[derive(Clone)]
struct App {
    hub: Hub,
    /// The ID before the first event, once the input has ended.
    beginning: Arc<OnceLock<EventId>>,
}

impl App {
    fn answer(&self, request: &Request<RequestBody>) -> Response<Body> {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/events") => readable(self.events(request)),
            (&Method::HEAD, "/events") => readable(Either::Right(Full::default())),
            (&Method::OPTIONS, "/events") => preflight(),
            (&Method::GET | &Method::HEAD, "/") => {
                text(StatusCode::OK, "text/html; charset=utf-8", PAGE)
            }
            (_, "/events") => not_allowed("GET, HEAD, OPTIONS"),
            (_, "/") => not_allowed("GET, HEAD"),
            _ => {
                let place = "The stream is at /events.\n";
                text(StatusCode::NOT_FOUND, "text/plain", place)
            }
        }
    }

    /// Nothing more comes after the end of the input, so a new client gets what has come.
    fn events(&self, request: &Request<RequestBody>) -> Body {
        let id = last_event_id(request.headers()).or_query(request.uri().query());
        let id = match (id, self.beginning.get()) {
            (LastEventId::None, Some(beginning)) => LastEventId::Id(beginning.clone()),
            (id, _) => id,
        };
        Either::Left(Sink::new(self.hub.subscribe().last_event_id(id).open()))
    }
}

/// Any page may read it.
fn readable(body: Body) -> Response<Body> {
    let mut response = response(body);
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    response
}

fn not_allowed(methods: &'static str) -> Response<Body> {
    let why = "This can only be read.\n";
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", why);
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(methods));
    response
}

/// Pages of other origins that connect with `fetch()` ask before they send `Last-Event-ID`.
fn preflight() -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::default()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ANY);
    response
}

fn text(status: StatusCode, content_type: &'static str, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::from(text)));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

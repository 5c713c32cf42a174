//! `esse replay`: recordings as the answers of a server, at their pace, with faults if wanted.
// | file | its one job |
// |---|---|
// | recordings.rs | the recordings, and which of them answers a request |
// | timeline.rs | what goes out and when, with the faults |
// | body.rs | the body of a response, each piece when it is due |

mod body;
mod recordings;
mod timeline;

use std::future::ready;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use body::{Broken, Pace, Totals};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use recordings::{Recordings, Served};
use timeline::{Cut, Ending, Faults};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::ctrl_c;

use crate::phrases::counted;
use crate::request::LAST_EVENT_ID;
use crate::runtime;
use crate::stop::{self, Stop};

const AFTER_HELP: &str = r"A request is answered by the recording with its method and path. If there is only one recording, it
answers every request. With a Last-Event-ID that the recording has, what came after it is sent.

Examples:
  esse replay answer.jsonl                        at http://127.0.0.1:8080, as it was recorded
  esse replay --speed 10 --cut random answer.jsonl & esse get http://127.0.0.1:8080
  esse replay --reset-after 3 --refuse 2 --retry-after 1 wiki.jsonl

Exit status:
  0  it was stopped with Ctrl-C
  1  a file is not a recording
  2  wrong arguments, a file that cannot be read, or an address that cannot be listened on";

/// Recordings of `esse record` as the answers of a server
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP)]
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
        requires = "refuse"
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

impl Args {
    fn faults(&self) -> Faults {
        let after = [
            (self.stall_after, Ending::Stall),
            (self.reset_after, Ending::Reset),
            (self.end_after, Ending::Clean),
        ];
        let mut after = after.into_iter();
        Faults {
            after: after.find_map(|(events, ending)| Some((events?, ending))),
            is_gzip: self.gzip,
            cut: self.cut,
        }
    }

    const fn pace(&self) -> Pace {
        if self.fast {
            Pace::Fast
        } else {
            Pace::Times(self.speed)
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: Args) -> Result<ExitCode, Stop> {
    let recordings = Recordings::open(&args.files)?;
    if let Some(compressed) = recordings.compressed().filter(|_| args.gzip) {
        let name = &compressed.name;
        return Err(Stop::Trouble(format!(
            "{name} is compressed already: leave out --gzip"
        )));
    }
    runtime::on_all_threads(serve(args, recordings))
}

async fn serve(args: Args, recordings: Recordings) -> Result<ExitCode, Stop> {
    let at = (IpAddr::from(Ipv4Addr::LOCALHOST), args.port);
    let cannot = |error| Stop::trouble(format_args!("cannot listen on {}:{}: {error}", at.0, at.1));
    let listener = TcpListener::bind(at).await.map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    let server = Arc::new(Server {
        args,
        recordings,
        totals: Arc::default(),
    });
    let mut interrupted = pin!(ctrl_c());
    let mut is_listening = false;
    loop {
        // Ctrl-C is caught before the address is printed.
        let accepted = tokio::select! {
            biased;
            _ = &mut interrupted => break,
            () = ready(()), if !is_listening => {
                server.say_what_is_served(address);
                is_listening = true;
                continue;
            }
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, _)) => drop(tokio::spawn(Arc::clone(&server).connection(socket))),
            Err(error) => stop::say(format_args!("cannot accept a connection: {error}")),
        }
    }
    server.totals.say();
    Ok(ExitCode::SUCCESS)
}

impl Totals {
    fn say(&self) {
        let [requests, pieces, bytes] = [&self.requests, &self.pieces, &self.bytes]
            .map(|number| number.load(Ordering::Relaxed));
        stop::say(format_args!(
            "{}, {}, {}",
            counted(requests, "request"),
            counted(pieces, "chunk"),
            counted(bytes, "byte")
        ));
    }
}

struct Server {
    args: Args,
    recordings: Recordings,
    totals: Arc<Totals>,
}

type Body = BoxBody<Bytes, Broken>;

impl Server {
    fn say_what_is_served(&self, address: std::net::SocketAddr) {
        stop::say(format_args!("listening on http://{address}"));
        for path in self.recordings.paths() {
            stop::say(format_args!("serves {path}"));
        }
        if let Some(Cut::Random(seed)) = self.args.cut {
            stop::say(format_args!("cuts with --cut random:{seed}"));
        }
    }

    async fn connection(self: Arc<Self>, socket: TcpStream) {
        let Ok((socket, handle)) = with_handle(socket) else {
            return;
        };
        let handle = Arc::new(handle);
        let service = service_fn(move |request| ready(self.answer(&request, &handle)));
        // A client that goes away is not an error, and neither is a response that is broken.
        let _ = http1::Builder::new()
            .serve_connection(TokioIo::new(socket), service)
            .await;
    }

    fn answer(
        &self,
        request: &Request<Incoming>,
        socket: &Arc<std::net::TcpStream>,
    ) -> Result<Response<Body>, Broken> {
        let number = self.totals.requests.fetch_add(1, Ordering::Relaxed);
        let what = format!("{} {}", request.method(), request.uri());
        if number < self.args.refuse {
            let refusals = format!("refusal {} of {}", number + 1, self.args.refuse);
            stop::say(format_args!("{what}: {}, {refusals}", self.args.status));
            return Ok(self.refusal());
        }
        let Some(served) = self
            .recordings
            .find(request.method().as_str(), request.uri())
        else {
            stop::say(format_args!("{what}: 404, there is no recording of this"));
            return Ok(text(
                StatusCode::NOT_FOUND,
                "There is no recording of this.\n",
            ));
        };
        let (start, from) = start(request, served);
        stop::say(format_args!(
            "{what}: {}, {}{from}",
            served.status, served.name
        ));
        let timeline = served.stream.from(start, self.args.faults());
        let timeline = timeline.map_err(|_| Broken)?;
        let (socket, totals) = (Arc::clone(socket), Arc::clone(&self.totals));
        let body = body::play(timeline, self.args.pace(), socket, totals);
        let mut response = Response::new(BoxBody::new(body));
        *response.status_mut() = served.status;
        let headers = response.headers_mut();
        headers.clone_from(&served.headers);
        if let Some(mime) = &self.args.mime {
            headers.insert(CONTENT_TYPE, mime.clone());
        }
        if self.args.gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        Ok(response)
    }

    fn refusal(&self) -> Response<Body> {
        let mut response = text(self.args.status, "Refused, as was asked for.\n");
        if let Some(value) = &self.args.retry_after {
            response.headers_mut().insert(RETRY_AFTER, value.clone());
        }
        response
    }
}

/// The socket, and a second handle for it, with which its connection can be reset.
fn with_handle(socket: TcpStream) -> std::io::Result<(TcpStream, std::net::TcpStream)> {
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    let handle = socket.try_clone()?;
    Ok((TcpStream::from_std(socket)?, handle))
}

/// The place that a request asks for, and what to say about it.
fn start(request: &Request<Incoming>, served: &Served) -> (usize, String) {
    let id = request.headers().get(LAST_EVENT_ID);
    let Some(id) = id.map(|id| String::from_utf8_lossy(id.as_bytes())) else {
        return (0, String::new());
    };
    match served.stream.after(&id) {
        Some(start) => (start, format!(", after the event with the ID {id:?}")),
        None => (
            0,
            format!(", from the start: it does not have the ID {id:?}"),
        ),
    }
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let body = Full::from(text).map_err(Broken::from);
    let mut response = Response::new(BoxBody::new(body));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

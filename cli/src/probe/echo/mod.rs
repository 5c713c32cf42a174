//! A stream of the probe's own, read directly and through each hop of a deployment.
// | file | its one job |
// |---|---|
// | server.rs | the stream, and what the server sees of its clients |
// | hop.rs | what one hop does to it |

mod hop;
mod server;

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT_ENCODING, HeaderValue};
use server::Server;

use super::Probe;
use super::exchange::{Exchange, Piece, exchange};
use super::report::Report;
use crate::phrases::seconds;
use crate::request::{LAST_EVENT_ID, direct_client, shown, twice, url};
use crate::stop::Stop;

/// Not ASCII, as IDs need not be.
const ID: &str = "esse-probe-ä";

/// How long a server may take to learn that a client has gone.
const DEPARTURE: Duration = Duration::from_secs(2);

/// # Errors
/// The outer `Result`: the probe cannot listen. The inner one: no answer came from a hop.
pub(super) async fn checks(
    probe: &Probe<'_>,
    address: &str,
    report: &mut Report,
) -> Result<Result<(), String>, Stop> {
    if probe.request.headers().contains_key(LAST_EVENT_ID) {
        return Err(twice("--echo"));
    }
    let server = Server::start(address, probe.args.silence.0).await?;
    let direct = format!("http://{}", server.address);
    let direct_client = direct_client()?;
    let hops = probe.args.hops.iter().chain([&probe.args.request.url]);
    let hops = hops.map(|name| (name, &probe.client));
    let mut inner = None;
    for (name, client) in [(&direct, &direct_client)].into_iter().chain(hops) {
        let request = request(probe, name)?;
        let name = &shown(name);
        probe.say(format_args!(
            "reads its own stream at {name} for {}",
            seconds(server.length())
        ));
        let hop = Hop {
            server: &server,
            client,
            name,
            request,
        };
        match hop.read(inner, report).await {
            Ok(delay) => inner = Some(delay),
            Err(why) => return Ok(Err(format!("{name}: {why}"))),
        }
    }
    Ok(Ok(()))
}

fn request(probe: &Probe<'_>, name: &str) -> Result<Request<Bytes>, Stop> {
    let mut request = probe.request.clone();
    *request.uri_mut() = url(name)?;
    let id = HeaderValue::from_bytes(ID.as_bytes()).map_err(Stop::trouble)?;
    request.headers_mut().insert(LAST_EVENT_ID, id);
    Ok(request)
}

/// One way to the stream.
struct Hop<'a> {
    server: &'a Server,
    client: &'a reqwest::Client,
    name: &'a str,
    request: Request<Bytes>,
}

impl Hop<'_> {
    /// Returns the delay of an event, which is more than that of the hop inside of this one.
    async fn read(&self, inner: Option<Duration>, report: &mut Report) -> Result<Duration, String> {
        let time = self.server.length() + Duration::from_secs(10);
        let plain = self.exchange(self.request.clone(), time, |_| false).await?;
        let Some(sent) = self.server.last() else {
            return Err("the answer is not from esse: the request did not reach it".to_owned());
        };
        hop::head(self.name, &plain, &sent, ID, report);
        let delay = hop::delays(self.name, &plain, &sent, inner, report);
        hop::bytes(self.name, &plain, &sent, self.server.silence, report);
        self.compressed(time, report).await;
        self.departure(report).await;
        Ok(delay)
    }

    async fn compressed(&self, time: Duration, report: &mut Report) {
        let mut request = self.request.clone();
        let codings = HeaderValue::from_static("gzip, deflate");
        request.headers_mut().insert(ACCEPT_ENCODING, codings);
        let before_silence = |_: &Piece| self.server.is_in_silence();
        match self.exchange(request, time, before_silence).await {
            Ok(exchange) => match self.server.last() {
                Some(sent) => hop::compression(self.name, &exchange, &sent, report),
                None => report.skipped("compression", "the request did not reach the stream"),
            },
            Err(why) => report.skipped("compression", why),
        }
    }

    /// A client that goes away after the first event.
    async fn departure(&self, report: &mut Report) {
        let gone = self
            .exchange(self.request.clone(), DEPARTURE * 2, |_| true)
            .await;
        if let Err(why) = gone {
            return report.skipped("departure", why);
        }
        hop::departure(self.name, self.server.departure(DEPARTURE).await, report);
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
        time: Duration,
        is_enough: impl FnMut(&Piece) -> bool,
    ) -> Result<Exchange, String> {
        self.server.forget();
        // When the probe is stopped, all of this is dropped.
        exchange(self.client, request, time, is_enough, pending()).await
    }
}

//! Connects, reads, and connects again (9.2.2).

use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use esse_parser::check_response;
use serde_json::{Value, json};

use crate::http::{self, Response};
use crate::output::Output;
use crate::redirect::{Target, resolved};
use crate::setup::Setup;
use crate::stream::{Item, Stream};
use crate::wrong::Wrong;

/// The reconnection time if nobody has chosen one. A longer one would hide some faults: no scenario asks
/// a client to be fast.
const RECONNECTION_TIME: Duration = Duration::from_secs(1);
/// The least wait after a response with an event, and after the first without.
const LEAST: Duration = Duration::from_millis(50);
const LEAST_WITHOUT_EVENT: Duration = Duration::from_millis(500);
/// Redirects for one connection (Fetch, 4.4).
const REDIRECTS: usize = 20;
/// The longest ID that servers accept in a header.
const LONGEST_ID: usize = 8192;

/// A client.
pub(crate) struct Client {
    setup: Setup,
    output: Arc<Output>,
    stream: Stream,
    path: String,
    /// Responses in a row without an event.
    failures: u32,
    requests: usize,
    requested_at: Instant,
}

/// How one connection came out.
enum Ended {
    /// The response ended as its framing says.
    Clean,
    /// The response broke, or was silent for too long.
    Broken,
    /// No byte was sent.
    Unreachable,
    /// The server asks not to connect again.
    NoContent,
    /// The event came that ends the stream.
    Terminal,
    /// Another attempt may come out differently, after this time.
    Busy(Option<Duration>),
    /// There is no point in another attempt.
    Final(&'static str),
}

impl Client {
    pub(crate) fn new(setup: Setup, output: Arc<Output>) -> Self {
        let stream = Stream::new(&setup.last_event_id, setup.retry);
        Self {
            path: setup.path.clone(),
            setup,
            output,
            stream,
            failures: 0,
            requests: 0,
            requested_at: Instant::now(),
        }
    }

    /// Connects until there is no point in it.
    pub(crate) fn run(mut self) {
        while !self.is_closed() {
            let ended = self.connect().unwrap_or(Ended::Broken);
            self.output.release();
            if self.is_closed() {
                return;
            }
            if let Some(last) = self.last_lines(&ended) {
                for line in &last {
                    self.output.say(line);
                }
                return;
            }
            self.reestablish(&ended);
        }
    }

    fn is_closed(&self) -> bool {
        self.output.is_closed() && self.setup.wrong != Wrong::ReconnectsAfterClose
    }

    /// What the user sees if this is the end.
    fn last_lines(&self, ended: &Ended) -> Option<Vec<Value>> {
        let wrong = self.setup.wrong;
        let error = match ended {
            Ended::NoContent if wrong == Wrong::ReconnectsAfter204 => return None,
            Ended::NoContent | Ended::Terminal => None,
            Ended::Final(why) => Some(*why),
            Ended::Clean | Ended::Broken if self.goes_on() => return None,
            Ended::Clean if self.is_one_answer() => self
                .setup
                .terminal
                .is_some()
                .then_some("the end is missing"),
            Ended::Broken if self.is_one_answer() => {
                (wrong != Wrong::OnceTakesCutForEnd).then_some("the response broke")
            }
            Ended::Broken if wrong == Wrong::EndsAfterReset => Some("the response broke"),
            Ended::Unreachable if wrong == Wrong::EndsIfUnreachable => Some("unreachable"),
            Ended::Unreachable => return None,
            Ended::Broken
                if wrong == Wrong::ResendsPostWithoutAnswer && !self.stream.has_started =>
            {
                return None;
            }
            _ if !self.setup.is_repeatable() => Some("the request may not be sent again"),
            Ended::Clean | Ended::Broken | Ended::Busy(_) => return None,
        };
        let told = error.map(|why| json!({ "told": why }));
        let closed = json!({ "closed": error });
        Some(told.into_iter().chain([closed]).collect())
    }

    /// The end of the response is the end.
    fn is_one_answer(&self) -> bool {
        self.setup.is_once() || self.setup.is_resuming()
    }

    /// Although this is one answer, or the request may not be sent again, another request follows.
    fn goes_on(&self) -> bool {
        let has_id = !self.stream.last_event_id.is_empty();
        match self.setup.wrong {
            Wrong::OnceReconnectsWithId if self.setup.is_once() => has_id,
            Wrong::ResendsPostWithId if !self.is_one_answer() => has_id,
            Wrong::ResumingNeverResumes => false,
            Wrong::ResumingGoesOnWithoutId => self.setup.is_resuming(),
            _ => has_id && self.setup.is_resuming(),
        }
    }

    /// The method and the body of the next request.
    fn request(&self) -> (String, Option<String>) {
        let wrong = self.setup.wrong;
        let is_rest = self.setup.is_resuming() && self.requests > 0;
        if is_rest && wrong != Wrong::ResumingSendsPostAgain {
            return ("GET".to_owned(), None);
        }
        let is_lost = wrong == Wrong::LosesBodyLater && self.requests > 0;
        let body = self.setup.body.clone().filter(|_| !is_lost);
        (self.setup.method.clone(), body)
    }

    /// Reestablishes the connection (9.2.2): says so, and waits.
    fn reestablish(&mut self, ended: &Ended) {
        self.output
            .say(&json!({ "error": "the connection is lost" }));
        let wrong = self.setup.wrong;
        let retry = self.stream.retry.unwrap_or(RECONNECTION_TIME);
        let least = match self.failures {
            0 => LEAST,
            failures => LEAST_WITHOUT_EVENT * 2_u32.pow(failures.min(8) - 1),
        };
        let mut wait = retry.max(least);
        if let Ended::Busy(Some(after)) = ended {
            wait = match wrong {
                Wrong::RetryAfterShortens => *after,
                Wrong::IgnoresRetryAfter => wait,
                _ => wait.max(*after),
            };
        }
        wait = match (wrong, ended) {
            (Wrong::SubtractsJitter, _) => wait.mul_f64(0.8),
            (Wrong::IgnoresRetry, _) => Duration::from_secs(3),
            (Wrong::CapsRetry, _) => wait.min(Duration::from_secs(3)),
            (Wrong::WaitsOnlyAfterCleanEnds, Ended::Broken) => LEAST,
            (Wrong::WaitsFromTheRequest, _) => wait.saturating_sub(self.requested_at.elapsed()),
            _ => wait,
        };
        thread::sleep(wait);
    }

    /// One connection, with its redirects.
    fn connect(&mut self) -> io::Result<Ended> {
        let wrong = self.setup.wrong;
        self.failures += 1;
        self.stream.start(wrong);
        let mut path = self.path.clone();
        let mut authority = self.setup.authority.clone();
        let mut request = self.request();
        for redirects in 0..REDIRECTS {
            let Ok(socket) = TcpStream::connect(&authority) else {
                return Ok(Ended::Unreachable);
            };
            self.output.keep(socket.try_clone()?);
            if self.is_closed() {
                return Ok(Ended::Broken);
            }
            let idle = self.setup.idle;
            socket.set_read_timeout(idle.filter(|_| wrong != Wrong::WaitsForHeadForEver))?;
            let (method, body) = (&request.0, request.1.as_deref());
            let headers = self.headers(&authority, redirects, body.is_some());
            self.requests += 1;
            self.requested_at = Instant::now();
            http::send(&socket, method, &path, &headers, body)?;
            let answer = Response::read(socket, wrong == Wrong::TakesInterimResponse);
            let response = answer.inspect_err(|_| self.attempt_failed())?;
            let Some(target) = self.target(&response) else {
                return self.answered(response);
            };
            match resolved(target, &authority, &path) {
                Target::Here(target) => path = target,
                Target::Other(other, target) if wrong == Wrong::FollowsToOtherOrigin => {
                    (authority, path) = (other, target);
                }
                Target::Other(..) => return Ok(Ended::Final("another origin")),
                Target::Unusable if wrong == Wrong::TakesEveryTargetForPath => {
                    path = format!("/{target}");
                }
                Target::Unusable => return Ok(Ended::Final("nothing that HTTP can request")),
            }
            if wrong == Wrong::StaysAtTargetOfRedirect {
                self.path.clone_from(&path);
            }
            let turns = response.status == 303 && wrong != Wrong::KeepsBodyAfter303;
            if turns || wrong == Wrong::LosesBodyInRedirect {
                request = ("GET".to_owned(), None);
            }
        }
        Ok(Ended::Final("too many redirects"))
    }

    fn attempt_failed(&mut self) {
        if self.setup.wrong == Wrong::LosesIdAfterFailedAttempt {
            self.stream.last_event_id.clear();
        }
    }

    fn headers(&self, authority: &str, redirects: usize, has_body: bool) -> Vec<(String, Vec<u8>)> {
        let wrong = self.setup.wrong;
        let own = self.setup.headers.iter();
        let is_sent = wrong != Wrong::SendsOwnHeadersOnce || self.requests == 0;
        let is_of_body = |name: &str| name.eq_ignore_ascii_case("content-type");
        let own = own.filter(|(name, _)| is_sent && (has_body || !is_of_body(name)));
        let mut headers: Vec<(String, Vec<u8>)> = own
            .map(|(name, value)| (name.clone(), value.clone().into_bytes()))
            .collect();
        let mut add = |name: &str, value: &[u8]| {
            if !headers
                .iter()
                .any(|(own, _)| own.eq_ignore_ascii_case(name))
            {
                headers.push((name.to_owned(), value.to_owned()));
            }
        };
        add("Host", authority.as_bytes());
        add(
            "Accept",
            match wrong {
                Wrong::AcceptsEverything => b"*/*",
                _ => b"text/event-stream",
            },
        );
        if wrong != Wrong::AllowsCaches {
            add("Cache-Control", b"no-cache");
        }
        let is_lost = wrong == Wrong::LosesIdInRedirect && redirects > 0;
        if let Some(id) = self.last_event_id().filter(|_| !is_lost) {
            add("Last-Event-ID", &id);
        }
        headers
    }

    /// The value of `Last-Event-ID` (9.2.4). HTTP cannot carry every ID.
    fn last_event_id(&self) -> Option<Vec<u8>> {
        let wrong = self.setup.wrong;
        let mut id = self.stream.last_event_id.as_str();
        if wrong == Wrong::TrimsId {
            id = id.trim();
        }
        if wrong == Wrong::SendsIdAsLatin1 {
            let latin_1 = id.chars().map(|char| u8::try_from(char).unwrap_or(b'?'));
            return (!id.is_empty()).then(|| latin_1.collect());
        }
        let is_control = |char: char| char.is_control() && char != '\t';
        let is_possible = id.trim() == id && !id.contains(is_control);
        let is_sent = !id.is_empty() || wrong == Wrong::SendsEmptyId;
        (is_sent && is_possible && id.len() <= LONGEST_ID).then(|| id.as_bytes().to_vec())
    }

    /// The target of a redirect (Fetch, 4.4).
    fn target<'r>(&self, response: &'r Response) -> Option<&'r str> {
        let is_redirect = [301, 302, 303, 307, 308].contains(&response.status);
        let is_followed = is_redirect && self.setup.wrong != Wrong::DoesNotFollowRedirects;
        let target = response.values("location").next().filter(|_| is_followed);
        target.filter(|target| !target.is_empty())
    }

    /// Announces or fails the connection (9.2.2).
    fn answered(&mut self, mut response: Response) -> io::Result<Ended> {
        let wrong = self.setup.wrong;
        let mut types: Vec<&str> = response.values("content-type").collect();
        if wrong == Wrong::TakesFirstType {
            types.truncate(1);
        }
        let mut media_type = types.join(", ");
        let mut status = response.status;
        match wrong {
            Wrong::OpensOnAnyStatus if status != 204 => status = 200,
            Wrong::OpensOnAnyType if status == 200 => {
                "text/event-stream".clone_into(&mut media_type);
            }
            _ => {}
        }
        if check_response(status, Some(&media_type)).is_ok() {
            return self.announced(response);
        }
        if wrong == Wrong::WaitsForEndOfRefusal {
            while response.read_body(&mut [0; 1024])? > 0 {}
        }
        Ok(self.refused(status, &response))
    }

    fn refused(&self, status: u16, response: &Response) -> Ended {
        let wrong = self.setup.wrong;
        let is_passing = [408, 429, 500, 502, 503, 504].contains(&status);
        let persists = is_passing || wrong == Wrong::PersistsAfterEveryRefusal;
        match status {
            204 => Ended::NoContent,
            200 if wrong == Wrong::ReconnectsAfterWrongType => Ended::Broken,
            200 => Ended::Final("not an event stream"),
            _ if wrong == Wrong::ReconnectsAfterRefusal => Ended::Broken,
            _ if self.setup.mode == "persistent" && persists => Ended::Busy(retry_after(response)),
            _ => Ended::Final("refused"),
        }
    }

    /// Reads the event stream.
    fn announced(&mut self, mut response: Response) -> io::Result<Ended> {
        let wrong = self.setup.wrong;
        self.stream.has_started = true;
        if wrong != Wrong::OpensWithFirstEvent {
            self.output.say(&json!({ "open": true }));
        }
        if wrong == Wrong::ResetsBackoffOnEvery200 {
            self.failures = 0;
        }
        let ended = self.read(&mut response);
        if let Some(item) = self.stream.end(wrong) {
            self.dispatched(item);
        }
        ended
    }

    fn read(&mut self, response: &mut Response) -> io::Result<Ended> {
        let wrong = self.setup.wrong;
        let mut buffer = [0; 4096];
        let mut held = None;
        let mut is_open = wrong != Wrong::OpensWithFirstEvent;
        let mut alive_at = Instant::now();
        loop {
            let read = response.read_body(&mut buffer)?;
            if read == 0 {
                return Ok(Ended::Clean);
            }
            if !is_open {
                self.output.say(&json!({ "open": true }));
                is_open = true;
            }
            for byte in &buffer[..read] {
                let Ok(item) = self.stream.byte(*byte, self.setup.max_event, wrong) else {
                    return Ok(Ended::Final("an event is too long"));
                };
                let Some(item) = item else { continue };
                alive_at = Instant::now();
                let item = match wrong {
                    Wrong::HoldsBackLastEvent => held.replace(item),
                    _ => Some(item),
                };
                if item.is_some_and(|item| self.dispatched(item)) {
                    return Ok(Ended::Terminal);
                }
            }
            let is_late = self
                .setup
                .idle
                .is_some_and(|idle| alive_at.elapsed() > idle);
            if is_late && wrong == Wrong::CountsEventsAloneAsLife {
                return Ok(Ended::Broken);
            }
        }
    }

    /// Returns whether it ends the stream.
    fn dispatched(&mut self, item: Item) -> bool {
        match item {
            Item::Comment(text) => {
                self.output.say(&json!({ "comment": text }));
                false
            }
            Item::Event { event_type, data } => {
                self.failures = 0;
                let id = &self.stream.last_event_id;
                let event = json!({ "type": event_type, "data": data, "lastEventId": id });
                self.output.say(&event);
                self.setup.terminal.as_ref() == Some(&data)
            }
        }
    }
}

/// How long the server asks to wait (RFC 9110, 10.2.3).
fn retry_after(response: &Response) -> Option<Duration> {
    let precise = response.values("retry-after-ms").next();
    if let Some(time) = precise.and_then(|time| time.parse().ok()) {
        return Some(Duration::from_millis(time));
    }
    let value = response.values("retry-after").next()?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    date.duration_since(SystemTime::now()).ok()
}

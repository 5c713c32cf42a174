//! Scenarios: what a server does, and what a client that stays connected makes of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::error::{Reason, VectorError};
use crate::files::{CONNECT, File};
use crate::{hex, text};

/// What a server does, and what a correct client says and sends.
///
/// ```
/// let scenarios = esse_vectors::connect::scenarios()?;
/// let scenario = scenarios.iter().find(|scenario| scenario.id == "answers/204-first").unwrap();
/// assert_eq!(scenario.expect.requests.len(), 1);
/// assert!(scenario.browser);
/// # Ok::<(), esse_vectors::VectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scenario {
    /// The name of the scenario. It is unique among scenarios and never changes.
    pub id: String,
    /// What a correct client does, in one sentence.
    pub rule: String,
    /// What the rule follows from: sections of standards, tests and reports of others.
    pub source: String,
    /// What decides the outcome.
    pub basis: Basis,
    /// Whether `EventSource` in a browser can run it: it is a `GET` without options of the caller,
    /// from a page of the same origin.
    #[serde(default)]
    pub browser: bool,
    /// How the client is set up.
    #[serde(default)]
    pub client: Client,
    /// The server refuses connections until the client has reported a failure, and then for this long.
    /// It does not count from the start of the client: one that starts slowly would miss it.
    #[serde(
        default,
        rename = "listenAfterMs",
        deserialize_with = "optional_milliseconds"
    )]
    pub listen_after: Option<Duration>,
    /// What the server does with each request, in the order of the requests.
    pub server: Vec<Response>,
    /// What a correct client says and sends.
    pub expect: Outcome,
}

/// What decides the outcome of a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The WHATWG HTML standard, and the Fetch standard that it refers to.
    Standard,
    /// RFC 9110 and RFC 9112, HTTP.
    Rfc9110,
    /// A version of the Model Context Protocol.
    Mcp,
    /// No standard: what this project chose, and why, is in the rule.
    Policy,
}

impl Basis {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Standard, Self::Rfc9110, Self::Mcp, Self::Policy];

    /// The name in the files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Rfc9110 => "rfc9110",
            Self::Mcp => "mcp",
            Self::Policy => "policy",
        }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// How a client is set up. An absent member means its default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Client {
    /// Path and query of the URL.
    pub path: String,
    /// The method; `GET` if it is absent.
    pub method: Option<String>,
    /// The body of the request.
    #[serde(deserialize_with = "text::optional")]
    pub body: Option<String>,
    /// Headers of the caller.
    pub headers: BTreeMap<String, String>,
    /// `standard`, `persistent` (refusals that pass are tried again), `once` (the end of the response
    /// is the end) or `resuming` (after an event with an ID, a `GET` goes on with what is missing of
    /// the response).
    pub mode: Option<String>,
    /// The reconnection time until the server sends one.
    #[serde(rename = "retryMs", deserialize_with = "optional_milliseconds")]
    pub retry: Option<Duration>,
    /// The last event ID of an earlier process.
    pub last_event_id: Option<String>,
    /// `always`: a request that is not idempotent may be sent again.
    pub replay: Option<String>,
    /// How long a response may be silent, and how long its head may take.
    #[serde(rename = "idleMs", deserialize_with = "optional_milliseconds")]
    pub idle: Option<Duration>,
    /// How many bytes of data an event may have.
    pub max_event: Option<usize>,
    /// When the caller closes the client, from its start.
    #[serde(rename = "closeAfterMs", deserialize_with = "optional_milliseconds")]
    pub close_after: Option<Duration>,
    /// The caller adds a header `x-attempt` to each request: 0 to the first, 1 to the second.
    pub hook: bool,
    /// The data of the event that ends the stream.
    pub terminal: Option<String>,
    /// The caller asks for a new connection after this many events.
    pub restart_after_events: Option<usize>,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            path: "/events".to_owned(),
            method: None,
            body: None,
            headers: BTreeMap::new(),
            mode: None,
            retry: None,
            last_event_id: None,
            replay: None,
            idle: None,
            max_event: None,
            close_after: None,
            hook: false,
            terminal: None,
            restart_after_events: None,
        }
    }
}

/// What the server does with one request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Response {
    /// What is sent before the response, as it is.
    #[serde(default)]
    pub before: String,
    /// The status line, without its end. Without one there is no head: the pieces are sent as they
    /// are.
    pub status_line: Option<String>,
    /// Names and values. `Connection: close` is added, and what the framing needs. `{origin}` in a
    /// value is the origin of the server, `{other}` is another origin of it, and `{now+2}` is the
    /// date in two seconds.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// How the end of the body is marked.
    #[serde(default)]
    pub framing: Framing,
    /// The body.
    #[serde(default)]
    pub pieces: Vec<Piece>,
    /// What follows the body.
    #[serde(default)]
    pub end: End,
    /// All further requests get this response, too.
    #[serde(default)]
    pub repeat: bool,
}

/// How the end of a body is marked (RFC 9112, 6.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Framing {
    /// By the end of the connection.
    #[default]
    Close,
    /// Each piece is a chunk.
    Chunked,
    /// By `Content-Length`.
    Length,
}

/// A part of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Bytes, sent together.
    Bytes(Vec<u8>),
    /// A pause.
    Pause(Duration),
}

/// What follows a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The end of the response, as the framing marks it.
    #[default]
    Clean,
    /// A reset of the connection.
    Reset,
    /// The end of the connection, before the end that the framing announced.
    Cut,
    /// Nothing, until the client goes.
    Silence,
}

/// What a correct client says and sends.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    /// What its user sees, in order. Comments count only if the list has one.
    #[serde(deserialize_with = "said")]
    pub said: Vec<Said>,
    /// Whether its user sees an error at the end. Absent: it does not matter.
    pub told: Option<bool>,
    /// The requests, in order.
    pub requests: Vec<ExpectedRequest>,
    /// How many further requests are allowed.
    #[serde(default)]
    pub more: usize,
    /// The client ends the last connection itself.
    #[serde(default)]
    pub hangs_up: bool,
    /// How long nothing else may follow.
    #[serde(
        default,
        rename = "quietMs",
        deserialize_with = "optional_milliseconds"
    )]
    pub quiet: Option<Duration>,
}

/// Something that the user of a client sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Said {
    /// The connection was announced: an event `open`.
    Open,
    /// An event of the stream.
    Event {
        /// The type.
        event_type: String,
        /// The data.
        data: String,
        /// The last event ID.
        last_event_id: String,
    },
    /// A comment.
    Comment(String),
    /// The connection was lost, and there will be another: an event `error` while `readyState` is
    /// `CONNECTING`.
    Error,
    /// There will be no other connection: `readyState` is `CLOSED`.
    Closed,
}

/// A request that the server must get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ExpectedRequest {
    /// The method, if it is not the one of the client.
    pub method: Option<String>,
    /// Path and query, if they are not those of the client.
    pub path: Option<String>,
    /// Values of headers by their names in lower case, as UTF-8. `None`: the header is absent.
    pub headers: BTreeMap<String, Option<String>>,
    /// The body, if it is not the one of the client.
    #[serde(deserialize_with = "text::optional")]
    pub body: Option<String>,
    /// The least time between the end of the response before and this request.
    #[serde(rename = "afterMs", deserialize_with = "optional_milliseconds")]
    pub after: Option<Duration>,
}

/// All scenarios, in the order of their files.
///
/// # Errors
/// [`VectorError`] if an embedded file does not match its schema. The tests of this crate make sure
/// that all files do.
pub fn scenarios() -> Result<Vec<Scenario>, VectorError> {
    let per_file = CONNECT.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(per_file.into_iter().flatten().collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    #[serde(rename = "schema")]
    _schema: IgnoredAny,
    #[serde(rename = "version")]
    _version: IgnoredAny,
    #[serde(rename = "suite")]
    _suite: IgnoredAny,
    scenarios: Vec<Scenario>,
}

fn read(file: &File) -> Result<Vec<Scenario>, VectorError> {
    let envelope: Envelope = serde_json::from_str(file.text).map_err(|error| VectorError {
        file: file.name,
        id: None,
        reason: Reason::Json {
            message: error.to_string(),
        },
    })?;
    Ok(envelope.scenarios)
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, deny_unknown_fields)]
        enum Form {
            Text(String),
            Repeated {
                text: String,
                times: usize,
            },
            Hex {
                hex: String,
            },
            Pause {
                #[serde(rename = "pauseMs", deserialize_with = "milliseconds")]
                pause: Duration,
            },
        }
        match Form::deserialize(json)? {
            Form::Text(text) => Ok(Self::Bytes(text.into_bytes())),
            Form::Repeated { text, times } => Ok(Self::Bytes(text.repeat(times).into_bytes())),
            Form::Hex { hex: digits } => hex::decode(&digits)
                .map(Self::Bytes)
                .map_err(serde::de::Error::custom),
            Form::Pause { pause } => Ok(Self::Pause(pause)),
        }
    }
}

/// Expands events that come several times.
fn said<'de, D: Deserializer<'de>>(json: D) -> Result<Vec<Said>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum State {
        Open,
        Error,
        Closed,
    }
    #[derive(Deserialize)]
    #[serde(untagged, deny_unknown_fields)]
    enum Form {
        State(State),
        Comment {
            comment: String,
        },
        Event {
            #[serde(rename = "type")]
            event_type: Option<String>,
            #[serde(deserialize_with = "text::one")]
            data: String,
            #[serde(rename = "lastEventId", default)]
            last_event_id: String,
            times: Option<usize>,
        },
    }
    let mut all = Vec::new();
    for form in Vec::<Form>::deserialize(json)? {
        let (said, times) = match form {
            Form::State(State::Open) => (Said::Open, 1),
            Form::State(State::Error) => (Said::Error, 1),
            Form::State(State::Closed) => (Said::Closed, 1),
            Form::Comment { comment } => (Said::Comment(comment), 1),
            Form::Event {
                event_type,
                data,
                last_event_id,
                times,
            } => {
                let event_type = event_type.unwrap_or_else(|| "message".to_owned());
                let event = Said::Event {
                    event_type,
                    data,
                    last_event_id,
                };
                (event, times.unwrap_or(1))
            }
        };
        all.extend(std::iter::repeat_n(said, times));
    }
    Ok(all)
}

fn milliseconds<'de, D: Deserializer<'de>>(json: D) -> Result<Duration, D::Error> {
    u64::deserialize(json).map(Duration::from_millis)
}

fn optional_milliseconds<'de, D: Deserializer<'de>>(json: D) -> Result<Option<Duration>, D::Error> {
    milliseconds(json).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one scenario.
    fn read_one(server: &str, said: &str) -> Result<Scenario, VectorError> {
        let json = r#"{"schema": "", "version": "", "suite": "connect/x", "scenarios": [{
            "id": "a/b", "rule": "r", "source": "s", "basis": "policy",
            "client": {"body": {"parts": [{"text": "x", "times": 2}]}, "retryMs": 5},
            "server": [SERVER],
            "expect": {"said": [SAID], "requests": [{"headers": {"a": "b", "c": null}, "afterMs": 5}]}}]}"#;
        let text = json.replace("SERVER", server).replace("SAID", said);
        let (name, text) = ("connect/x.json", text.leak());
        let mut all = read(&File { name, text })?;
        assert_eq!(all.len(), 1);
        Ok(all.remove(0))
    }

    #[test]
    fn what_is_short_in_the_file_is_expanded() {
        let server = r#"{"pieces": ["a", {"text": "b", "times": 2}, {"hex": "ff"}, {"pauseMs": 7}], "end": "cut"}"#;
        let said = r#""open", {"data": "x", "times": 2}, {"comment": "c"}, "error", "closed""#;
        let scenario = read_one(server, said).expect("the file is right");
        let bytes = |bytes: &[u8]| Piece::Bytes(bytes.to_vec());
        let pause = Piece::Pause(Duration::from_millis(7));
        let pieces = [bytes(b"a"), bytes(b"bb"), bytes(b"\xff"), pause];
        assert_eq!(scenario.server[0].pieces, pieces);
        let event = Said::Event {
            event_type: "message".to_owned(),
            data: "x".to_owned(),
            last_event_id: String::new(),
        };
        let comment = Said::Comment("c".to_owned());
        let said = [
            Said::Open,
            event.clone(),
            event,
            comment,
            Said::Error,
            Said::Closed,
        ];
        assert_eq!(scenario.expect.said, said);
        assert_eq!(scenario.client.body.as_deref(), Some("xx"));
        assert_eq!(scenario.client.path, "/events");
        let request = &scenario.expect.requests[0];
        assert_eq!(request.after, scenario.client.retry);
        assert_eq!(request.headers["a"].as_deref(), Some("b"));
        assert_eq!(request.headers["c"], None);
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for (server, said) in [
            (r#"{"pieces": [{"text": "a"}]}"#, ""),
            (r#"{"pieces": [{"hex": "f"}]}"#, ""),
            (r#"{"end": "crash"}"#, ""),
            (r#"{"status": 200}"#, ""),
            ("{}", r#""told""#),
            ("{}", r#"{"type": "x"}"#),
        ] {
            let error = read_one(server, said).expect_err("it is not in the schema");
            assert_eq!(error.file, "connect/x.json");
        }
    }
}

//! Deployments that are broken in one way each.

use std::time::Duration;

use super::deployment::{Deployment, End, Gzip, exactly, number};
use super::{ERROR, WARNING};

/// A name, what is wrong with the deployment, and the check that says so.
pub(super) type Broken = (
    &'static str,
    fn(&mut Deployment),
    &'static str,
    &'static str,
);

const NEVER: Duration = Duration::from_secs(60);

const TYPE: &str = "Content-Type: text/event-stream";
const ALL_ORIGINS: &str = "Access-Control-Allow-Origin: *";

pub(super) fn all() -> impl Iterator<Item = Broken> {
    [HEADS, BODIES, IDS, LATER].into_iter().flatten().copied()
}

/// The head of the response.
const HEADS: &[Broken] = &[
    (
        "500",
        |d| d.status = "500 Internal Server Error",
        "answer",
        ERROR,
    ),
    ("204", |d| d.status = "204 No Content", "answer", ERROR),
    (
        "a redirect to another origin",
        |d| {
            d.status = "302 Found";
            d.headers = vec!["Location: http://other.invalid/"];
        },
        "answer",
        ERROR,
    ),
    ("HTTP/1.0", |d| d.version = "HTTP/1.0", "http", WARNING),
    (
        "HTML",
        |d| d.headers = vec!["Content-Type: text/html"],
        "content-type",
        ERROR,
    ),
    (
        "no type",
        |d| d.headers = vec!["X-A: b"],
        "content-type",
        ERROR,
    ),
    (
        "another charset",
        |d| d.headers = vec!["Content-Type: text/event-stream; charset=iso-8859-1"],
        "charset",
        ERROR,
    ),
    (
        "two types",
        |d| d.headers = vec![TYPE, TYPE],
        "charset",
        WARNING,
    ),
    (
        "nothing on caching",
        |d| d.headers = vec![TYPE],
        "caching",
        WARNING,
    ),
    (
        "cacheable",
        |d| d.headers = vec![TYPE, "Cache-Control: public, max-age=60"],
        "caching",
        ERROR,
    ),
    (
        "from a cache",
        |d| d.headers.push("Age: 30"),
        "caching",
        ERROR,
    ),
    (
        "from a cache that says so",
        |d| d.headers.push("X-Cache: HIT from a"),
        "caching",
        ERROR,
    ),
    (
        "a length",
        |d| d.headers.push("Content-Length: 100000"),
        "length",
        ERROR,
    ),
    (
        "compressed although nobody asked",
        |d| d.gzip = Gzip::Always,
        "encoding",
        ERROR,
    ),
    (
        "a head that comes late",
        |d| d.before_the_head = Duration::from_millis(1050),
        "head",
        WARNING,
    ),
];

/// The bytes of the stream, and when they come.
const BODIES: &[Broken] = &[
    (
        "no event and no keep-alive",
        |d| d.interval = NEVER,
        "keep-alive",
        WARNING,
    ),
    (
        "not a byte",
        |d| {
            d.interval = NEVER;
            d.start = b"";
        },
        "events",
        WARNING,
    ),
    (
        "JSON",
        |d| {
            d.interval = NEVER;
            d.start = b"{\"error\":\"no key\"}";
        },
        "events",
        ERROR,
    ),
    (
        "no blank line",
        |d| d.event = |number| format!("id: {number}\ndata: e\n").into(),
        "events",
        ERROR,
    ),
    (
        "a buffer",
        |d| {
            d.interval = Duration::from_millis(100);
            d.buffer = 75;
        },
        "buffering",
        ERROR,
    ),
    (
        "a field of its own",
        |d| d.start = b"error: no\n\n",
        "fields",
        WARNING,
    ),
    (
        "upper case",
        |d| d.start = b"Data: no\n\n",
        "fields",
        WARNING,
    ),
    (
        "a type without data",
        |d| d.start = b"event: ping\n\n",
        "blocks",
        WARNING,
    ),
    (
        "a type that is taken",
        |d| d.start = b"event: error\ndata: a\n\n",
        "types",
        WARNING,
    ),
    (
        "CR",
        |d| {
            d.start = b":\r\r";
            d.event = |number| format!("id: {number}\rdata: a\r\r").into();
        },
        "line-ends",
        WARNING,
    ),
    (
        "mixed line ends",
        |d| d.event = |number| format!("id: {number}\ndata: a\rb\n\n").into(),
        "line-ends",
        WARNING,
    ),
    (
        "a byte order mark in front of each event",
        |d| d.event = |number| format!("\u{feff}id: {number}\ndata: a\n\n").into(),
        "bom",
        ERROR,
    ),
    ("Latin-1", |d| d.start = b"data: \xe4\n\n", "utf-8", ERROR),
    ("seconds", |d| d.start = b"retry: 3s\n\n", "retry", WARNING),
    ("no time", |d| d.start = b"retry: 0\n\n", "retry", WARNING),
    (
        "ends inside an event",
        |d| d.end = Some((2, End::InsideAnEvent)),
        "last-event",
        ERROR,
    ),
    ("ends", |d| d.end = Some((2, End::Clean)), "end", WARNING),
    ("is cut off", |d| d.end = Some((2, End::Cut)), "end", ERROR),
];

const IDS: &[Broken] = &[
    (
        "no IDs",
        |d| d.event = |_| b"data: a\n\n".to_vec(),
        "ids",
        WARNING,
    ),
    (
        "the same ID",
        |d| d.event = |_| b"id: 7\ndata: a\n\n".to_vec(),
        "ids",
        ERROR,
    ),
    (
        "blanks around IDs",
        |d| d.event = |number| format!("id:  {number} \ndata: a\n\n").into(),
        "ids-sendable",
        ERROR,
    ),
    (
        "NUL",
        |d| d.event = |number| format!("id: {number}\ndata: a\n\nid: \0\ndata: b\n\n").into(),
        "ids-sendable",
        ERROR,
    ),
    (
        "very long IDs",
        |d| d.event = |number| format!("id: {number:03000}\ndata: a\n\n").into(),
        "ids-sendable",
        WARNING,
    ),
];

/// What a client gets that comes back, accepts compression, or is from another origin.
const LATER: &[Broken] = &[
    (
        "resumes with everything",
        |d| d.replay = |_, newest| Some((1..=newest).collect()),
        "resume",
        ERROR,
    ),
    (
        "never resumes",
        |d| d.replay = |_, _| Some(vec![]),
        "resume",
        ERROR,
    ),
    (
        "misses one",
        |d| {
            d.replay =
                |id, newest| exactly(id, newest).map(|after| after[1.min(after.len())..].to_vec());
        },
        "resume",
        ERROR,
    ),
    (
        "sends the last one again",
        |d| d.replay = |id, newest| Some(number(id).map_or(vec![], |id| (id..=newest).collect())),
        "resume",
        WARNING,
    ),
    (
        "in another order",
        |d| {
            d.replay =
                |id, newest| exactly(id, newest).map(|after| after.into_iter().rev().collect());
        },
        "resume",
        ERROR,
    ),
    (
        "refuses clients that come back",
        |d| d.replay = |id, _| id.is_none().then(Vec::new),
        "resume",
        ERROR,
    ),
    (
        "refuses IDs that it does not know",
        |d| {
            d.replay = |id, newest| match id {
                Some(_) if number(id).is_none() => None,
                _ => exactly(id, newest),
            };
        },
        "unknown-id",
        ERROR,
    ),
    (
        "sends everything for an ID that it does not know",
        |d| {
            d.replay = |id, newest| match id {
                Some(_) if number(id).is_none() => Some((1..=newest).collect()),
                _ => exactly(id, newest),
            };
        },
        "unknown-id",
        WARNING,
    ),
    (
        "compression that holds events back",
        |d| d.gzip = Gzip::Held,
        "compression",
        ERROR,
    ),
    (
        "no answer for other origins that resume",
        |d| d.headers.push(ALL_ORIGINS),
        "cors",
        WARNING,
    ),
    (
        "the header is not allowed",
        |d| {
            d.headers.push(ALL_ORIGINS);
            d.preflight = "204 No Content\r\nAccess-Control-Allow-Origin: *";
        },
        "cors",
        WARNING,
    ),
    (
        "credentials for all",
        |d| {
            d.headers
                .extend([ALL_ORIGINS, "Access-Control-Allow-Credentials: true"]);
        },
        "cors",
        WARNING,
    ),
];

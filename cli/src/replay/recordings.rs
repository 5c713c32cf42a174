//! The recordings that are served, and which of them answers a request.

use std::path::Path;

use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALT_SVC, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderName,
    HeaderValue, STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, StatusCode, Uri};

use super::timeline::Stream;
use crate::input;
use crate::recording::{self, Form, Head, MASK};
use crate::stop::Stop;

/// Headers of the connection that was recorded, or of its server.
const LEFT_OUT: [HeaderName; 7] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    TRANSFER_ENCODING,
    CONTENT_LENGTH,
    UPGRADE,
    ALT_SVC,
    STRICT_TRANSPORT_SECURITY,
];

/// A recording that is served.
pub(super) struct Served {
    pub(super) name: String,
    method: String,
    uri: Uri,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) stream: Stream,
}

pub(super) struct Recordings(Vec<Served>);

impl Recordings {
    pub(super) fn open(files: &[impl AsRef<Path>]) -> Result<Self, Stop> {
        let served = files.iter().map(|file| Served::open(file.as_ref()));
        served.collect::<Result<_, _>>().map(Self)
    }

    /// The recording with this method and path, and if possible with this query. If there is only
    /// one recording, it answers every request.
    pub(super) fn find(&self, method: &str, uri: &Uri) -> Option<&Served> {
        if let [only] = &self.0[..] {
            return Some(only);
        }
        let fits = |one: &&Served| one.method == method && one.uri.path() == uri.path();
        let mut fitting = self.0.iter().filter(fits);
        let exactly = fitting.clone().find(|one| one.uri.query() == uri.query());
        exactly.or_else(|| fitting.next())
    }

    /// The recordings whose bytes are compressed already.
    pub(super) fn compressed(&self) -> Option<&Served> {
        let mut served = self.0.iter();
        served.find(|one| one.headers.contains_key(CONTENT_ENCODING))
    }

    /// The path of each recording, with its method.
    pub(super) fn paths(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .map(|one| format!("{} {}", one.method, one.uri.path()))
    }
}

impl Served {
    fn open(path: &Path) -> Result<Self, Stop> {
        let input = input::open(path)?;
        let name = input.name.clone();
        let Form::Recording(mut reader) = recording::form_of(input)? else {
            return Err(Stop::BadInput(format!(
                "{name} is not a recording: `esse record` makes one"
            )));
        };
        let mut chunks = Vec::new();
        while let Some(chunk) = reader.next()? {
            chunks.push(chunk);
        }
        let wrong = |what: &str| Stop::BadInput(format!("{name}:1: {what}"));
        let head = reader.head();
        Ok(Self {
            method: head.method.clone(),
            uri: head.url.parse().map_err(|_| wrong("`url` is not a URL"))?,
            status: StatusCode::from_u16(head.status)
                .map_err(|_| wrong("there is no such status"))?,
            headers: headers(head),
            stream: Stream::new(chunks, reader.end()),
            name,
        })
    }
}

/// Those that are true of the replay, too. Any page may read it.
fn headers(head: &Head) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &head.headers {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value))
        else {
            continue;
        };
        if value != MASK && !LEFT_OUT.contains(&name) {
            headers.append(name, value);
        }
    }
    let any = HeaderValue::from_static("*");
    headers.entry(ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(any);
    headers
}

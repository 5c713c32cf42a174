//! The recordings that are played, and which of them answers a request.

use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ALT_SVC, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderName,
    HeaderValue, STRICT_TRANSPORT_SECURITY, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, StatusCode, Uri};

use crate::recording::{MASK, Recording, RecordingHead};
use crate::timeline::Stream;

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

/// A recording that is played.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) method: String,
    pub(crate) uri: Uri,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) stream: Stream,
}

/// The index of the recording with this method and path, and if possible with this query. A value
/// that is masked in a recording fits any. If there is only one recording, it answers every request.
pub(crate) fn find(all: &[Answers], method: &str, uri: &Uri) -> Option<usize> {
    if all.len() == 1 {
        return Some(0);
    }
    let fits = |one: &Answers| one.method == method && one.uri.path() == uri.path();
    let exactly = |one: &Answers| fits(one) && one.uri.query() == uri.query();
    let masked = |one: &Answers| fits(one) && is_masked(one.uri.query(), uri.query());
    all.iter()
        .position(exactly)
        .or_else(|| all.iter().position(masked))
        .or_else(|| all.iter().position(fits))
}

/// Whether a recorded query is this one with its secrets masked.
fn is_masked(recorded: Option<&str>, asked: Option<&str>) -> bool {
    let (Some(recorded), Some(asked)) = (recorded, asked) else {
        return false;
    };
    let mut asked = asked.split('&');
    let mut recorded = recorded.split('&');
    let has_all = recorded.all(|recorded| {
        asked
            .next()
            .is_some_and(|asked| match recorded.split_once('=') {
                Some((name, MASK)) => asked
                    .split_once('=')
                    .is_some_and(|(other, _)| other == name),
                _ => asked == recorded,
            })
    });
    has_all && asked.next().is_none()
}

impl Answers {
    /// # Errors
    /// The URL or the status is not valid: the text says which.
    pub(crate) fn new(recording: Recording) -> Result<Self, &'static str> {
        let Recording { head, chunks, end } = recording;
        let uri: Uri = head.url.parse().map_err(|_| "`url` is not a URL")?;
        if !uri.path().starts_with('/') {
            return Err("`url` has no path: it begins with a slash");
        }
        let status = StatusCode::from_u16(head.status).ok();
        let status = status.filter(|status| !status.is_informational());
        Ok(Self {
            headers: headers(&head),
            uri,
            status: status.ok_or("no response ends with this status")?,
            method: head.method,
            stream: Stream::new(chunks, end),
        })
    }

    /// Whether the recorded bytes are compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        let coding = self.headers.get(CONTENT_ENCODING);
        coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    }
}

/// Those that are true of the replay, too. Any page may read it.
fn headers(head: &RecordingHead) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &head.headers {
        let header = (name.parse::<HeaderName>(), HeaderValue::from_str(value));
        if let (Ok(name), Ok(value)) = header {
            if value != MASK && !LEFT_OUT.contains(&name) {
                headers.append(name, value);
            }
        }
    }
    headers
        .entry(ACCESS_CONTROL_ALLOW_ORIGIN)
        .or_insert(HeaderValue::from_static("*"));
    headers
}

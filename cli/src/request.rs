//! The request that `esse get`, `esse record` and `esse probe` send, and the client that sends it.

use std::env::{self, VarError};
use std::ffi::{OsStr, OsString};
use std::io::Read;
#[cfg(unix)]
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use bytes::Bytes;
use esse_client::{Connection, Policy, Resume};
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Method, Request, Uri};

use crate::masks;
use crate::stop::Stop;

pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(20);

const ESSE: &str = concat!("esse/", env!("CARGO_PKG_VERSION"));

/// The arguments that say what to ask for.
#[derive(clap::Args)]
pub(crate) struct RequestArgs {
    /// The URL of the stream, http:// if it has no scheme; uses the proxy of `http_proxy` or the like
    pub(crate) url: String,
    /// Method of the request [default: GET, or POST with a body]
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    method: Option<String>,
    /// A header of the request; may be given several times
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Body of the request; @FILE reads it from a file, @- from stdin
    #[arg(short = 'd', long, value_name = "BODY")]
    body: Option<OsString>,
    /// Send the token in this environment variable (`Authorization: Bearer`)
    #[arg(long, value_name = "VARIABLE")]
    bearer: Option<String>,
    /// Begin after the event with this ID
    #[arg(long, value_name = "ID")]
    pub(crate) last_event_id: Option<String>,
}

impl RequestArgs {
    pub(crate) fn method(&self) -> &str {
        let default = if self.body.is_some() { "POST" } else { "GET" };
        self.method.as_deref().unwrap_or(default)
    }

    /// The request, without the last event ID.
    pub(crate) fn to_request(&self) -> Result<Request<Bytes>, Stop> {
        let method: Method = self.method().parse().map_err(Stop::trouble)?;
        let mut request = Request::new(body(self.body.as_deref())?);
        *request.method_mut() = method;
        *request.uri_mut() = url(&self.url)?;
        let headers = request.headers_mut();
        for text in &self.headers {
            let (name, value) = header(text)?;
            headers.append(name, value);
        }
        headers
            .entry(USER_AGENT)
            .or_insert(HeaderValue::from_static(ESSE));
        if let Some(variable) = &self.bearer {
            if headers.contains_key(AUTHORIZATION) {
                let why = "--bearer makes the header `authorization`, which --header gives too";
                return Err(Stop::Trouble(why.to_owned()));
            }
            headers.insert(AUTHORIZATION, bearer(variable)?);
        }
        self.check_last_event_id(headers)?;
        Ok(request)
    }

    /// It has one source, and the client would send it.
    fn check_last_event_id(&self, headers: &HeaderMap) -> Result<(), Stop> {
        let header = headers.get(LAST_EVENT_ID);
        let header = header.map(|value| String::from_utf8_lossy(value.as_bytes()));
        match (self.last_event_id.as_deref(), header.as_deref()) {
            (Some(_), Some(_)) => Err(twice("--last-event-id")),
            (Some(id), None) | (None, Some(id)) if !can_be_sent(id) => {
                Err(Stop::trouble("a header cannot hold this last event ID"))
            }
            _ => Ok(()),
        }
    }

    /// The request as the client sends it: with the headers of 9.2.2, and the last event ID.
    pub(crate) fn to_event_stream_request(&self) -> Result<Request<Bytes>, Stop> {
        let mut request = self.to_request()?;
        let headers = request.headers_mut();
        let accept = HeaderValue::from_static("text/event-stream");
        headers.entry(ACCEPT).or_insert(accept);
        let no_cache = HeaderValue::from_static("no-cache");
        headers.entry(CACHE_CONTROL).or_insert(no_cache);
        if let Some(id) = self.last_event_id.as_deref().filter(|id| !id.is_empty()) {
            let id = HeaderValue::from_bytes(id.as_bytes()).map_err(Stop::trouble)?;
            headers.insert(LAST_EVENT_ID, id);
        }
        Ok(request)
    }
}

fn can_be_sent(id: &str) -> bool {
    let resume = Resume::after(id);
    let connection = Connection::resume(Policy::persistent(), Duration::ZERO, 0, resume);
    !connection.attempt().is_id_left_out()
}

/// The last event ID has two sources.
pub(crate) fn twice(option: &str) -> Stop {
    Stop::Trouble(format!(
        "{option} makes the header `last-event-id`, which --header gives too"
    ))
}

/// The request as the client makes it: a user and a password in the URL become a header.
pub(crate) fn for_reqwest(
    client: &reqwest::Client,
    request: Request<Bytes>,
) -> reqwest::Result<reqwest::Request> {
    let (parts, body) = request.into_parts();
    let request = client.request(parts.method, parts.uri.to_string());
    request.headers(parts.headers).body(body).build()
}

pub(crate) fn client() -> Result<reqwest::Client, Stop> {
    build(reqwest::Client::builder())
}

/// One that does not use the proxy of the environment.
pub(crate) fn direct_client() -> Result<reqwest::Client, Stop> {
    build(reqwest::Client::builder().no_proxy())
}

fn build(client: reqwest::ClientBuilder) -> Result<reqwest::Client, Stop> {
    client
        .redirect(esse_client::reqwest::same_origin())
        .connect_timeout(CONNECT)
        // The bytes as they come, whatever features reqwest was built with.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .build()
        .map_err(Stop::trouble)
}

/// A URL as it was given, without its secrets.
pub(crate) fn shown(text: &str) -> String {
    if text.contains("://") {
        return masks::url(text);
    }
    let shown = masks::url(&format!("//{text}"));
    shown.strip_prefix("//").unwrap_or(&shown).to_owned()
}

/// Without a scheme it is HTTP, as for curl.
pub(crate) fn url(text: &str) -> Result<Uri, Stop> {
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let wrong = |why: &str| Stop::Trouble(format!("{:?} is not a URL: {why}", shown(text)));
    let uri: Uri = whole
        .parse()
        .map_err(|error: http::uri::InvalidUri| wrong(&error.to_string()))?;
    match uri.scheme_str() {
        Some("http" | "https") if uri.host().is_none_or(str::is_empty) => {
            Err(wrong("it has no host"))
        }
        Some("http" | "https") if uri.port_u16().is_none() && has_port(&uri) => {
            Err(wrong("a port is a number up to 65535"))
        }
        Some("http" | "https") => Ok(uri),
        _ => Err(wrong("only http and https are known")),
    }
}

fn has_port(uri: &Uri) -> bool {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let (_, after_host) = authority.rsplit_once([']', '@']).unwrap_or(("", authority));
    after_host.contains(':')
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), Stop> {
    let wrong = || Stop::Trouble(format!("-H {text:?}: use 'Name: value'"));
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name = name.trim().parse().map_err(|_| wrong())?;
    let value = HeaderValue::from_str(value.trim()).map_err(|_| wrong())?;
    Ok((name, value))
}

fn bearer(variable: &str) -> Result<HeaderValue, Stop> {
    let wrong = |why| Stop::Trouble(format!("--bearer {variable}: {why}"));
    let token = env::var(variable).map_err(|error| {
        wrong(match error {
            VarError::NotPresent => "there is no such environment variable",
            VarError::NotUnicode(_) => "its value is not UTF-8",
        })
    })?;
    let token = token.trim();
    if token.is_empty() {
        return Err(wrong("the environment variable is empty"));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
        .map_err(|_| wrong("a header cannot hold its value"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn body(argument: Option<&OsStr>) -> Result<Bytes, Stop> {
    let Some(argument) = argument else {
        return Ok(Bytes::new());
    };
    let Some(name) = after_at(argument) else {
        return Ok(bytes(argument.to_owned()));
    };
    let name = Path::new(&name);
    let read = if name == Path::new("-") {
        let mut body = Vec::new();
        io::stdin().read_to_end(&mut body).map(|_| body)
    } else {
        fs::read(name)
    };
    read.map(Bytes::from)
        .map_err(|error| Stop::file(name.display(), &error))
}

/// What follows an `@` at the start.
#[cfg(unix)]
fn after_at(argument: &OsStr) -> Option<&OsStr> {
    argument
        .as_bytes()
        .strip_prefix(b"@")
        .map(OsStr::from_bytes)
}

#[cfg(not(unix))]
fn after_at(argument: &OsStr) -> Option<&OsStr> {
    argument.to_str()?.strip_prefix('@').map(OsStr::new)
}

#[cfg(unix)]
fn bytes(text: OsString) -> Bytes {
    text.into_vec().into()
}

#[cfg(not(unix))]
fn bytes(text: OsString) -> Bytes {
    text.to_string_lossy().into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (text, expected) in [
            ("localhost:8080/events", "http://localhost:8080/events"),
            ("https://example.com", "https://example.com/"),
            ("a:b@[::1]:8080", "http://a:b@[::1]:8080/"),
            ("http://a:b@[::1]", "http://a:b@[::1]/"),
        ] {
            assert_eq!(url(text).unwrap().to_string(), expected);
        }
        for wrong in [
            "",
            "http://",
            "ftp://example.com",
            "http://a b/",
            "http://a:99999/",
            "http://a:b@c:99999/",
        ] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headers() {
        let (name, value) = header("X-Key:  a:b ").unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-key", "a:b"));
        for wrong in ["X-Key", ": x", "a b: x", "a: b\nc"] {
            assert!(header(wrong).is_err(), "{wrong:?}");
        }
    }
}

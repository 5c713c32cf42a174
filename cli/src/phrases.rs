//! Phrases that several commands say on stderr.

use std::error::Error;
use std::time::Duration;

use esse_parser::NotAnEventStream;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode, Version};

pub(crate) use crate::counted::counted;
use crate::stop::reason;
use crate::{looks, masks};

const NO_CONTENT_TYPE: &str = "no content type";

/// The head of a response.
pub(crate) fn opened(status: StatusCode, version: Version, headers: &HeaderMap) -> String {
    let content_type = content_type(headers).unwrap_or(NO_CONTENT_TYPE);
    format!("opened: {status}, {version:?}, {content_type}")
}

pub(crate) fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()
}

pub(crate) fn location(headers: &HeaderMap) -> Option<&str> {
    headers.get(LOCATION)?.to_str().ok()
}

/// The compression of the body, which nobody asked for.
pub(crate) fn coding(headers: &HeaderMap) -> Option<&str> {
    let coding = headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    (!coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).then_some(coding)
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

pub(crate) fn not_an_event_stream(answer: &NotAnEventStream, location: Option<&str>) -> String {
    let content_type = answer.content_type.as_deref().unwrap_or(NO_CONTENT_TYPE);
    let mut text = format!("not an event stream: {}, {content_type}", answer.status);
    if let Some(location) = location {
        text = format!("{text}, location {}", masks::url(location));
    } else if is_redirect(answer.status) {
        text = format!("{text}, no location");
    }
    if answer.body.is_empty() {
        return text;
    }
    format!("{text}; {}", looks::describe(&answer.body))
}

/// A status with which the response is at another place.
pub(crate) const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The error and what caused it, without repeating what the error says itself, and without the
/// secrets of its URL.
pub(crate) fn with_sources(error: &(dyn Error + 'static)) -> String {
    let mut text = reason(error);
    let mut url = url_of(error);
    let mut source = error.source();
    while let Some(error) = source {
        let more = reason(error);
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        url = url.or_else(|| url_of(error));
        source = error.source();
    }
    match url {
        Some(url) => text.replace(url, &masks::url(url)),
        None => text,
    }
}

fn url_of<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e str> {
    let error = error.downcast_ref::<reqwest::Error>()?;
    error.url().map(reqwest::Url::as_str)
}

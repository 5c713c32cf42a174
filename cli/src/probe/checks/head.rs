//! The head of the response.

use std::time::Duration;

use esse_parser::check_response;
use http::header::{
    AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION,
};
use http::{StatusCode, Version};

use crate::masks;
use crate::phrases::{content_type, is_redirect, seconds};
use crate::probe::exchange::Exchange;
use crate::probe::report::Report;

const CACHES: [HeaderName; 2] = [
    HeaderName::from_static("x-cache"),
    HeaderName::from_static("cf-cache-status"),
];

/// A head that comes later than this keeps people waiting.
const LATE: Duration = Duration::from_secs(1);

/// Returns whether the response is an event stream.
pub(in crate::probe) fn head(exchange: &Exchange, report: &mut Report) -> bool {
    let is_stream = status(exchange, report) & media_type(exchange, report);
    if !is_stream {
        return false;
    }
    version(exchange, report);
    charset(exchange, report);
    caching(exchange, report);
    length(exchange, report);
    encoding(exchange, report);
    delay(exchange, report);
    true
}

fn status(exchange: &Exchange, report: &mut Report) -> bool {
    let status = exchange.status;
    let seen = format!("{status}, {:?}", exchange.version);
    match status {
        StatusCode::OK if exchange.is_redirected => {
            let to = masks::url(exchange.url.as_str());
            report.ok("answer", format!("{seen}, after a redirect to {to}"));
        }
        StatusCode::OK => report.ok("answer", seen),
        StatusCode::NO_CONTENT => report.error(
            "answer",
            format!("{seen}: this tells clients never to come back"),
            "answer 200, and keep the stream open until there is an event",
        ),
        status if is_redirect(status.as_u16()) => report.error(
            "answer",
            format!("{seen} {}", redirect(exchange)),
            "give clients the last URL: a redirect costs a round trip for each reconnect, and \
             between origins it needs CORS",
        ),
        _ => report.error(
            "answer",
            format!("{seen}: an EventSource that gets this never connects again"),
            "answer 200, also if there are no events yet; for a pause, let the connection fail",
        ),
    }
    status == StatusCode::OK
}

/// One that was not followed.
fn redirect(exchange: &Exchange) -> String {
    let Some(location) = exchange.header(LOCATION) else {
        return "without a Location: clients have nowhere to go".to_owned();
    };
    let to = masks::url(location);
    match exchange.url.join(location) {
        Ok(_) => format!("to {to}, another origin"),
        Err(_) => format!("to {to}, which is not a URL"),
    }
}

fn version(exchange: &Exchange, report: &mut Report) {
    match exchange.version {
        Version::HTTP_09 | Version::HTTP_10 => report.warning(
            "http",
            "HTTP/1.0: clients cannot tell the end of the response from a connection that broke",
            "use HTTP/1.1 or HTTP/2; in nginx: proxy_http_version 1.1",
        ),
        Version::HTTP_11 => report.ok(
            "http",
            "HTTP/1.1: a browser opens at most six connections to a host, for all of its tabs",
        ),
        version => report.ok("http", format!("{version:?}")),
    }
}

fn media_type(exchange: &Exchange, report: &mut Report) -> bool {
    let content_type = content_type(&exchange.headers);
    // The status is another check.
    let is_stream = check_response(200, content_type).is_ok();
    let seen = content_type.unwrap_or("none");
    if is_stream {
        report.ok("content-type", seen);
    } else {
        report.error(
            "content-type",
            format!("{seen}: an EventSource that gets this never connects again"),
            "send Content-Type: text/event-stream",
        );
    }
    is_stream
}

/// 9.2.6 decodes every stream as UTF-8, but Chromium ends if the type names something else.
fn charset(exchange: &Exchange, report: &mut Report) {
    let types = exchange.headers.get_all(CONTENT_TYPE).iter().count();
    let content_type = content_type(&exchange.headers).unwrap_or_default();
    let charset = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"'))
    });
    match charset {
        Some(charset) if !charset.eq_ignore_ascii_case("utf-8") => report.error(
            "charset",
            format!("{charset}: Chromium ends if this is not utf-8"),
            "leave the charset out: an event stream is always UTF-8",
        ),
        _ if types > 1 => report.warning(
            "charset",
            format!("{types} Content-Type headers"),
            "send one: clients disagree on which counts",
        ),
        _ => report.ok("charset", charset.unwrap_or("none, so UTF-8")),
    }
}

fn caching(exchange: &Exchange, report: &mut Report) {
    let control = exchange.header(CACHE_CONTROL).unwrap_or_default();
    let control = control.to_ascii_lowercase();
    let has = |name: &str| control.split(',').any(|one| one.trim().starts_with(name));
    let hit = CACHES.into_iter().find_map(|name| exchange.header(name));
    let hit = hit.filter(|value| value.to_ascii_lowercase().contains("hit"));
    let age = exchange.header(AGE).filter(|age| *age != "0");
    let cure = "send Cache-Control: no-store, no-transform";
    if hit.is_some() || age.is_some() {
        report.error("caching", "it comes from a cache", cure);
    } else if has("public") || has("max-age") && !has("max-age=0") || has("s-maxage") {
        report.error(
            "caching",
            format!("{control}: caches may store the stream"),
            cure,
        );
    } else if has("no-store") || has("no-cache") {
        report.ok("caching", control);
    } else {
        report.warning("caching", "caches may store the stream", cure);
    }
}

fn length(exchange: &Exchange, report: &mut Report) {
    match exchange.header(CONTENT_LENGTH) {
        None => report.ok("length", "none, as a stream has no known end"),
        Some(length) => report.error(
            "length",
            format!("Content-Length: {length}: all of it was made before any of it was sent"),
            "write events as they happen; leave out the length",
        ),
    }
}

/// The probe did not ask for a compression here.
fn encoding(exchange: &Exchange, report: &mut Report) {
    match exchange.header(CONTENT_ENCODING) {
        None | Some("identity") => {}
        Some(coding) => report.error(
            "encoding",
            format!("Content-Encoding: {coding}, although the request does not accept it"),
            "compress only if the request has Accept-Encoding",
        ),
    }
}

/// `open` is announced with the head, and proxies give up on servers without one.
fn delay(exchange: &Exchange, report: &mut Report) {
    let head = exchange.head;
    let first = exchange.pieces.first().map(|piece| piece.at);
    if head < LATE {
        report.ok("head", format!("after {}", seconds(head)));
        return;
    }
    let with_first = first.is_some_and(|first| first.saturating_sub(head) < LATE / 10);
    let seen = if with_first {
        format!("after {}, with the first bytes of the body", seconds(head))
    } else {
        format!("after {}", seconds(head))
    };
    report.warning(
        "head",
        format!("{seen}: until then, clients cannot know that they are connected"),
        "send the head at once: flush it, with a comment if that is what it takes",
    );
}

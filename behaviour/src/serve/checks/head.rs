//! The head of the response: what makes it an event stream (9.2.2).

use esse_parser::check_response;

use crate::serve::check::{Check, Checked};
use crate::serve::message::Published;
use crate::serve::response::{Head, Request};
use crate::serve::server::Server;

pub(super) const CHECKS: &[Check] = &[
    Check::standard(
        "head/status",
        "HTML 9.2.2",
        "The status is 200. Any other ends a client for good.",
        |server| match head(server)?.status {
            200 => Ok(None),
            status => Err(format!("the status is {status}")),
        },
    ),
    Check::standard(
        "head/type",
        "HTML 9.2.2",
        "The essence of the content type is text/event-stream.",
        |server| {
            let content_type = head(server)?.header("content-type");
            // The status has its own check.
            let checked = check_response(200, content_type.as_deref());
            checked.map_err(|error| error.to_string())?;
            Ok(None)
        },
    ),
    Check::standard(
        "head/charset",
        "HTML 16.3, text/event-stream",
        "If the content type names a charset, that is UTF-8.",
        charset,
    ),
    Check::http(
        "head/no-content-length",
        "RFC 9112 6.3",
        "A stream whose end is not known has no Content-Length.",
        |server| match head(server)?.header("content-length") {
            None => Ok(None),
            Some(length) => Err(format!("Content-Length is {length}")),
        },
    ),
    Check::policy(
        "head/no-store",
        "HTML 9.2.2, whose requests go past caches; RFC 9111 5.2.2",
        "Cache-Control says that the response is not to be reused: no-store or no-cache.",
        cache_control,
    ),
    Check::policy(
        "head/at-once",
        "HTML 9.2.2, announce the connection",
        "The head is sent before there is an event, so that the client knows that it is connected.",
        |server| {
            let mut stream = server.ask(&Request::default())?;
            match stream.await_head(server.patience())? {
                Some(_) => Ok(None),
                None => Err(format!("no head came within {:?}", server.patience())),
            }
        },
    ),
];

/// The head, if need be after an event.
fn head(server: &mut Server) -> Result<Head, String> {
    let mut stream = server.open_with(&Request::default())?;
    if stream.head().is_none() {
        server.publish(&Published::data("x"))?;
    }
    let head = stream.await_head(server.patience())?.cloned();
    head.ok_or_else(|| format!("no head came within {:?}", server.patience()))
}

fn charset(server: &mut Server) -> Checked {
    let content_type = head(server)?.header("content-type").unwrap_or_default();
    let parameters = content_type.split(';').skip(1);
    let mut parameters = parameters.filter_map(|parameter| parameter.trim().split_once('='));
    let charset = parameters.find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    match charset.map(|(_, value)| value.trim_matches('"')) {
        Some(value) if !value.eq_ignore_ascii_case("utf-8") => {
            Err(format!("the charset is {value}"))
        }
        Some(_) | None => Ok(None),
    }
}

fn cache_control(server: &mut Server) -> Checked {
    let value = head(server)?.header("cache-control");
    let Some(value) = value else {
        return Err("Cache-Control is absent".to_owned());
    };
    let mut directives = value.split(',').map(str::trim);
    if directives.any(|one| ["no-store", "no-cache"].contains(&&*one.to_ascii_lowercase())) {
        return Ok(Some(value));
    }
    Err(format!("Cache-Control is {value}"))
}

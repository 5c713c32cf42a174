//! What a client checks before it reads the body of a response (9.2.2).
//!
//! Standard: <https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource>

use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

/// How much of a refused body is kept, in bytes.
const KEPT_BODY: usize = 8 * 1024;

/// Checks if a response is an event stream: its status must be 200, and the essence of its content
/// type `text/event-stream`. Parameters and case do not matter. If there are several `Content-Type`
/// headers, join them with commas: the last one that is valid counts (Fetch, "extract a MIME type").
///
/// The body of any other response decodes like an event stream too, most often to no event at all,
/// so without this check an error of the server looks like an empty stream.
///
/// # Errors
/// [`NotAnEventStream`] says what the response is instead. Give it the body for its message.
///
/// ```
/// use esse_parser::check_response;
///
/// assert!(check_response(200, Some("text/event-stream; charset=utf-8")).is_ok());
///
/// let mut refused = check_response(401, Some("application/json")).unwrap_err();
/// refused.push_body(br#"{"error":"no key"}"#);
/// assert_eq!(
///     refused.to_string(),
///     r#"not an event stream: status 401, content type application/json, body {"error":"no key"}"#
/// );
/// ```
pub fn check_response(status: u16, content_type: Option<&str>) -> Result<(), NotAnEventStream> {
    let essence = content_type.and_then(essence);
    let is_type = essence.is_some_and(|text| text.eq_ignore_ascii_case("text/event-stream"));
    if status == 200 && is_type {
        return Ok(());
    }
    Err(NotAnEventStream {
        status,
        content_type: content_type.map(Into::into),
        body: Vec::new(),
    })
}

/// A response that is not an event stream; returned by [`check_response`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotAnEventStream {
    /// Its status.
    pub status: u16,
    /// Its content type, if it has one.
    pub content_type: Option<String>,
    /// The start of its body, as far as it was [given](Self::push_body): up to 8 KiB.
    pub body: Vec<u8>,
}

impl NotAnEventStream {
    /// Whether this is how a server tells its clients to stop reconnecting: status 204.
    pub const fn is_no_content(&self) -> bool {
        self.status == 204
    }

    /// Adds a piece of the body. Returns whether more would be kept.
    pub fn push_body(&mut self, bytes: &[u8]) -> bool {
        let room = KEPT_BODY - self.body.len();
        self.body.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.body.len() < KEPT_BODY
    }
}

impl fmt::Display for NotAnEventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an event stream: status {}", self.status)?;
        if self.is_no_content() {
            return f.write_str(", the server has no more events");
        }
        match &self.content_type {
            Some(content_type) => write!(f, ", content type {}", content_type.escape_debug())?,
            None => f.write_str(", no content type")?,
        }
        if !self.body.is_empty() {
            f.write_str(", body ")?;
            let text = String::from_utf8_lossy(&self.body);
            for char in text.trim().chars() {
                if char.is_control() {
                    write!(f, "{}", char.escape_debug())?;
                } else {
                    write!(f, "{char}")?;
                }
            }
        }
        Ok(())
    }
}

impl Error for NotAnEventStream {}

/// Fetch, "extract a MIME type": the essence of the last value that is valid.
fn essence(content_type: &str) -> Option<&str> {
    let (mut in_quotes, mut is_escaped) = (false, false);
    let values = content_type.split(|char| {
        let counts = !is_escaped;
        is_escaped = in_quotes && counts && char == '\\';
        in_quotes ^= counts && char == '"';
        char == ',' && !in_quotes
    });
    values.filter_map(essence_of_one).last()
}

/// MIME Sniffing, "parse a MIME type", steps 1 to 10.
fn essence_of_one(value: &str) -> Option<&str> {
    // HTTP whitespace.
    let essence = value
        .split(';')
        .next()?
        .trim_matches([' ', '\t', '\n', '\r']);
    let (main, subtype) = essence.split_once('/')?;
    let is_token = |text: &str| {
        let is_tchar =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        !text.is_empty() && text.bytes().all(is_tchar)
    };
    (is_token(main) && is_token(subtype) && essence != "*/*").then_some(essence)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn the_essence_counts() {
        for content_type in [
            "text/event-stream",
            "Text/Event-Stream",
            "text/event-stream;charset=utf-8",
            " text/event-stream ; charset=\"latin1\"",
            "text/plain, text/event-stream",
            "text/event-stream, bogus",
            "text/event-stream, */*, text/, x y/z",
            "text/event-stream;a=\", text/html\"",
            r#"text/html;a="\"", text/event-stream"#,
            r#"text/event-stream;a="\", text/html""#,
            r#"text/html;a=\", text/html", text/event-stream"#,
            r#"text/html;a="\\", text/event-stream"#,
        ] {
            assert_eq!(check_response(200, Some(content_type)), Ok(()));
        }
        for content_type in [
            None,
            Some(""),
            Some("text/event-streams"),
            Some("text/event-stream/x"),
            Some("text/event-stream, text/html"),
            Some("text/event-stream;a=\",\", text/html"),
            Some("text/html"),
            Some(r#"text/event-stream;a="\"", text/html"#),
            Some("text/event-stream\u{b}"),
            Some("\u{a0}text/event-stream"),
        ] {
            assert!(check_response(200, content_type).is_err());
        }
        for status in [0, 201, 204, 206, 301, 404, 500] {
            assert!(check_response(status, Some("text/event-stream")).is_err());
        }
    }

    #[test]
    fn the_message_shows_what_was_sent_and_no_more_than_8_kib() {
        let mut refused = check_response(200, None).unwrap_err();
        assert!(refused.push_body(b"<h1>\x1b[2J\n"));
        assert!(!refused.push_body(&[b'x'; 9000]));
        assert!(!refused.push_body(b"y"));
        assert_eq!(refused.body.len(), 8192);
        let message = refused.to_string();
        assert!(message.starts_with("not an event stream: status 200, no content type, body <h1>"));
        assert!(message.contains("\\u{1b}[2J\\nxx"), "{}", &message[..100]);

        let gone = check_response(204, None).unwrap_err();
        assert!(gone.is_no_content());
        assert!(
            gone.to_string()
                .ends_with("status 204, the server has no more events")
        );
    }
}

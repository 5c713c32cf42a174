//! The head of a connection's first request, as far as parking needs it. hyper reads all others.

use http::header::{CONTENT_LENGTH, EXPECT, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};

/// A longer head is read by hyper.
pub(crate) const BYTES: usize = 8 * 1024;
/// So is a head with more fields than this.
const FIELDS: usize = 64;

/// How an HTTP/2 connection begins (RFC 9113, section 3.4). The rest of it is left to hyper.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n";

/// What a connection begins with.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for a moment")]
pub(crate) enum First {
    /// A request whose response could be parked: `GET`, HTTP/1.1, with no body, no upgrade.
    Get(Request<()>),
    /// HTTP/2 by prior knowledge.
    Http2,
    /// Anything else. hyper reads it again, and answers it if it is malformed.
    Other,
}

impl First {
    /// `None` if the head is not complete yet.
    ///
    /// hyper uses the same parser, and is given the same bytes if the response is not parked. So
    /// the two cannot understand a head in different ways.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(HTTP_2) {
            return Some(Self::Http2);
        }
        if HTTP_2.starts_with(bytes) {
            return None;
        }
        let mut fields = [httparse::EMPTY_HEADER; FIELDS];
        let mut parsed = httparse::Request::new(&mut fields);
        match parsed.parse(bytes) {
            Ok(httparse::Status::Partial) if bytes.len() < BYTES => None,
            Ok(httparse::Status::Complete(_)) => Some(get(&parsed).map_or(Self::Other, Self::Get)),
            Ok(httparse::Status::Partial) | Err(_) => Some(Self::Other),
        }
    }
}

fn get(parsed: &httparse::Request<'_, '_>) -> Option<Request<()>> {
    if parsed.method != Some("GET") || parsed.version != Some(1) {
        return None;
    }
    let mut request = Request::new(());
    *request.uri_mut() = Uri::try_from(parsed.path?).ok()?;
    *request.headers_mut() = headers(parsed.headers)?;
    let mut others = [CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE, EXPECT].iter();
    let is_plain = !others.any(|name| request.headers().contains_key(name));
    is_plain.then_some(request)
}

fn headers(parsed: &[httparse::Header<'_>]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(parsed.len());
    for field in parsed {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        let value = HeaderValue::from_bytes(field.value).ok()?;
        headers.append(name, value);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outcome(bytes: &[u8]) -> String {
        format!("{:?}", First::of(bytes))
    }

    #[test]
    fn what_the_application_sees() {
        let head =
            b"\r\nGET /a/b?topics=x,y HTTP/1.1\r\nHost: h:80\r\nLast-Event-ID: \xc3\xa9 7 \r\n\
            X: 1\r\nX: 2\r\n\r\nGET";
        let Some(First::Get(request)) = First::of(head) else {
            panic!("not a GET");
        };
        assert_eq!(request.method(), http::Method::GET);
        assert_eq!(request.version(), http::Version::HTTP_11);
        assert_eq!(request.uri().path(), "/a/b");
        assert_eq!(request.uri().query(), Some("topics=x,y"));
        let id = crate::last_event_id(request.headers());
        assert_eq!(id, esse_encoder::EventId::new("é 7").unwrap().into());
        assert_eq!(request.headers().get_all("x").iter().count(), 2);
    }

    #[test]
    fn what_hyper_reads() {
        let long = "x".repeat(BYTES);
        let many = "A: b\r\n".repeat(FIELDS + 1);
        for head in [
            "POST / HTTP/1.1\r\n\r\n",
            "HEAD / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.0\r\n\r\n",
            "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
            "GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n",
            "PRI * HTTP/2.1\r\n",
            "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            "GET / HTTP/1.1\r\nA : b\r\n\r\n",
            "GET h:80:80 HTTP/1.1\r\n\r\n",
            "\x16\x03\x01\x02\0\x01\0",
            &format!("GET / HTTP/1.1\r\nA: {long}"),
            &format!("GET / HTTP/1.1\r\n{many}\r\n"),
        ] {
            assert_eq!(outcome(head.as_bytes()), "Some(Other)", "{head:?}");
        }
    }

    #[test]
    fn a_head_that_is_not_complete() {
        let head = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
        for cut in 0..head.len() {
            assert_eq!(outcome(&head.as_bytes()[..cut]), "None", "{cut}");
        }
        assert!(matches!(First::of(head.as_bytes()), Some(First::Get(_))));
    }

    #[test]
    fn http_2_by_prior_knowledge() {
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        for cut in 0..=preface.len() {
            let expected = if cut < HTTP_2.len() {
                "None"
            } else {
                "Some(Http2)"
            };
            assert_eq!(outcome(&preface.as_bytes()[..cut]), expected, "{cut}");
        }
    }

    /// Heads of parts that matter, most of them almost right.
    fn heads() -> impl Strategy<Value = Vec<u8>> {
        let line = "(GET|HEAD|PRI|G\u{0}T) [ -~]{0,10} HTTP/(1.1|1.0|2.0|1)";
        let end = "(\r\n|\n|\r|\r\n\r\n)";
        let field = "(Host|Content-Length|Transfer-Encoding|Upgrade|A b|)(:| :)[ -~]{0,10}";
        let lines = prop::collection::vec((field, end), 0..6);
        (line, end, lines, "(\r\n)?", ".{0,8}").prop_map(|(line, end, lines, blank, more)| {
            let fields = lines.iter().flat_map(|(field, end)| [field.as_str(), end]);
            let text: String = [line.as_str(), &end].into_iter().chain(fields).collect();
            (text + &blank + &more).into_bytes()
        })
    }

    proptest! {
        /// What is decided does not change with the bytes that follow, so it does not depend on how
        /// the head was cut.
        #[test]
        fn however_a_head_is_cut_its_outcome_is_the_same(head in heads()) {
            let whole = outcome(&head);
            for cut in 0..head.len() {
                let part = outcome(&head[..cut]);
                prop_assert!(part == "None" || part == whole, "{} at {}", part, cut);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = First::of(&bytes);
        }
    }
}

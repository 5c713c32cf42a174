use proptest::prelude::*;

use super::super::head::Scan;
use super::*;

const LIMIT: usize = 512;
const FIELDS: usize = 8;

/// What becomes of a connection that sends these pieces and then waits.
fn outcome(pieces: &[&[u8]]) -> Result<Option<String>, BadHead> {
    let (mut scan, mut begun) = (Scan::default(), Vec::new());
    for piece in pieces {
        if let Some(end) = scan.scan(piece, LIMIT)? {
            begun.extend_from_slice(&piece[..end]);
            return request(&begun, FIELDS).map(|request| Some(format!("{request:?}")));
        }
        begun.extend_from_slice(piece);
    }
    Ok(None)
}

fn get(fields: &str) -> Result<Request<()>, BadHead> {
    request(format!("GET / HTTP/1.1\r\n{fields}\r\n").as_bytes(), FIELDS)
}

#[test]
fn what_the_application_sees() {
    let head = b"GET /a/b?topics=x,y HTTP/1.1\r\nHost: h:80\r\nLast-Event-ID: \xc3\xa9 7 \r\nX: 1\r\nX: 2\r\n\r\n";
    let request = request(head, FIELDS).unwrap();
    assert_eq!(request.method(), Method::GET);
    assert_eq!(request.uri().path(), "/a/b");
    assert_eq!(request.uri().query(), Some("topics=x,y"));
    let id = esse_encoder::EventId::new("é 7").unwrap();
    assert_eq!(crate::last_event_id(request.headers()), id.into());
    assert_eq!(request.headers().get_all("x").iter().count(), 2);
}

#[test]
fn hosts() {
    for host in ["", "h", "h:80", "[::1]:8080", "127.0.0.1"] {
        assert!(get(&format!("Host: {host}\r\n")).is_ok(), "{host}");
    }
    for host in ["a b", "u@h", "h/", "h, h", "h:80:80"] {
        assert_eq!(
            get(&format!("Host: {host}\r\n")).unwrap_err(),
            BadHead::Host,
            "{host}"
        );
    }
    assert_eq!(get("Host: a\r\nHost: a\r\n").unwrap_err(), BadHead::Host);
    assert_eq!(get("").unwrap_err(), BadHead::NoHost);
    assert!(request(b"GET / HTTP/1.0\r\n\r\n", FIELDS).is_ok());
    let two = b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n";
    assert_eq!(request(two, FIELDS).unwrap_err(), BadHead::Host);
}

#[test]
fn bodies() {
    for (fields, expected) in [
        ("Content-Length: 0", None),
        ("Content-Length: 00", None),
        ("Content-Length: 1", Some(BadHead::Body)),
        (
            "Content-Length: 99999999999999999999999",
            Some(BadHead::Body),
        ),
        ("Content-Length:", Some(BadHead::ContentLength)),
        ("Content-Length: +1", Some(BadHead::ContentLength)),
        ("Content-Length: -0", Some(BadHead::ContentLength)),
        ("Content-Length: 0x0", Some(BadHead::ContentLength)),
        ("Content-Length: 0, 0", Some(BadHead::ContentLength)),
        (
            "Content-Length: 0\r\nContent-Length: 0",
            Some(BadHead::ContentLength),
        ),
        (
            "Transfer-Encoding: chunked",
            Some(BadHead::TransferEncoding),
        ),
        (
            "Transfer-Encoding: identity",
            Some(BadHead::TransferEncoding),
        ),
        ("tRANSFER-eNCODING:", Some(BadHead::TransferEncoding)),
        (
            "Content-Length: 4\r\nTransfer-Encoding: chunked",
            Some(BadHead::TransferEncoding),
        ),
    ] {
        let got = get(&format!("Host: h\r\n{fields}\r\n")).err();
        assert_eq!(got, expected, "{fields}");
    }
}

#[test]
fn request_lines() {
    use httparse::Error::{Token, Version};
    for (line, expected) in [
        ("GET /a?b HTTP/1.1", None),
        ("HEAD / HTTP/1.1", None),
        ("GET http://h/a HTTP/1.1", None),
        ("GET /%00 HTTP/1.1", None),
        ("GET /a#b HTTP/1.1", Some(BadHead::Target)),
        ("GET * HTTP/1.1", Some(BadHead::Target)),
        ("GET h:80 HTTP/1.1", Some(BadHead::Target)),
        ("GET a/b HTTP/1.1", Some(BadHead::Target)),
        ("GET ftp://h/ HTTP/1.1", Some(BadHead::Target)),
        ("GET /a b HTTP/1.1", Some(BadHead::Malformed(Version))),
        ("GET  / HTTP/1.1", Some(BadHead::Malformed(Token))),
        (" GET / HTTP/1.1", Some(BadHead::Malformed(Token))),
        ("GET / http/1.1", Some(BadHead::Malformed(Version))),
        (
            "GET / HTTP/1.1 ",
            Some(BadHead::Malformed(httparse::Error::NewLine)),
        ),
        ("GET /", Some(BadHead::Malformed(Token))),
        ("GET", Some(BadHead::Malformed(Token))),
        ("GET / HTTP/2.0", Some(BadHead::Version)),
        ("GET / HTTP/1.2", Some(BadHead::Version)),
        ("PRI * HTTP/2.0", Some(BadHead::Version)),
        ("POST / HTTP/1.1", Some(BadHead::Method)),
        ("get / HTTP/1.1", Some(BadHead::Method)),
        ("OPTIONS * HTTP/1.1", Some(BadHead::Method)),
        ("CONNECT h:80 HTTP/1.1", Some(BadHead::Method)),
        ("G=T / HTTP/1.1", Some(BadHead::Malformed(Token))),
    ] {
        let head = format!("{line}\r\nHost: h\r\n\r\n");
        let got = request(head.as_bytes(), FIELDS).err();
        assert_eq!(got, expected, "{line}");
    }
}

#[test]
fn fields() {
    use httparse::Error::{HeaderName, HeaderValue};
    for (field, expected) in [
        ("A: b", None),
        ("A:b", None),
        ("A:", None),
        ("A: \u{e9}", None),
        ("A : b", Some(BadHead::Malformed(HeaderName))),
        ("A", Some(BadHead::Malformed(HeaderName))),
        (": b", Some(BadHead::Malformed(HeaderName))),
        ("A\u{e9}: b", Some(BadHead::Malformed(HeaderName))),
        ("A: b\u{1}", Some(BadHead::Malformed(HeaderValue))),
    ] {
        assert_eq!(
            get(&format!("Host: h\r\n{field}\r\n")).err(),
            expected,
            "{field}"
        );
    }
    let most = "A: b\r\n".repeat(FIELDS - 1);
    assert!(get(&format!("Host: h\r\n{most}")).is_ok());
    let limit = FIELDS;
    let error = get(&format!("Host: h\r\nB: c\r\n{most}")).unwrap_err();
    assert_eq!(error, BadHead::TooManyFields { limit });
}

/// Mostly heads that are right, or nearly: each part may be spoiled.
fn heads() -> impl Strategy<Value = Vec<u8>> {
    let end = prop_oneof![8 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r")];
    let line = prop_oneof![
        4 => Just("GET /a?b HTTP/1.1"),
        1 => Just("HEAD / HTTP/1.0"),
        1 => Just("POST / HTTP/1.1"),
        1 => Just(""),
        1 => "[ -~]{0,20}".prop_map(|text| &*text.leak()),
    ];
    let field = prop_oneof![
        4 => Just("Host: h".to_owned()),
        2 => Just("Last-Event-ID: 7".to_owned()),
        1 => Just("Content-Length: 0".to_owned()),
        1 => Just("Content-Length: 5".to_owned()),
        1 => Just("Transfer-Encoding: chunked".to_owned()),
        1 => Just(" folded".to_owned()),
        1 => Just("\tfolded".to_owned()),
        1 => "X-[a-z]{1,5}: [ -~]{0,200}",
        1 => "[\\x00-\\xff]{0,10}",
    ];
    let lines = prop::collection::vec((field, end.clone()), 0..6);
    (line, end, lines, "(\r\n)?", ".{0,8}").prop_map(|(line, end, lines, blank, more)| {
        let fields = lines.iter().flat_map(|(field, end)| [field.as_str(), end]);
        let text: String = [line, end].into_iter().chain(fields).collect();
        (text + &blank + &more).into_bytes()
    })
}

proptest! {
    #[test]
    fn however_a_head_is_cut_its_outcome_is_the_same(head in heads()) {
        let whole = outcome(&[&head]);
        for cut in 0..=head.len() {
            let (first, second) = head.split_at(cut);
            prop_assert_eq!(&outcome(&[first, second]), &whole, "cut at {}", cut);
        }
        let bytes: Vec<_> = head.chunks(1).collect();
        prop_assert_eq!(outcome(&bytes), whole);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = outcome(&[&bytes]);
        let _ = request(&bytes, FIELDS);
    }
}

//! `Last-Event-ID`, as bytes.

use esse_encoder::EventId;
use esse_server::last_event_id;
use esse_server::last_event_id::{InvalidLastEventId, LAST_EVENT_ID, LastEventId};
use http::{HeaderMap, HeaderValue};

fn headers(values: &[&[u8]]) -> HeaderMap {
    let values = values
        .iter()
        .map(|value| HeaderValue::from_bytes(value).unwrap());
    values.map(|value| (LAST_EVENT_ID, value)).collect()
}

fn read(value: &[u8]) -> LastEventId {
    last_event_id(&headers(&[value]))
}

#[test]
fn any_utf8_is_an_id() {
    for id in [
        "0x9a2f",
        "a b",
        "日本",
        "día",
        "1-0",
        "\u{FEFF}7",
        "\"quoted\"",
        "a\tb",
    ] {
        let expected = EventId::new(id).unwrap().into();
        assert_eq!(read(id.as_bytes()), expected);
    }
}

#[test]
fn none_and_empty_are_the_same() {
    assert_eq!(last_event_id(&headers(&[])), LastEventId::None);
    assert_eq!(read(b""), LastEventId::None);
    assert_eq!(LastEventId::from(EventId::EMPTY), LastEventId::None);
}

#[test]
fn what_no_event_can_have_is_invalid_and_not_an_error() {
    let invalid = LastEventId::Invalid;
    assert_eq!(
        read(b"ab\xFF"),
        invalid(InvalidLastEventId::NotUtf8 { at: 2 })
    );
    let two = headers(&[b"1", b"2"]);
    assert_eq!(last_event_id(&two), invalid(InvalidLastEventId::Several));
    let long = InvalidLastEventId::TooLong {
        limit: 4096,
        length: 4097,
    };
    assert_eq!(read(&[b'x'; 4097]), invalid(long));
    assert!(matches!(read(&[b'x'; 4096]), LastEventId::Id(_)));
}

#[test]
fn the_query_is_read_if_there_is_no_header() {
    let id = |text: &'static str| LastEventId::Id(EventId::from_static(text));
    for (header, query, expected) in [
        ("", Some("lastEventId=7"), id("7")),
        ("", Some("topics=a&last_event_id=a%20b+c"), id("a b c")),
        ("1", Some("lastEventId=7"), id("1")),
        ("", Some("lastEventId="), LastEventId::None),
        ("", Some("LASTEVENTID=7"), LastEventId::None),
        ("", None, LastEventId::None),
    ] {
        assert_eq!(
            read(header.as_bytes()).or_query(query),
            expected,
            "{query:?}"
        );
    }
    let invalid = read(b"").or_query(Some("lastEventId=a%00b"));
    assert!(matches!(
        invalid,
        LastEventId::Invalid(InvalidLastEventId::NotAnId(_))
    ));
}

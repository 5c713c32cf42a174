//! `Last-Event-ID`, as bytes.

use esse_server::last_event_id;
use esse_server::last_event_id::{InvalidLastEventId, LAST_EVENT_ID, last_event_id_within};
use http::{HeaderMap, HeaderValue};

fn headers(values: &[&[u8]]) -> HeaderMap {
    let values = values
        .iter()
        .map(|value| HeaderValue::from_bytes(value).unwrap());
    values.map(|value| (LAST_EVENT_ID, value)).collect()
}

fn read(value: &[u8]) -> Result<String, InvalidLastEventId> {
    last_event_id(&headers(&[value])).map(|id| id.unwrap().to_string())
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
        assert_eq!(read(id.as_bytes()).unwrap(), id);
    }
}

#[test]
fn none_and_empty_are_the_same() {
    assert_eq!(last_event_id(&headers(&[])), Ok(None));
    assert_eq!(last_event_id(&headers(&[b""])), Ok(None));
}

#[test]
fn what_no_receiver_sends_is_refused() {
    assert_eq!(read(b"ab\xFF"), Err(InvalidLastEventId::NotUtf8 { at: 2 }));
    let two = headers(&[b"1", b"2"]);
    assert_eq!(last_event_id(&two), Err(InvalidLastEventId::Several));
    let long = InvalidLastEventId::TooLong {
        limit: 4096,
        length: 4097,
    };
    assert_eq!(read(&[b'x'; 4097]), Err(long));
    assert!(read(&[b'x'; 4096]).is_ok());
    assert!(last_event_id_within(&headers(&[&[b'x'; 4097]]), 5000).is_ok());
}

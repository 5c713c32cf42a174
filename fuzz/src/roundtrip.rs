//! What was encoded is parsed back.

use esse_parser::reference::Interpretation;
use esse_testkit::{Values, expected, outcome, unlimited};

use crate::input::{EARLIER_ID, cuts, split};
use crate::{blocks, encodings};

/// A sequence of blocks, encoded and parsed at the cuts of [`cuts`], is what went in, with each
/// line break of data and comments as LF. Every way to encode a block gives the same bytes.
///
/// ```
/// esse_fuzz::roundtrip(b"data: two\r\nlines\xFFid: 7\xFF\xFFdata: more\xFE\x03");
/// ```
///
/// # Panics
/// If that does not hold.
pub fn roundtrip(input: &[u8]) {
    let (content, script) = split(input);
    let mut stream = Vec::new();
    let mut meaning = Interpretation {
        last_event_id: EARLIER_ID.to_owned(),
        ..Interpretation::default()
    };
    for mut values in blocks::read(content) {
        blocks::take_refused(&mut values);
        stream.extend(encode(&values, script));
        values.add_to(&mut meaning, stream.len());
    }
    for chunks in cuts(&stream, script) {
        let seen = outcome(&mut unlimited(EARLIER_ID), &chunks);
        assert_eq!(seen, expected(&meaning, &chunks));
    }
}

fn encode(values: &Values, script: &[u8]) -> Vec<u8> {
    let encodings = encodings::all(values, script)
        .unwrap_or_else(|error| panic!("accepted before, refused now: {error}"));
    let (first, others) = (&encodings[0], &encodings[1..]);
    for (way, bytes) in others {
        assert!(*bytes == first.1, "{way} is not {}: {values:?}", first.0);
    }
    first.1.clone()
}

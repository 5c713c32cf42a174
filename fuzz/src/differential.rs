//! The fast parser agrees with the reference.

use esse_parser::Parser;
use esse_parser::reference::interpret_from;
use esse_testkit::{events, expected, outcome, unlimited};

use crate::input::{EARLIER_ID, cuts, split};

/// A stream that shows what an earlier one left behind: a BOM, and an event of no type.
const PROBE: &[u8] = b"\xEF\xBB\xBFdata: probe\n\nid\ndata\n\n";

/// The fast parser agrees with the reference at every cut of [`cuts`]: events and the chunk that
/// completes each, comments, the last event ID, the reconnection time.
///
/// After the end of the stream, only the last two remain for the next stream.
///
/// ```
/// esse_fuzz::differential(b"data: x\r\n\r\n\xFE\x08");
/// ```
///
/// # Panics
/// If that does not hold.
pub fn differential(input: &[u8]) {
    let (stream, script) = split(input);
    let meaning = interpret_from(stream, EARLIER_ID);
    for chunks in cuts(stream, script) {
        let expected = expected(&meaning, &chunks);
        let mut parser = unlimited(EARLIER_ID);
        assert_eq!(outcome(&mut parser, &chunks), expected, "cut: {chunks:?}");
        assert_next_stream_is_clean(parser);

        let mut parser = unlimited(EARLIER_ID);
        assert_eq!(
            events(&mut parser, &chunks),
            expected.events,
            "cut: {chunks:?}"
        );
        assert_eq!(parser.last_event_id(), expected.last_event_id);
    }
}

fn assert_next_stream_is_clean(mut parser: Parser) {
    let earlier = parser.last_event_id().to_owned();
    parser.finish();
    let seen = events(&mut parser, &[PROBE]);
    let seen: Vec<_> = seen
        .iter()
        .map(|seen| (&*seen.event_type, &*seen.data, &*seen.last_event_id))
        .collect();
    assert_eq!(seen, [("message", "probe", &*earlier), ("message", "", "")]);
}

//! No value can forge a field or an event.

use std::borrow::Cow;

use esse_encoder::{Block, InvalidField};
use esse_parser::reference::{Interpretation, interpret};
use esse_testkit::Values;

use crate::blocks;
use crate::input::split;

const BEFORE: &[u8] = b"event: before\ndata: 1\nid: before\n\n";
const AFTER: &[u8] = b"data: after\n\n";

/// Whatever is offered as type, ID, comment, field or data: what the encoder accepts yields the
/// one event that was meant, and leaves the blocks around it alone. What it does not accept is
/// refused with an error, and only if it would have been read as something else.
///
/// ```
/// esse_fuzz::injection(b"id: 7\ndata: forged\n\n\xFFdata: x");
/// ```
///
/// # Panics
/// If that does not hold.
pub fn injection(input: &[u8]) {
    let (content, _) = split(input);
    for mut values in blocks::read(content) {
        let harmful = harmful(&values);
        let refused = blocks::take_refused(&mut values);
        assert_eq!(refused.len(), harmful, "{values:?}, refused: {refused:?}");
        assert!(refused.iter().all(is_explained), "{refused:?}");
        assert_harmless(&values);
        assert_json_is_data(&values);
    }
}

/// How many values would be read as something else, by the letter of 9.2.5 and 9.2.6.
fn harmful(values: &Values) -> usize {
    let breaks = |text: &str| text.contains(['\r', '\n']);
    let event_type = values.event_type.as_deref().is_some_and(breaks);
    let id = values.id.as_deref();
    let id = id.is_some_and(|id| breaks(id) || id.contains('\0'));
    let field = |(name, value): &&(String, String)| {
        let has_meaning = matches!(&**name, "" | "data" | "event" | "id" | "retry");
        has_meaning
            || name.contains(['\r', '\n', ':'])
            || name.starts_with('\u{feff}')
            || breaks(value)
    };
    usize::from(event_type) + usize::from(id) + values.fields.iter().filter(field).count()
}

fn is_explained(error: &InvalidField) -> bool {
    error.to_string().starts_with(&error.part().to_string())
}

fn assert_harmless(values: &Values) {
    let block = values.block();
    let block = block.unwrap_or_else(|error| panic!("accepted before, refused now: {error}"));
    let mut meaning = interpret(BEFORE);
    let mut stream = BEFORE.to_vec();
    block.encode(&mut stream);
    values.add_to(&mut meaning, stream.len());
    stream.extend_from_slice(AFTER);
    after().add_to(&mut meaning, stream.len());
    assert_means(&stream, &meaning);
}

fn after() -> Values {
    Values {
        data: Some("after".to_owned()),
        ..Values::default()
    }
}

fn assert_json_is_data(values: &Values) {
    let Some(data) = &values.data else { return };
    let (Ok(block), Ok(json)) = (Block::json(data), serde_json::to_string(data)) else {
        panic!("a string is JSON: {data:?}")
    };
    let stream = block.to_frame().to_bytes();
    let events = interpret(&stream).events;
    assert!(
        events.len() == 1 && events[0].data == json,
        "{data:?}: {events:?}"
    );
}

fn assert_means(stream: &[u8], meaning: &Interpretation) {
    let shown: Cow<'_, str> = String::from_utf8_lossy(stream);
    assert_eq!(interpret(stream), *meaning, "{shown:?}");
}

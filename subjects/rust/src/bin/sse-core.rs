//! esse subject: the crate sse-core, its decoder without I/O.

use std::time::Duration;

use esse_subjects::{CAPABILITIES, Got, Subject};
use sse_core::{SseDecoder, SseEvent};

fn parse(chunks: Vec<bytes::Bytes>, got: &mut Got) -> Result<(), String> {
    let mut decoder = SseDecoder::new();
    for (after, mut chunk) in chunks.into_iter().enumerate() {
        while let Some(event) = decoder.next(&mut chunk) {
            match event.map_err(|error| error.to_string())? {
                SseEvent::Message(event) => {
                    got.note(event.last_event_id.as_deref().unwrap_or_default(), None);
                    got.event(event.event, event.data, after);
                }
                SseEvent::Retry(milliseconds) => {
                    got.note(got.last_event_id.clone(), Some(Duration::from_millis(milliseconds.into())));
                }
            }
        }
    }
    got.last_event_id = decoder.last_event_id().map_or_else(String::new, ToString::to_string);
    Ok(())
}

fn main() {
    Subject::parser("sse-core", CAPABILITIES, parse).serve();
}

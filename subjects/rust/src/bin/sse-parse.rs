//! esse subject: the crate sse-parse, its parser without I/O.

use esse_subjects::{CAPABILITIES, Got, Subject};
use sse_parse::SseParser;

fn parse(chunks: Vec<bytes::Bytes>, got: &mut Got) -> Result<(), String> {
    let (mut parser, end) = (SseParser::new(), chunks.len());
    for (after, chunk) in chunks.iter().enumerate() {
        parser.feed(chunk);
        take(&mut parser, got, after);
    }
    parser.finish();
    take(&mut parser, got, end);
    got.note(parser.last_event_id(), parser.retry());
    Ok(())
}

fn take(parser: &mut SseParser, got: &mut Got, after: usize) {
    while let Some(event) = parser.next_event() {
        got.note(event.id, None);
        got.event(event.event, event.data, after);
    }
}

fn main() {
    Subject::parser("sse-parse", CAPABILITIES, parse).serve();
}

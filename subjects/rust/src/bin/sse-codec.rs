//! esse subject: the crate sse-codec. Each event has an ID or none: its users keep the last.

use bytes::Bytes;
use esse_subjects::{CAPABILITIES, Got, Subject};
use futures_codec::{BytesMut, Decoder as _};
use sse_codec::{Event, SSECodec};

fn parse(chunks: Vec<Bytes>, got: &mut Got) -> Result<(), String> {
    let (mut codec, mut buffer, end) = (SSECodec::default(), BytesMut::new(), chunks.len());
    for (after, chunk) in chunks.iter().enumerate() {
        buffer.extend_from_slice(chunk);
        while let Some(event) = codec.decode(&mut buffer).map_err(|error| error.to_string())? {
            take(event, got, after);
        }
    }
    while let Some(event) = codec.decode_eof(&mut buffer).map_err(|error| error.to_string())? {
        take(event, got, end);
    }
    Ok(())
}

fn take(event: Event, got: &mut Got, after: usize) {
    match event {
        Event::Message { id, event, data } => {
            got.last_event_id = id.unwrap_or(got.last_event_id.clone());
            got.event(event, data, after);
        }
        Event::Retry { retry } => got.reconnection_time = Some(retry),
    }
}

fn main() {
    Subject::parser("sse-codec", CAPABILITIES, parse).serve();
}

//! esse subject: the crate sse-stream. It gives blocks: those without data are no events, and its
//! users set the default type and keep the ID.

use esse_subjects::{Block, CAPABILITIES, Encoded, Feed, Got, Subject, drive};
use sse_stream::{Sse, SseByteStream};

fn parse(chunks: Vec<bytes::Bytes>, got: &mut Got) -> Result<(), String> {
    let feed = Feed::new(chunks);
    drive(&feed, SseByteStream::new(feed.clone()), |block, after| {
        let block = block.map_err(|error| error.to_string())?;
        got.last_event_id = block.id.unwrap_or(got.last_event_id.clone());
        got.reconnection_time = block.retry.or(got.reconnection_time);
        if let Some(data) = block.data {
            let name = block.event.as_deref().filter(|name| !name.is_empty());
            got.event(name.unwrap_or("message"), data, after);
        }
        Ok(())
    })
}

fn encode(block: Block) -> Encoded {
    if block.comment.is_some() || !block.fields.is_empty() {
        return Encoded::Skipped("writes no comments and no other fields");
    }
    let Block { event, retry, data, id, .. } = block;
    match (Sse { event, data, id, retry }).encode() {
        Ok(bytes) => Encoded::Bytes(bytes.to_vec()),
        Err(error) => Encoded::Rejected(error.to_string()),
    }
}

fn main() {
    Subject::parser("sse-stream", CAPABILITIES, parse).and_encoder(encode).serve();
}

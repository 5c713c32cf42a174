//! esse subject: the crate russe. It gives messages: its users set the default type and keep the ID.

use std::time::Duration;

use bytes::Bytes;
use esse_subjects::{AND_COMMENTS, Block, Encoded, Got, Subject, codec, protocol::millis};
use russe::{Decoder, Event, Message};

fn parse(chunks: Vec<Bytes>, got: &mut Got) -> Result<(), String> {
    codec::decode(Decoder::default(), chunks, |event, after| match event {
        Event::Message(message) => {
            let id = message.id.map_or_else(|| got.last_event_id.clone(), |id| id.to_string());
            got.note(id, message.retry);
            let name = message.event.as_deref().filter(|name| !name.is_empty());
            got.event(name.unwrap_or("message"), &*message.data, after);
        }
        Event::Retry(time) => got.reconnection_time = Some(millis(time)),
        Event::Comment(comment) => got.comments.push(comment.to_string()),
    })
}

fn encode(block: Block) -> Encoded {
    let text = |text: Option<String>| text.map(Into::into);
    let retry = block.retry.map(Duration::from_millis);
    let event = match block {
        Block { comment: Some(comment), event: None, retry: None, data: None, id: None, .. } => {
            Event::Comment(comment.into())
        }
        Block { comment: None, event: None, retry: Some(_), data: None, id: None, .. } => {
            Event::Retry(retry.unwrap_or_default())
        }
        Block { comment: None, event, data: Some(data), id, fields, .. } if fields.is_empty() => {
            Event::Message(Message { data: data.into(), event: text(event), retry, id: text(id) })
        }
        _ => return Encoded::Skipped("writes a message, a comment or a retry, not these together"),
    };
    event
        .into_bytestring()
        .map_or_else(|error| Encoded::Rejected(error.to_string()), |text| Encoded::Bytes(text.to_string().into()))
}

fn main() {
    Subject::parser("russe", AND_COMMENTS, parse).and_encoder(encode).serve();
}

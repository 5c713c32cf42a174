//! esse subject: the crate async-sse, over a buffered reader. Each message has an ID or none: its
//! users keep the last.

use async_sse::{Event, decode};
use bytes::Bytes;
use esse_subjects::{CAPABILITIES, Feed, Got, Subject, drive, protocol::millis};

fn parse(chunks: Vec<Bytes>, got: &mut Got) -> Result<(), String> {
    let feed = Feed::new(chunks);
    drive(&feed, decode(feed.clone()), |event, after| {
        match event.map_err(|error| error.to_string())? {
            Event::Message(message) => {
                got.last_event_id = message.id().clone().unwrap_or(got.last_event_id.clone());
                let data = String::from_utf8_lossy(message.data()).into_owned();
                got.event(message.name(), data, after);
            }
            Event::Retry(time) => got.reconnection_time = Some(millis(time)),
        }
        Ok(())
    })
}

fn main() {
    Subject::parser("async-sse", CAPABILITIES, parse).serve();
}

//! esse subject: the crate sseer.

use esse_subjects::{CAPABILITIES, Feed, Got, Subject, drive};
use sseer::EventStream;

fn parse(chunks: Vec<bytes::Bytes>, got: &mut Got) -> Result<(), String> {
    let feed = Feed::new(chunks);
    let mut stream = EventStream::new(feed.clone());
    drive(&feed, &mut stream, |event, after| {
        let event = event.map_err(|error| error.to_string())?;
        got.note(&*event.id, event.retry);
        got.event(&*event.event, &*event.data, after);
        Ok(())
    })?;
    got.last_event_id = stream.last_event_id().to_string();
    Ok(())
}

fn main() {
    Subject::parser("sseer", CAPABILITIES, parse).serve();
}

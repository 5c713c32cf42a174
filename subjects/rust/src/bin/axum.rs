//! esse subject: the encoder of the crate axum, by the body of its response.

use std::{convert::Infallible, panic::catch_unwind, time::Duration};

use axum::response::{
    IntoResponse,
    sse::{Event, Sse},
};
use esse_subjects::{Block, Encoded, Feed, Subject, drive};
use futures_util::stream;

fn encode(block: Block) -> Encoded {
    if !block.fields.is_empty() {
        return Encoded::Skipped("writes no other fields");
    }
    // It refuses by a panic, as its documentation says.
    std::panic::set_hook(Box::new(|_| {}));
    catch_unwind(|| written(event(block))).map_or_else(|_| Encoded::Rejected("panicked".into()), Encoded::Bytes)
}

fn event(block: Block) -> Event {
    let mut event = Event::default();
    if let Some(comment) = block.comment {
        event = event.comment(comment);
    }
    if let Some(event_type) = block.event {
        event = event.event(event_type);
    }
    if let Some(time) = block.retry {
        event = event.retry(Duration::from_millis(time));
    }
    if let Some(data) = block.data {
        event = event.data(data);
    }
    match block.id {
        Some(id) => event.id(id),
        None => event,
    }
}

fn written(event: Event) -> Vec<u8> {
    let body = Sse::new(stream::iter([Ok::<_, Infallible>(event)])).into_response().into_body();
    let mut bytes = Vec::new();
    let _ = drive(&Feed::new(Vec::new()), body.into_data_stream(), |part, _| {
        bytes.extend_from_slice(&part.map_err(|error| error.to_string())?);
        Ok(())
    });
    bytes
}

fn main() {
    Subject::encoder("axum", encode).serve();
}

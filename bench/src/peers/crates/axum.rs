//! The peer `axum`.

use std::convert::Infallible;

use ::axum::response::IntoResponse;
use ::axum::response::sse::{Event, Sse};
use futures_util::stream;

use crate::peers::{Encoder, drain};

/// The body of its response: no other way leads to an event's bytes. A buffer for each event.
#[derive(Default)]
pub(super) struct Axum;

impl Encoder for Axum {
    const NAME: &'static str = "axum";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        let events = std::mem::take(payloads)
            .into_iter()
            .map(|payload| Ok::<_, Infallible>(Event::default().data(payload)));
        let body = Sse::new(stream::iter(events)).into_response().into_body();
        let _ = drain(body.into_data_stream(), |bytes| {
            put(&bytes?);
            Ok(())
        });
    }
}

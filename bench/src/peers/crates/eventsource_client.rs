//! The peer `eventsource-client`.

use std::future::ready;

use ::eventsource_client::{Client, ClientBuilder, Error, ReconnectOptions, SSE};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Request, Response};
use launchdarkly_sdk_transport::{ByteStream, HttpTransport, ResponseFuture};

use crate::peers::{Peer, drain};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// The client over a transport that answers with the feed: its parser alone is not public.
pub(super) struct EventsourceClient;

impl Peer for EventsourceClient {
    const NAME: &'static str = "eventsource-client";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        let client = ClientBuilder::for_url("http://localhost")?
            .reconnect(ReconnectOptions::reconnect(false).build())
            .build_with_transport(Answer(feed.clone()));
        drain(client.stream(), |event| match event {
            Ok(SSE::Event(event)) => {
                let id = event.id.as_deref().unwrap_or_default();
                sink.event(&event.event_type, &event.data, id)
            }
            Ok(_) | Err(Error::Eof) => Ok(()),
            Err(error) => Err(Stop::Failed(format!("{error:?}"))),
        })
    }
}

#[derive(Clone)]
struct Answer(Feed);

impl HttpTransport for Answer {
    fn request(&self, _: Request<Option<Bytes>>) -> ResponseFuture {
        let chunks: ByteStream = Box::pin(stream::iter(self.0.chunks()).map(Ok));
        Box::pin(ready(Ok(Response::new(chunks))))
    }
}

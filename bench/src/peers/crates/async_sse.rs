//! The peer `async-sse`.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use ::async_sse::{Event, decode, encode};
use futures_io::{AsyncBufRead, AsyncRead};

use crate::feed::Reader;
use crate::peers::{Encoder, Peer, drain};
use crate::sink::{Sink, Stop};
use crate::{Feed, Input};

/// Its stream over a buffered reader, which gives slices of the input.
#[derive(Default)]
pub(super) struct AsyncSse;

impl Peer for AsyncSse {
    const NAME: &'static str = "async-sse";

    fn parse<I: Input>(feed: &Feed, sink: &mut impl Sink) -> Result<(), Stop> {
        drain(decode(Chunks(feed.reader())), |event| {
            match event.map_err(|error| Stop::Failed(error.to_string()))? {
                Event::Message(event) => {
                    let id = event.id().as_deref();
                    sink.event(event.name(), event.data(), id.unwrap_or_default())
                }
                Event::Retry(_) => Ok(()),
            }
        })
    }
}

struct Chunks<'f>(Reader<'f>);

impl AsyncBufRead for Chunks<'_> {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(Ok(self.get_mut().0.fill()))
    }

    fn consume(mut self: Pin<&mut Self>, count: usize) {
        self.0.consume(count);
    }
}

impl AsyncRead for Chunks<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(io::Read::read(&mut self.0, buffer))
    }
}

/// Its sender fills a channel of one line, which its encoder empties: in turns.
impl Encoder for AsyncSse {
    const NAME: &'static str = "async-sse";

    fn encode(&mut self, payloads: &mut Vec<String>, put: &mut dyn FnMut(&[u8])) {
        let (sender, mut encoder) = encode();
        let mut context = Context::from_waker(Waker::noop());
        for payload in payloads {
            let mut sending = pin!(sender.send(None, payload, None));
            while sending.as_mut().poll(&mut context).is_pending() {
                take(&mut encoder, &mut context, put);
            }
            take(&mut encoder, &mut context, put);
        }
    }
}

fn take(encoder: &mut ::async_sse::Encoder, context: &mut Context<'_>, put: &mut dyn FnMut(&[u8])) {
    let mut encoder = Pin::new(encoder);
    while let Poll::Ready(Ok(bytes)) = encoder.as_mut().poll_fill_buf(context) {
        let count = bytes.len();
        put(bytes);
        encoder.as_mut().consume(count);
    }
}

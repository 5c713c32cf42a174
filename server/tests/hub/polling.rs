//! Subscribers polled by hand, so that each test sees what is ready and what was woken.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use esse_encoder::{Block, EventId, EventType, Frame};
use esse_server::{Hub, Subscriber, Topics};
use futures_util::Stream;

#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A stream of frames with a waker that counts.
pub(crate) struct Polled<S> {
    pub(crate) stream: Pin<Box<S>>,
    pub(crate) wakes: Arc<Wakes>,
}

impl Polled<Subscriber> {
    /// A subscriber to everything from now on.
    pub(crate) fn live(hub: &Hub) -> Self {
        Self::new(hub.subscribe().open())
    }

    /// A subscriber to some topics from now on.
    pub(crate) fn of(hub: &Hub, names: &[&'static str]) -> Self {
        Self::new(hub.subscribe().topics(topics(names)).open())
    }

    /// A subscriber that comes back with this ID.
    pub(crate) fn after(hub: &Hub, id: impl Into<EventId>) -> Self {
        Self::new(hub.subscribe().last_event_id(id.into()).open())
    }
}

impl<S: Stream<Item = Frame>> Polled<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream: Box::pin(stream),
            wakes: Arc::default(),
        }
    }

    /// The next frame as text; `Ready(None)` at the end.
    pub(crate) fn poll(&mut self) -> Poll<Option<String>> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        let polled = self
            .stream
            .as_mut()
            .poll_next(&mut Context::from_waker(&waker));
        polled.map(|frame| frame.map(|frame| text(&frame)))
    }

    /// Everything that is ready.
    pub(crate) fn ready(&mut self) -> Vec<String> {
        std::iter::from_fn(|| match self.poll() {
            Poll::Ready(frame) => frame,
            Poll::Pending => None,
        })
        .collect()
    }

    pub(crate) fn is_over(&mut self) -> bool {
        matches!(self.poll(), Poll::Ready(None))
    }

    /// How often it was woken since the last call.
    pub(crate) fn wakes(&self) -> usize {
        self.wakes.0.swap(0, Ordering::SeqCst)
    }
}

pub(crate) fn text(frame: &Frame) -> String {
    String::from_utf8(frame.to_bytes().to_vec()).unwrap()
}

/// An event with this ID and type. Its data is the ID.
pub(crate) fn event(id: u64, event_type: &'static str) -> Block<'static> {
    Block::event(id.to_string())
        .event_type(EventType::from_static(event_type))
        .id(EventId::from(id))
}

/// [`event`] on the wire.
pub(crate) fn wire(id: u64, event_type: &str) -> String {
    format!("event: {event_type}\ndata: {id}\nid: {id}\n\n")
}

pub(crate) fn topics(names: &[&'static str]) -> Topics {
    Topics::of(names.iter().map(|name| EventType::from_static(name)))
}

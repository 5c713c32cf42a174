//! Feature `blocking`: a client as an iterator.
//!
//! It is the same client as [`EventSource`](crate::EventSource), and needs no executor. Each
//! connection has a thread, which sends the request and reads the body; see [`Connect`].
//!
//! ```no_run
//! # #[cfg(feature = "ureq")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use esse_client::blocking::EventSource;
//!
//! let agent = ureq::Agent::new_with_defaults();
//! for event in EventSource::get(agent, "https://stream.example/events")?.events() {
//!     let event = event?;
//!     println!("{}: {}", event.event_type, event.data);
//! }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "ureq"))]
//! # fn main() {}
//! ```

mod clock;
mod connect;

use alloc::sync::Arc;
use alloc::task::Wake;
use core::fmt;
use core::future::ready;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::thread::{self, Thread};

use bytes::Bytes;
use esse_parser::{Event, OwnedEvent};
use futures_core::Stream;

use self::clock::Clock;
pub use self::connect::Connect;
use self::connect::Threads;
use super::ended::Ended;
use super::handle::Handle;
use super::item::Item;
use super::request::{self, RequestError};
use super::source;
use super::transport::BoxError;
use crate::{Attempt, Closed, Connection, Policy, Resume};

/// A client: an iterator over what a URL sends, over as many connections as that takes.
///
/// Nothing happens between two calls of `next`, except that the thread of the connection reads one
/// chunk ahead. `Err` comes once, as the last item, if the client ended for a reason that neither
/// the caller nor the server wanted; then `None`.
#[must_use = "it is an iterator: without `next` it does nothing"]
pub struct EventSource<C: Connect> {
    source: source::EventSource<Threads<C>, Clock>,
    clock: Clock,
}

impl<C: Connect> EventSource<C> {
    /// A client that sends `GET` requests to `url`.
    ///
    /// # Errors
    /// [`RequestError`] if the URL is not valid.
    pub fn get(connect: C, url: &str) -> Result<Self, RequestError> {
        Ok(Self::request(connect, request::get(url)?))
    }

    /// A client that sends this request, of any method. `Accept: text/event-stream` and
    /// `Cache-Control: no-cache` are added unless the request has such headers. A header
    /// `Last-Event-ID` is what [`Resume::after`] is.
    pub fn request(connect: C, request: http::Request<Bytes>) -> Self {
        let clock = Clock::new();
        let transport = Threads::new(connect);
        let source = source::EventSource::with_timer(transport, clock.clone(), request);
        Self { source, clock }.policy(Policy::standard())
    }

    /// Sets what to do about ends, failures and silence. Call this before `next`.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.source.transport_mut().head_timeout = policy.0.head_timeout;
        self.source = self.source.policy(policy);
        self
    }

    /// The same, from where another process left off.
    pub fn resume(mut self, policy: Policy, resume: Resume) -> Self {
        self.source.transport_mut().head_timeout = policy.0.head_timeout;
        self.source = self.source.resume(policy, resume);
        self
    }

    /// Makes the request of each attempt with `hook`, which gets the attempt and the request as it
    /// would be sent, and may change everything about it: the URL, the method, a token, the body.
    pub fn on_attempt<F>(mut self, mut hook: F) -> Self
    where
        F: FnMut(&Attempt<'_>, http::Request<Bytes>) -> Result<http::Request<Bytes>, BoxError>
            + Send
            + 'static,
    {
        let hook = move |attempt: &Attempt<'_>, request| ready(hook(attempt, request));
        self.source = self.source.on_attempt(hook);
        self
    }

    /// Says which event ends the stream. The client closes after it, without waiting for the end of
    /// the response; if the policy [has a terminal event](Policy::has_terminal), an end without it
    /// is an error.
    pub fn terminal(mut self, is_terminal: impl FnMut(Event<'_>) -> bool + Send + 'static) -> Self {
        self.source = self.source.terminal(is_terminal);
        self
    }

    /// The events alone.
    pub const fn events(self) -> Events<C> {
        Events(self)
    }

    /// Returns a handle that closes or restarts this client from another thread, at once.
    pub fn handle(&self) -> Handle {
        self.source.handle()
    }

    /// Returns the state machine: the last event ID, and what another process needs to go on.
    pub const fn connection(&self) -> &Connection {
        self.source.connection()
    }

    /// Returns why the client has ended, once it has.
    pub fn closed(&self) -> Option<&Closed> {
        self.source.closed()
    }

    fn poll(&mut self, waker: &Waker) -> Poll<Option<Result<Item, Ended>>> {
        Pin::new(&mut self.source).poll_next(&mut Context::from_waker(waker))
    }
}

impl<C: Connect> Iterator for EventSource<C> {
    type Item = Result<Item, Ended>;

    fn next(&mut self) -> Option<Self::Item> {
        // What is there already needs no waker.
        if let Poll::Ready(item) = self.poll(Waker::noop()) {
            return item;
        }
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        loop {
            self.clock.forget_alarm();
            if let Poll::Ready(item) = self.poll(&waker) {
                return item;
            }
            match self.clock.time_to_alarm() {
                Some(span) => thread::park_timeout(span),
                None => thread::park(),
            }
        }
    }
}

impl<C: Connect> fmt::Debug for EventSource<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// The events of an [`EventSource`], without its news. Made by [`EventSource::events`].
#[derive(Debug)]
#[must_use = "it is an iterator: without `next` it does nothing"]
pub struct Events<C: Connect>(EventSource<C>);

impl<C: Connect> Events<C> {
    /// Returns the client itself.
    pub fn into_inner(self) -> EventSource<C> {
        self.0
    }

    /// Returns the client itself.
    pub const fn get_ref(&self) -> &EventSource<C> {
        &self.0
    }
}

impl<C: Connect> Iterator for Events<C> {
    type Item = Result<OwnedEvent, Ended>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.find_map(|item| match item {
            Ok(Item::Event(event)) => Some(Ok(event)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }
}

/// Wakes the thread that waits in `next`.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

//! Connections that are parked: one task for many of them, instead of a task for each.
//!
//! A parked connection has its socket, the body of its response, and nothing else while the stream
//! is idle: about a kilobyte with the body. It is polled by a task that serves all of them.
//!
//! # What is parked
//! The response itself says that it may be parked: [`response`](crate::response()) puts a mark into
//! its extensions, so every response around a [`Sink`](crate::Sink) has it. The body is parked as
//! the application returned it, with all that its layers have wrapped around it. Nothing is taken
//! out of it. So a layer that changes the bytes, that counts open responses, or that ends a response
//! after an hour works as it does with hyper, and the mark cannot do harm if a layer has replaced
//! the body.
//!
//! A response that a layer has compressed stays with hyper, because that work would delay the other
//! connections.

mod batch;
mod connection;
mod driver;
mod input;
mod turns;
mod wake;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use driver::Driver;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{Response, StatusCode};
use http_body::Body;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::limits::Permit;
use super::metrics::Counts;
use super::response_head;
use super::stop::Stop;
use crate::response::Parkable;

/// A connection that has no further request.
pub(crate) struct Parked {
    socket: TcpStream,
    /// What goes out first.
    head: Bytes,
    /// `None` if the head is all.
    body: Option<Pin<Box<dyn Chunks>>>,
    permit: Permit,
}

/// Where connections are parked. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Parking {
    /// One for each driver.
    drivers: Arc<[UnboundedSender<Parked>]>,
    next: Arc<AtomicUsize>,
}

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// To take something.
    pub(crate) stalled_after: Duration,
    /// To close the connection after the response has ended.
    pub(crate) close_within: Duration,
}

/// Whether this response may be parked.
pub(crate) fn may_park<B>(response: &Response<B>) -> bool {
    let headers = response.headers();
    response.status() == StatusCode::OK
        && response.extensions().get::<Parkable>().is_some()
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_LENGTH)
}

impl Parked {
    /// The response to the only request of this connection.
    pub(crate) fn response<B>(socket: TcpStream, response: Response<B>, permit: Permit) -> Self
    where
        B: Body<Data = Bytes> + Send + 'static,
    {
        let head = response_head::chunked(response.status(), response.headers());
        Self {
            socket,
            head: head.into(),
            body: Some(Box::pin(response.into_body())),
            permit,
        }
    }

    /// A connection whose request is not read.
    pub(crate) fn refusal(socket: TcpStream, status: StatusCode, permit: Permit) -> Self {
        Self {
            socket,
            head: response_head::empty(status).into(),
            body: None,
            permit,
        }
    }
}

impl Parking {
    /// Starts a driver for each thread of the runtime, so that all cores are used.
    pub(crate) fn start(
        tasks: &mut JoinSet<()>,
        patience: Patience,
        counts: &Arc<Counts>,
        stop: &watch::Receiver<Stop>,
    ) -> Self {
        let threads = Handle::current().metrics().num_workers();
        let drivers = (0..threads).map(|_| {
            let (sender, parked) = unbounded_channel();
            let driver = Driver::new(patience, Arc::clone(counts), parked);
            tasks.spawn(driver.run(stop.clone()));
            sender
        });
        Self {
            drivers: drivers.collect(),
            next: Arc::default(),
        }
    }

    /// If the drivers have ended, the connection is closed.
    pub(crate) fn park(&self, parked: Parked) {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.drivers.len();
        let _ = self.drivers[next].send(parked);
    }
}

/// The data of a body.
trait Chunks: Send {
    /// An empty piece says nothing. After an error the response cannot be completed.
    fn poll_chunk(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ()>>>;
}

impl<B: Body<Data = Bytes> + Send> Chunks for B {
    fn poll_chunk(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, ()>>> {
        self.poll_frame(cx).map(|frame| match frame? {
            // Event streams have no trailers.
            Ok(frame) => Some(Ok(frame.into_data().unwrap_or_default())),
            Err(_) => Some(Err(())),
        })
    }
}

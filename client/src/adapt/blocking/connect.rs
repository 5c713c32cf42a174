//! What the iterator needs from the outside, and the threads that it runs in.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;

use bytes::Bytes;
use http_body::{Body, Frame};

use crate::Failure;
use crate::adapt::sync::Mutex;
use crate::adapt::transport::{NotSent, Transport};

const CHUNK: usize = 16 * 1024;

/// Sends requests, and blocks until the head of the response is there.
///
/// Each connection runs in a thread of its own. So the client obeys its [`Handle`](crate::Handle)
/// and the time-outs of its policy to the point, however long a read blocks. Nothing can stop such a
/// read, though: a connection that the client has left stays open until the read returns. A read
/// time-out bounds that. A read of the body that fails with [`ErrorKind::TimedOut`] or
/// [`ErrorKind::WouldBlock`] is therefore not an error. It is repeated if the client still wants the
/// connection.
pub trait Connect: Send + Sync + 'static {
    /// The body of a response.
    type Body: Read;

    /// Sends the request. After `head_timeout`, which the policy sets, the client does not wait for
    /// the head any more.
    ///
    /// # Errors
    /// [`NotSent`] if there is no response.
    fn connect(
        &self,
        request: http::Request<Bytes>,
        head_timeout: Option<Duration>,
    ) -> Result<http::Response<Self::Body>, NotSent>;
}

/// A transport that connects in a thread for each request.
#[derive(Debug)]
pub(super) struct Threads<C> {
    connect: Arc<C>,
    pub(super) head_timeout: Option<Duration>,
}

impl<C> Threads<C> {
    pub(super) fn new(connect: C) -> Self {
        Self {
            connect: Arc::new(connect),
            head_timeout: None,
        }
    }
}

impl<C: Connect> Transport for Threads<C> {
    type Body = Chunks;
    type Sending = Pin<Box<dyn Future<Output = Result<http::Response<Chunks>, NotSent>> + Send>>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        let (connect, head_timeout) = (Arc::clone(&self.connect), self.head_timeout);
        Box::pin(async move {
            let (sender, mut receiver) = channel();
            let work = move || sender.work(&*connect, request, head_timeout);
            let thread = thread::Builder::new().name("esse-client".into());
            thread.spawn(work).map_err(|error| NotSent {
                failure: Failure::Unreachable,
                error: error.into(),
            })?;
            match poll_fn(|cx| receiver.poll(cx)).await {
                Some(Message::Head(head)) => head.map(|head| head.map(|()| Chunks(receiver))),
                Some(Message::Chunk(_) | Message::End(_)) | None => Err(NotSent {
                    failure: Failure::Broken,
                    error: gone().into(),
                }),
            }
        })
    }
}

/// The body of a response, which a thread reads.
#[derive(Debug)]
pub(super) struct Chunks(Incoming);

impl Body for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll(cx).map(|message| match message {
            Some(Message::Chunk(chunk)) => Some(Ok(Frame::data(chunk))),
            Some(Message::End(Ok(()))) => None,
            Some(Message::End(Err(error))) => Some(Err(error)),
            Some(Message::Head(_)) | None => Some(Err(gone())),
        })
    }
}

/// The thread has panicked.
fn gone() -> io::Error {
    io::Error::other("the thread of the connection is gone")
}

/// What a thread sends to the client. A response is its head, chunks and an end.
enum Message {
    Head(Result<http::Response<()>, NotSent>),
    Chunk(Bytes),
    End(io::Result<()>),
}

/// A channel for one message at a time, so that a client that reads slowly slows the server down.
fn channel() -> (Outgoing, Incoming) {
    let (sender, receiver) = sync_channel(1);
    let waker = Arc::default();
    let outgoing = Outgoing {
        sender: Some(sender),
        waker: Arc::downgrade(&waker),
    };
    (outgoing, Incoming { receiver, waker })
}

#[derive(Debug)]
struct Incoming {
    receiver: Receiver<Message>,
    waker: Arc<Mutex<Option<Waker>>>,
}

impl Incoming {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        if let Poll::Ready(message) = self.try_receive() {
            return Poll::Ready(message);
        }
        *self.waker.lock() = Some(cx.waker().clone());
        // It may have come in between, when there was nobody to wake.
        self.try_receive()
    }

    fn try_receive(&self) -> Poll<Option<Message>> {
        match self.receiver.try_recv() {
            Ok(message) => Poll::Ready(Some(message)),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

/// The end that a thread has. `None` in place of the sender only while it is dropped.
struct Outgoing {
    sender: Option<SyncSender<Message>>,
    waker: Weak<Mutex<Option<Waker>>>,
}

impl Outgoing {
    /// What the thread does.
    fn work<C: Connect>(
        &self,
        connect: &C,
        request: http::Request<Bytes>,
        head_timeout: Option<Duration>,
    ) {
        match connect.connect(request, head_timeout) {
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let head = http::Response::from_parts(parts, ());
                if self.send(Message::Head(Ok(head))) {
                    let end = self.read(body);
                    self.send(Message::End(end));
                }
            }
            Err(error) => {
                self.send(Message::Head(Err(error)));
            }
        }
    }

    /// Reads until the end, or until the client has left.
    fn read(&self, mut body: impl Read) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let goes_on = match body.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => self.send(Message::Chunk(Bytes::copy_from_slice(&buffer[..length]))),
                Err(error) if error.kind() == ErrorKind::Interrupted => true,
                Err(error) if is_time_out(&error) => self.waker.strong_count() > 0,
                Err(error) => return Err(error),
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// Waits until the client has taken the last message. False if it has left.
    fn send(&self, message: Message) -> bool {
        let sent = self
            .sender
            .as_ref()
            .is_some_and(|sender| sender.send(message).is_ok());
        self.wake();
        sent
    }

    fn wake(&self) {
        if let Some(waker) = self.waker.upgrade() {
            let waker = waker.lock().take();
            waker.into_iter().for_each(Waker::wake);
        }
    }
}

/// The client learns that a thread has panicked.
impl Drop for Outgoing {
    fn drop(&mut self) {
        self.sender = None;
        self.wake();
    }
}

fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

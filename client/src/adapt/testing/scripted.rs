//! A transport that plays a script.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Body, Frame};

use super::time::VirtualTime;
use crate::Failure;
use crate::adapt::sync::Mutex;
use crate::adapt::transport::{NotSent, Timer, Transport};

/// How often a client is refused after the end of the script.
const REFUSED: usize = 1000;

/// A [`Transport`] that gives one [`Answer`] after the other, and keeps the requests. Once it has
/// given all, nothing accepts a connection any more. A policy that never gives up goes on asking, so
/// end its script with `Answer::status(204)`.
///
/// Clones share the answers and the requests.
///
/// # Panics
/// If a client still asks after a thousand requests without an answer.
#[derive(Clone, Debug)]
pub struct Scripted<S = VirtualTime> {
    timer: S,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    answers: VecDeque<Answer>,
    requests: Vec<http::Request<Bytes>>,
    /// How many of them came after the end of the script.
    refused: usize,
}

impl<S> Scripted<S> {
    /// Returns a transport without an answer, whose pauses pass on this timer.
    pub fn new(timer: S) -> Self {
        Self {
            timer,
            inner: Arc::default(),
        }
    }

    /// Adds what the next request gets.
    #[must_use]
    pub fn answer(self, answer: Answer) -> Self {
        self.inner.lock().answers.push_back(answer);
        self
    }

    /// Returns the requests that were sent so far.
    pub fn requests(&self) -> Vec<http::Request<Bytes>> {
        self.inner.lock().requests.clone()
    }
}

impl<S: Timer + Clone> Transport for Scripted<S> {
    type Body = Played<S>;
    type Sending = Sending<S>;

    fn send(&mut self, request: http::Request<Bytes>) -> Self::Sending {
        let mut inner = self.inner.lock();
        inner.requests.push(request);
        let answer = inner.answers.pop_front();
        inner.refused += usize::from(answer.is_none());
        let is_endless = inner.refused > REFUSED;
        drop(inner);
        assert!(
            !is_endless,
            "the script has ended, and the client goes on: end it with `Answer::status(204)`"
        );
        let answer = answer.unwrap_or_else(|| Answer::fails(Failure::Unreachable));
        let result = match answer.begins {
            Begins::Well => Some(Ok(answer.head.map(|()| Played {
                timer: self.timer.clone(),
                steps: answer.steps,
                sleep: None,
            }))),
            Begins::Failing(failure) => Some(Err(NotSent {
                failure,
                error: "the script has no answer for this request".into(),
            })),
            Begins::Never => None,
        };
        Sending(result)
    }
}

/// What one request gets: a status, headers and pieces of a body, which ends cleanly after the last
/// piece.
#[derive(Clone, Debug)]
pub struct Answer {
    begins: Begins,
    head: http::Response<()>,
    steps: VecDeque<Step>,
}

#[derive(Clone, Copy, Debug)]
enum Begins {
    Well,
    Failing(Failure),
    Never,
}

#[derive(Clone, Debug)]
enum Step {
    Chunk(Bytes),
    Pause(Duration),
    Break,
    Hang,
}

impl Answer {
    /// An event stream: status 200 and `Content-Type: text/event-stream`.
    pub fn stream() -> Self {
        let mut answer = Self::new(Begins::Well);
        let event_stream = HeaderValue::from_static("text/event-stream");
        answer.head.headers_mut().insert(CONTENT_TYPE, event_stream);
        answer
    }

    /// An answer with this status and no headers.
    ///
    /// # Panics
    /// If the status is not in the range from 100 to 999.
    #[track_caller]
    pub fn status(status: u16) -> Self {
        let known = StatusCode::from_u16(status);
        let mut answer = Self::new(Begins::Well);
        *answer.head.status_mut() = known.unwrap_or_else(|_| panic!("{status} is not a status"));
        answer
    }

    /// No answer: sending the request fails.
    pub fn fails(failure: Failure) -> Self {
        Self::new(Begins::Failing(failure))
    }

    /// No answer, and no failure either.
    pub fn never() -> Self {
        Self::new(Begins::Never)
    }

    fn new(begins: Begins) -> Self {
        Self {
            begins,
            head: http::Response::new(()),
            steps: VecDeque::new(),
        }
    }

    /// Sets a header.
    ///
    /// # Panics
    /// If HTTP allows no such name or value.
    #[must_use]
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            panic!("not a header: {name:?}: {value:?}");
        };
        self.head.headers_mut().insert(name, value);
        self
    }

    /// Adds a chunk of the body.
    #[must_use]
    pub fn chunk(self, chunk: impl Into<Bytes>) -> Self {
        self.step(Step::Chunk(chunk.into()))
    }

    /// Adds a pause, before what is added next.
    #[must_use]
    pub fn pause(self, pause: Duration) -> Self {
        self.step(Step::Pause(pause))
    }

    /// The connection breaks here.
    #[must_use]
    pub fn breaks(self) -> Self {
        self.step(Step::Break)
    }

    /// Nothing more comes, and the connection stays open.
    #[must_use]
    pub fn hangs(self) -> Self {
        self.step(Step::Hang)
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

/// A request on its way. Made by [`Scripted`].
#[must_use = "futures do nothing unless polled"]
pub struct Sending<S: Timer>(Option<Result<http::Response<Played<S>>, NotSent>>);

impl<S: Timer> Future for Sending<S> {
    type Output = Result<http::Response<Played<S>>, NotSent>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.take().map_or(Poll::Pending, Poll::Ready)
    }
}

impl<S: Timer> Unpin for Sending<S> {}

impl<S: Timer> fmt::Debug for Sending<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sending").finish_non_exhaustive()
    }
}

/// The body of an [`Answer`].
pub struct Played<S: Timer> {
    timer: S,
    steps: VecDeque<Step>,
    sleep: Option<Pin<Box<S::Sleep>>>,
}

impl<S: Timer> Unpin for Played<S> {}

impl<S: Timer> Body for Played<S> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Chunk(chunk)) => return Poll::Ready(Some(Ok(Frame::data(chunk)))),
                Some(Step::Break) => {
                    let error = io::ErrorKind::ConnectionReset.into();
                    return Poll::Ready(Some(Err(error)));
                }
                Some(Step::Pause(pause)) => {
                    let until = self.timer.now().saturating_add(pause);
                    self.sleep = Some(Box::pin(self.timer.sleep_until(until)));
                }
                Some(Step::Hang) => {
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<S: Timer> fmt::Debug for Played<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Played")
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

//! `Guarded`: a stream of the application's own, under the care of a hub.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use esse_encoder::Frame;
use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::hub::{Hub, Shared};
use crate::metrics::Outcome;
use crate::state::Next;
use crate::subscriber::KEEP_ALIVE;
use crate::topics::Topics;

impl Hub {
    /// Puts a stream of frames that is not published to all, such as the tokens of one answer,
    /// under the care of the hub: its keep-alives, its shutdown, its metrics. Nothing that is
    /// published goes into it.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Hub;
    /// use futures_util::{StreamExt, stream};
    ///
    /// let tokens = stream::iter(["Hel", "lo"]).map(|token| Block::event(token).to_frame());
    /// let hub = Hub::new();
    /// let response = hub.guard(tokens);
    /// assert_eq!(hub.metrics().open, 1);
    ///
    /// hub.drain(Some(Block::event("[DONE]"))); // it may still run to its end
    /// let frames: Vec<_> = futures_executor::block_on(response.collect());
    /// assert_eq!(frames.len(), 3);
    /// ```
    pub fn guard<S: Stream<Item = Frame>>(&self, source: S) -> Guarded<S> {
        let shared = Arc::clone(self.shared());
        let key = shared.lock().open(&Topics::of([]));
        crate::trace::opened(&Topics::of([]), None);
        let ticket = Ticket {
            shared,
            key,
            outcome: Outcome::Receiver,
        };
        Guarded {
            source,
            ticket,
            over: false,
        }
    }
}

pin_project! {
    /// A stream of frames under the care of a [`Hub`], made by [`Hub::guard`].
    ///
    /// It ends with its source. When the hub is closed it ends at once, in the middle; when the
    /// hub is drained, at its source's end. Either way the hub's last block follows.
    ///
    /// ```
    /// use esse_server::Hub;
    /// use futures_util::{StreamExt, stream};
    ///
    /// let hub = Hub::new();
    /// let endless = hub.guard(stream::pending());
    /// hub.close(None);
    /// assert_eq!(futures_executor::block_on(endless.count()), 0);
    /// ```
    #[derive(Debug)]
    pub struct Guarded<S> {
        #[pin]
        source: S,
        ticket: Ticket,
        over: bool,
    }
}

/// A place among the hub's subscribers.
#[derive(Debug)]
struct Ticket {
    shared: Arc<Shared>,
    key: usize,
    outcome: Outcome,
}

impl<S: Stream<Item = Frame>> Stream for Guarded<S> {
    type Item = Frame;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = self.project();
        if *this.over {
            return Poll::Ready(None);
        }
        let polled = if this.ticket.cut_off() {
            Poll::Ready(None)
        } else {
            this.source.poll_next(cx)
        };
        match polled {
            Poll::Ready(Some(frame)) => Poll::Ready(Some(this.ticket.sent(frame))),
            Poll::Ready(None) => {
                *this.over = true;
                Poll::Ready(this.ticket.last())
            }
            Poll::Pending => this.ticket.poll(cx, this.over),
        }
    }
}

impl Ticket {
    fn cut_off(&self) -> bool {
        self.shared.lock().is_closed()
    }

    fn sent(&self, frame: Frame) -> Frame {
        self.shared.lock().sent(self.key);
        self.shared.counters.sent(false);
        frame
    }

    /// What follows the end.
    fn last(&mut self) -> Option<Frame> {
        let state = self.shared.lock();
        self.outcome = if state.is_open() {
            Outcome::Finished
        } else {
            Outcome::Shutdown
        };
        state.last()
    }

    /// What there is to do while the source has nothing.
    fn poll(&mut self, cx: &Context<'_>, over: &mut bool) -> Poll<Option<Frame>> {
        let next = self
            .shared
            .change(|state, after| state.next_beside_source(self.key, cx.waker(), after));
        match next {
            Next::KeepAlive => Poll::Ready(Some(KEEP_ALIVE.clone())),
            Next::Over(last) => {
                *over = true;
                self.outcome = Outcome::Shutdown;
                Poll::Ready(last)
            }
            _ => Poll::Pending,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.shared
            .change(|state, after| state.shut(self.key, self.outcome, after));
        crate::trace::closed(self.outcome);
    }
}

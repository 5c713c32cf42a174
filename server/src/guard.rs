//! `Guarded`: the application's own stream, with a hub's keep-alives, shutdown and metrics.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use esse_encoder::Frame;
use futures_core::Stream;
use pin_project_lite::pin_project;

use crate::frame_end::ends_a_block;
use crate::hub::Hub;
use crate::keep_alive::EMPTY_COMMENT;
use crate::metrics::Outcome;
use crate::shared::Shared;
use crate::state::{Meanwhile, SubscriberKey};
use crate::topics::Topics;
use crate::trace;
use crate::unfinished::{end_unfinished, observe};

impl Hub {
    /// Adds the hub's keep-alives, shutdown and metrics to a stream of frames that is for one
    /// client only, such as the tokens of one answer. Published records do not go into it.
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
    /// hub.drain_with(&Block::event("[DONE]")); // the stream still runs to its end
    /// let frames: Vec<_> = futures_executor::block_on(response.collect());
    /// assert_eq!(frames.len(), 3);
    /// ```
    pub fn guard<S: Stream<Item = Frame>>(&self, source: S) -> Guarded<S> {
        let shared = Arc::clone(self.shared());
        let key = shared.lock().open_guarded();
        trace::opened(&Topics::none());
        let ticket = Ticket {
            shared,
            key,
            within_event: false,
            outcome: None,
            breaks_off: false,
        };
        Guarded { source, ticket }
    }
}

pin_project! {
    /// A stream of frames with a hub's keep-alives, shutdown and metrics, made by [`Hub::guard`].
    ///
    /// It ends with its source. If the hub is closed, it ends at once; if the hub is drained, it
    /// runs to the end of its source. In both cases the hub's last block follows.
    #[derive(Debug)]
    #[must_use = "it is a stream: without being polled it sends nothing"]
    pub struct Guarded<S> {
        #[pin]
        source: S,
        ticket: Ticket,
    }
}

/// A place among the hub's subscribers.
#[derive(Debug)]
struct Ticket {
    shared: Arc<Shared>,
    key: SubscriberKey,
    /// Only the next part of the same event may follow.
    within_event: bool,
    /// `None` until it has ended.
    outcome: Option<Outcome>,
    /// The end is not that of a complete response.
    breaks_off: bool,
}

impl<S: Stream<Item = Frame>> Stream for Guarded<S> {
    type Item = Frame;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = self.project();
        if this.ticket.outcome.is_some() {
            return Poll::Ready(this.ticket.unless_broken_off(None));
        }
        let polled = if this.ticket.cut_off() {
            Poll::Ready(None)
        } else {
            let (polled, is_unfinished) = observe(|| this.source.poll_next(cx));
            this.ticket.breaks_off |= is_unfinished;
            polled
        };
        match polled {
            Poll::Ready(Some(frame)) => Poll::Ready(Some(this.ticket.sent(frame))),
            Poll::Ready(None) => Poll::Ready(this.ticket.last()),
            Poll::Pending => this.ticket.poll(cx),
        }
    }
}

impl Ticket {
    fn cut_off(&self) -> bool {
        self.shared.lock().is_closed()
    }

    fn sent(&mut self, frame: Frame) -> Frame {
        self.within_event = !ends_a_block(&frame);
        self.shared.lock().sent(self.key);
        self.shared.counters.sent(false);
        frame
    }

    /// What is sent after the source has ended.
    fn last(&mut self) -> Option<Frame> {
        let state = self.shared.lock();
        let (is_open, last) = (state.is_open(), state.last());
        drop(state);
        let outcome = match (is_open, self.within_event) {
            (false, _) => Outcome::Shutdown,
            (true, true) => Outcome::SourceFailed,
            (true, false) => Outcome::Finished,
        };
        self.end(outcome, last)
    }

    fn end(&mut self, outcome: Outcome, last: Option<Frame>) -> Option<Frame> {
        self.outcome = Some(self.failed().unwrap_or(outcome));
        // Within an event, the last block would become a part of that.
        self.breaks_off |= self.within_event;
        self.unless_broken_off(last)
    }

    fn failed(&self) -> Option<Outcome> {
        self.breaks_off.then_some(Outcome::SourceFailed)
    }

    fn unless_broken_off(&self, last: Option<Frame>) -> Option<Frame> {
        if self.breaks_off {
            end_unfinished();
            return None;
        }
        last
    }

    /// While the source has nothing.
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<Frame>> {
        let meanwhile = self.shared.change(|state, after| {
            if self.within_event {
                // So that no keep-alive is due: a comment cannot stand within a line.
                state.sent(self.key);
            }
            state.meanwhile(self.key, cx.waker(), after)
        });
        match meanwhile {
            Meanwhile::KeepAlive(_) => Poll::Ready(Some(EMPTY_COMMENT.clone())),
            Meanwhile::Wait => Poll::Pending,
            Meanwhile::Over(outcome, last) => Poll::Ready(self.end(outcome, last)),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let outcome = self.outcome.or_else(|| self.failed());
        let outcome = outcome.unwrap_or_else(Outcome::dropped);
        self.shared.shut(self.key, outcome);
        trace::closed(outcome);
    }
}

//! Ending a hub with open streams, in bounded time.

use std::future::{Future, poll_fn};
use std::pin::pin;
#[cfg(feature = "redis")]
use std::sync::Weak;
#[cfg(feature = "redis")]
use std::task::Waker;
use std::task::{Context, Poll};
use std::time::Duration;

use esse_encoder::Block;

#[cfg(feature = "redis")]
use crate::hub::Shared;
use crate::hub::{Hub, last_frame};

impl Hub {
    /// Ends every subscriber now: each still sends `last`, if there is one, and nothing else. A
    /// block with a reconnection time tells receivers how long to stay away.
    ///
    /// What is published later is refused, and who subscribes later gets `last` alone.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_encoder::Block;
    /// use esse_server::Hub;
    /// use futures_util::StreamExt;
    ///
    /// let hub = Hub::new();
    /// let subscriber = hub.subscribe().open();
    /// hub.close(Some(Block::new().retry(Duration::from_secs(10))));
    /// let frames: Vec<_> = futures_executor::block_on(subscriber.collect());
    /// assert_eq!(frames[0].to_bytes(), "retry: 10000\n\n");
    /// ```
    pub fn close(&self, last: Option<Block<'_>>) {
        let last = last_frame(last);
        self.shared()
            .change(|state, after| state.close(last, after));
    }

    /// Ends every subscriber once it has sent what was published up to now, and then `last`. A
    /// [`Guarded`](crate::Guarded) stream runs to its own end.
    ///
    /// What is published later is refused. Does nothing if the hub is closed or draining already.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Hub;
    /// use futures_util::StreamExt;
    ///
    /// let hub = Hub::new();
    /// let subscriber = hub.subscribe().open();
    /// hub.publish(Block::event("x"))?;
    /// hub.drain(None);
    /// let frames: Vec<_> = futures_executor::block_on(subscriber.collect());
    /// assert_eq!(frames.len(), 1);
    /// # Ok::<(), esse_server::HubClosed>(())
    /// ```
    pub fn drain(&self, last: Option<Block<'_>>) {
        let last = last_frame(last);
        self.shared()
            .change(|state, after| state.drain(last, after));
    }

    /// Waits until no subscriber is left.
    ///
    /// ```
    /// # futures_executor::block_on(async {
    /// esse_server::Hub::new().emptied().await;
    /// # });
    /// ```
    pub async fn emptied(&self) {
        poll_fn(|cx| self.poll_emptied(cx)).await;
    }

    fn poll_emptied(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared().lock().is_empty(cx.waker()) {
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// [Drains](Self::drain) the hub, and [closes](Self::close) it when the time is over. Returns
    /// how many subscribers are left: their receivers do not read, so only dropping their
    /// connections ends them.
    ///
    /// `sleep` is the timer: `tokio::time::sleep`, or any like it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_server::Hub;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let left = Hub::new().drain_within(Duration::from_secs(5), tokio::time::sleep, None).await;
    /// assert_eq!(left, 0);
    /// # });
    /// ```
    pub async fn drain_within<S: Future<Output = ()>>(
        &self,
        time: Duration,
        sleep: impl FnOnce(Duration) -> S,
        last: Option<Block<'_>>,
    ) -> usize {
        let frame = last_frame(last);
        self.shared()
            .change(|state, after| state.drain(frame.clone(), after));
        let mut over = pin!(sleep(time));
        poll_fn(|cx| match self.poll_emptied(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => over.as_mut().poll(cx),
        })
        .await;
        self.shared()
            .change(|state, after| state.close(frame, after));
        self.metrics().open
    }
}

/// Waits until the hub is closed, draining, or there no more, without keeping it from that.
#[cfg(feature = "redis")]
pub(crate) async fn over(hub: Weak<Shared>) {
    let mut kept: Option<Waker> = None;
    poll_fn(|cx| {
        let Some(shared) = hub.upgrade() else {
            return Poll::Ready(());
        };
        let mut state = shared.lock();
        if !state.is_open() {
            return Poll::Ready(());
        }
        if !kept.as_ref().is_some_and(|kept| kept.will_wake(cx.waker())) {
            kept = Some(cx.waker().clone());
            state.wake_when_over(cx.waker().clone());
        }
        Poll::Pending
    })
    .await;
}

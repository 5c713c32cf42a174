//! Ends a hub with open streams, in bounded time.

use std::future::{Future, poll_fn};
use std::pin::pin;
#[cfg(feature = "redis")]
use std::sync::Weak;
use std::task::{Context, Poll};
use std::time::Duration;

use esse_encoder::{Block, Frame};

use crate::hub::Hub;
use crate::shared::Shared;
use crate::state::WaiterKey;

impl Hub {
    /// Ends every subscriber at once. Records that it has not taken yet are not sent.
    ///
    /// From now on publishing is refused, and new subscribers end at once.
    pub fn close(&self) {
        self.close_after(None);
    }

    /// Like [`close`](Self::close), and sends this block last. A block with a reconnection time
    /// tells clients how long to stay away.
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
    /// hub.close_with(&Block::new().retry(Duration::from_secs(10)));
    /// let frames: Vec<_> = futures_executor::block_on(subscriber.collect());
    /// assert_eq!(frames[0].to_bytes(), "retry: 10000\n\n");
    /// ```
    pub fn close_with(&self, last: &Block<'_>) {
        self.close_after(Some(last.to_frame()));
    }

    fn close_after(&self, last: Option<Frame>) {
        self.shared().end(|state, after| state.close(last, after));
    }

    /// Ends every subscriber once it has sent what was published so far. A
    /// [`Guarded`](crate::Guarded) stream runs to its own end.
    ///
    /// A subscriber that gets a replay from a [history](crate::HubBuilder::history) that is out of reach
    /// ends when that is back, or when [the time is over](Self::drain_within). One whose hub has not
    /// begun its feed ends at once.
    ///
    /// From now on publishing is refused. Does nothing if the hub is already closed or draining.
    pub fn drain(&self) {
        self.drain_after(None);
    }

    /// Like [`drain`](Self::drain), and sends this block last.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::Hub;
    /// use futures_util::StreamExt;
    ///
    /// let hub = Hub::new();
    /// let subscriber = hub.subscribe().open();
    /// hub.publish(Block::event("x"))?;
    /// hub.drain_with(&Block::event("bye"));
    /// let frames: Vec<_> = futures_executor::block_on(subscriber.collect());
    /// assert_eq!(frames.len(), 2);
    /// # Ok::<(), esse_server::PublishError>(())
    /// ```
    pub fn drain_with(&self, last: &Block<'_>) {
        self.drain_after(Some(last.to_frame()));
    }

    fn drain_after(&self, last: Option<Frame>) {
        self.shared()
            .change(|state, after| state.drain(last, after));
    }

    /// [Drains](Self::drain) the hub, and [closes](Self::close) it when the time is over. If the
    /// hub is already [draining with a last block](Self::drain_with), that block is sent last in
    /// both cases.
    ///
    /// Returns how many subscribers are left. Their clients do not read, so only dropping their
    /// connections ends them. `sleep` is a timer such as `tokio::time::sleep`.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_encoder::Block;
    /// use esse_server::Hub;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let hub = Hub::new();
    /// hub.drain_with(&Block::new().retry(Duration::from_secs(2)));
    /// let left = hub.drain_within(Duration::from_secs(5), tokio::time::sleep).await;
    /// assert_eq!(left, 0);
    /// # });
    /// ```
    pub async fn drain_within<S: Future<Output = ()>>(
        &self,
        time: Duration,
        sleep: impl FnOnce(Duration) -> S,
    ) -> usize {
        self.drain();
        let mut over = pin!(sleep(time));
        let mut emptied = pin!(self.emptied());
        poll_fn(|cx| match emptied.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => over.as_mut().poll(cx),
        })
        .await;
        self.shared().end(|state, after| {
            let last = state.last();
            state.close(last, after);
        });
        self.metrics().open
    }

    /// Waits until no subscriber is left.
    pub async fn emptied(&self) {
        let mut waiter = Waiter {
            shared: self.shared(),
            key: None,
        };
        poll_fn(|cx| waiter.poll(cx)).await;
    }
}

/// Leaves no waker behind when it is dropped.
struct Waiter<'h> {
    shared: &'h Shared,
    key: Option<WaiterKey>,
}

impl Waiter<'_> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<()> {
        let key = &mut self.key;
        let is_empty = self
            .shared
            .change(|state, after| state.is_empty(key, cx.waker(), after));
        if is_empty {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.shared
                .change(|state, after| state.remove_waiter(key, after));
        }
    }
}

/// Waits until the hub is closed, draining or dropped. Does not keep the hub alive.
#[cfg(feature = "redis")]
pub(crate) async fn over(hub: Weak<Shared>) {
    poll_fn(|cx| {
        let Some(shared) = hub.upgrade() else {
            return Poll::Ready(());
        };
        let mut state = shared.lock();
        if !state.is_open() {
            return Poll::Ready(());
        }
        state.wake_when_over(cx.waker());
        Poll::Pending
    })
    .await;
}

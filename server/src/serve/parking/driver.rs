//! Many parked connections, in one task.
//!
//! `FuturesUnordered` would do the same in fewer lines. But it moves each future that it polls to the
//! front of a list, which touches the memory of its neighbours. With it, a delivery to one of 10,000
//! subscribers took 0.50 of the CPU that axum's own takes, above a bare loop of writes
//! (bench/record/2026-11-28-server.md); without it, 0.29 in the same conditions.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake};

use slab::Slab;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::unconstrained;

use super::batch::Batch;
use super::connection::{Connection, Turn};
use super::turns::Turns;
use super::wake::{Key, KeyWaker, WakeQueue};
use super::{Parked, Patience};
use crate::serve::metrics::Counts;
use crate::serve::stop::Stop;

/// How many connections are looked at before other tasks have their turn.
const AT_ONCE: usize = 128;
/// How many bytes are read at once.
const READ: usize = 4 * 1024;

pub(crate) struct Driver {
    /// `None` once no further connection can come.
    parked: Option<UnboundedReceiver<Parked>>,
    connections: Slab<Connection>,
    tools: Tools,
    queue: Arc<WakeQueue>,
    turns: Turns,
}

/// What all connections of a driver use in turn. Nothing in it belongs to one of them.
pub(crate) struct Tools {
    pub(crate) patience: Patience,
    pub(crate) counts: Arc<Counts>,
    pub(crate) input_buffer: Box<[u8]>,
    pub(crate) batch: Batch,
}

impl Driver {
    pub(crate) fn new(
        patience: Patience,
        counts: Arc<Counts>,
        parked: UnboundedReceiver<Parked>,
    ) -> Self {
        Self {
            parked: Some(parked),
            connections: Slab::new(),
            tools: Tools {
                patience,
                counts,
                input_buffer: vec![0; READ].into(),
                batch: Batch::default(),
            },
            queue: Arc::default(),
            turns: Turns::default(),
        }
    }

    /// Ends when the last connection is gone and no further one can come, or when all of them are
    /// cut off.
    pub(crate) async fn run(mut self, mut stop: watch::Receiver<Stop>) {
        tokio::select! {
            // The driver limits itself, so tokio's budget must not interrupt it.
            () = unconstrained(poll_fn(|cx| self.poll(cx))) => {}
            () = Stop::CutOff.reached(&mut stop) => {}
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.take(cx);
        self.look();
        if self.parked.is_none() && self.connections.is_empty() {
            return Poll::Ready(());
        }
        if !self.turns.are_over() || self.queue.has_keys_or_wakes(cx.waker()) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Takes the connections that were parked since the last time.
    fn take(&mut self, cx: &mut Context<'_>) {
        while let Some(receiver) = &mut self.parked {
            match receiver.poll_recv(cx) {
                Poll::Pending => return,
                Poll::Ready(None) => self.parked = None,
                Poll::Ready(Some(parked)) => {
                    let entry = self.connections.vacant_entry();
                    let waker = KeyWaker::new(Key(entry.key()), &self.queue);
                    waker.wake_by_ref();
                    entry.insert(Connection::new(parked, waker));
                    self.tools.counts.parked.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Looks at what has something to do.
    fn look(&mut self) {
        for _ in 0..AT_ONCE {
            self.queue.take(&mut self.turns);
            let Some(key) = self.turns.next() else { return };
            let Some(connection) = self.connections.get_mut(key.0) else {
                continue;
            };
            match connection.take_turn(&mut self.tools) {
                Turn::Waits => {}
                Turn::Unfinished => self.turns.put_last(key),
                Turn::Over | Turn::TooSlow => {
                    self.connections.remove(key.0);
                    self.tools.counts.parked.fetch_sub(1, Ordering::Relaxed);
                }
            }
        }
    }
}

/// Also if the server is dropped while it runs.
impl Drop for Driver {
    fn drop(&mut self) {
        for mut connection in self.connections.drain() {
            self.tools.counts.parked.fetch_sub(1, Ordering::Relaxed);
            // It does not matter any more whether its body panics.
            let _ = connection.cut_off();
        }
    }
}

//! All connections of one listener, in one task.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use http::StatusCode;
use slab::Slab;
use tokio::io;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::connection::{Connection, Head, Stage};
use super::context::ServeContext;
use super::farewell::Farewell;
use super::refusal::Refusal;
use super::timers::{Armed, Timers};
use super::wake::{Key, KeyWaker, WakeQueue};
use crate::trace;

/// How many connections are looked at, or accepted, before other tasks have their turn.
const AT_ONCE: usize = 128;
/// How many connections over the limit can be answered at the same time.
const ANSWERED_OVER_LIMIT: usize = 64;
/// How long to wait before accepting again after accepting failed.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct Driver {
    /// Dropped when the hub ends.
    listener: Option<TcpListener>,
    connections: Slab<Connection>,
    context: ServeContext,
    queue: Arc<WakeQueue>,
    /// What has something to do, in the order in which it was woken.
    ready: VecDeque<Key>,
    hub_waker: Arc<KeyWaker>,
    timers: Timers,
    accept_after: Option<Instant>,
}

impl Driver {
    pub(crate) fn new(context: ServeContext, listener: TcpListener) -> Self {
        let queue = WakeQueue::new();
        let hub_waker = KeyWaker::new(Key::Hub, &queue);
        hub_waker.wake_by_ref();
        Self {
            listener: Some(listener),
            connections: Slab::new(),
            context,
            ready: VecDeque::new(),
            hub_waker,
            queue,
            timers: Timers::default(),
            accept_after: None,
        }
    }

    /// Ready when the hub has ended and the last connection is gone.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.look(cx);
        self.accept(cx);
        self.expire(cx);
        if self.listener.is_none() && self.connections.is_empty() {
            return Poll::Ready(());
        }
        if !self.ready.is_empty() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    /// Looks at what has something to do.
    fn look(&mut self, cx: &mut Context<'_>) {
        self.queue.take(&mut self.ready, cx.waker());
        for _ in 0..AT_ONCE {
            match self.ready.pop_front() {
                None => return,
                Some(Key::Hub) => self.look_at_hub(),
                Some(Key::Listener) => self.accept_after = None,
                Some(Key::Connection(key)) => self.step(key, Connection::poll),
            }
        }
    }

    /// One step of a connection. If the application panics, only this connection is lost.
    fn step(
        &mut self,
        key: usize,
        step: impl FnOnce(&mut Connection, &mut ServeContext) -> Poll<()>,
    ) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let context = &mut self.context;
        let done = catch_unwind(AssertUnwindSafe(|| step(connection, context)));
        if let Ok(Poll::Pending) = done {
            let deadline = connection.deadline(&self.context);
            self.timers
                .arm(Key::Connection(key), &mut connection.armed, deadline);
            return;
        }
        if done.is_err() {
            self.context.batch.clear();
            self.context.counts.panics.add_one();
        }
        self.remove(key);
    }

    fn remove(&mut self, key: usize) {
        let count = &self.context.counts.connections;
        count.fetch_sub(1, Ordering::Relaxed);
        drop(self.connections.remove(key));
    }

    /// Checks whether the hub has ended. If not, this is called again when it does.
    fn look_at_hub(&mut self) {
        self.hub_waker.reset();
        let waker = Waker::from(Arc::clone(&self.hub_waker));
        let mut hub = self.context.settings.hub.shared().lock();
        let (is_open, is_closed) = (hub.is_open(), hub.is_closed());
        if !is_closed {
            hub.wake_when_over(&waker);
        }
        drop(hub);
        if !is_open {
            self.listener = None;
            self.drop_heads();
        }
        if is_closed {
            self.set_deadline();
        }
    }

    /// Drops the connections that have not sent a whole request yet.
    fn drop_heads(&mut self) {
        let heads = self.connections.iter();
        let heads = heads.filter(|(_, connection)| !connection.has_begun());
        let heads: Vec<_> = heads.map(|(key, _)| key).collect();
        for key in heads {
            self.remove(key);
        }
    }

    /// Gives all connections the same deadline, unless they have an earlier one.
    fn set_deadline(&mut self) {
        let close_within = self.context.settings.close_within;
        self.context.ends_at = Some(Instant::now() + close_within);
        for (key, connection) in &mut self.connections {
            let deadline = connection.deadline(&self.context);
            self.timers
                .arm(Key::Connection(key), &mut connection.armed, deadline);
        }
    }

    fn accept(&mut self, cx: &mut Context<'_>) {
        for _ in 0..AT_ONCE {
            let Some(listener) = &self.listener else {
                return;
            };
            if self.accept_after.is_some() {
                return;
            }
            match listener.poll_accept(cx) {
                Poll::Pending => return,
                Poll::Ready(Ok((socket, _))) => self.take(socket),
                Poll::Ready(Err(error)) => self.could_not_accept(&error),
            }
        }
        cx.waker().wake_by_ref();
    }

    fn take(&mut self, socket: TcpStream) {
        let (counts, settings) = (&self.context.counts, &self.context.settings);
        counts.accepted.add_one();
        let over = self.connections.len() >= settings.max_connections;
        if over {
            counts.over_limit.add_one();
            if self.connections.len() - settings.max_connections >= ANSWERED_OVER_LIMIT {
                return;
            }
        }
        // Events are written whole, so waiting for more gains nothing. If the option cannot be set,
        // they still arrive, but later.
        let _ = socket.set_nodelay(true);
        let stage = if over {
            let full = Refusal::from(StatusCode::SERVICE_UNAVAILABLE);
            Stage::Farewell(Farewell::with(full.response(), false, &self.context))
        } else {
            Stage::Head(Head::new(&self.context))
        };
        let entry = self.connections.vacant_entry();
        let waker = KeyWaker::new(Key::Connection(entry.key()), &self.queue);
        waker.wake_by_ref();
        entry.insert(Connection::new(socket, waker, stage, &self.context));
    }

    /// If a client was gone before it was accepted, that concerns only this client. Otherwise the
    /// system is out of resources, and retrying at once would spin.
    fn could_not_accept(&mut self, error: &io::Error) {
        self.context.counts.accept_errors.add_one();
        trace::could_not_accept(error);
        let of_one = matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionRefused
        );
        if !of_one {
            let until = Instant::now() + PAUSE;
            self.accept_after = Some(until);
            self.timers
                .arm(Key::Listener, &mut Armed::default(), Some(until));
        }
    }

    fn expire(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready((at, key)) = self.timers.poll_due(cx) {
            match key {
                Key::Connection(key) => self.expire_one(at, key),
                Key::Hub | Key::Listener => {
                    self.ready.push_back(key);
                }
            }
        }
    }

    fn expire_one(&mut self, at: Instant, key: usize) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        if !connection.armed.disarm(at) {
            return;
        }
        match connection.deadline(&self.context) {
            Some(deadline) if deadline <= at => self.step(key, Connection::expire),
            later => self
                .timers
                .arm(Key::Connection(key), &mut connection.armed, later),
        }
    }
}

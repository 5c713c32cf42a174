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

use super::Direct;
use super::bell::{Bell, Rung};
use super::connection::{Common, Connection, Head, Stage};
use super::farewell::Farewell;
use super::refusal::Refusal;
use super::timers::{Armed, Timers};

/// How many connections are looked at, or accepted, before other tasks have their turn.
const AT_ONCE: usize = 128;
/// How many connections over the limit can be told so at the same time.
const TOLD: usize = 64;
/// How long nothing is accepted after that failed.
const PAUSE: Duration = Duration::from_millis(100);

/// Keys of what is no connection.
const END: usize = usize::MAX;
const ACCEPT: usize = usize::MAX - 1;

pub(crate) struct Driver {
    /// Gone once the hub ends.
    listener: Option<TcpListener>,
    connections: Slab<Connection>,
    common: Common,
    rung: Arc<Rung>,
    /// Those that have something to do, in the order in which they rang.
    ready: VecDeque<usize>,
    end: Arc<Bell>,
    timers: Timers,
    accept_after: Option<Instant>,
}

impl Driver {
    pub(crate) fn new(direct: Direct, listener: TcpListener) -> Self {
        let rung = Rung::new();
        let end = Bell::new(END, &rung);
        end.wake_by_ref();
        Self {
            listener: Some(listener),
            connections: Slab::new(),
            common: Common::new(direct),
            ready: VecDeque::new(),
            end,
            rung,
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

    /// Looks at those that have something to do.
    fn look(&mut self, cx: &mut Context<'_>) {
        self.rung.take(&mut self.ready, cx.waker());
        for _ in 0..AT_ONCE {
            match self.ready.pop_front() {
                None => return,
                Some(END) => self.look_at_hub(),
                Some(key) => self.step(key, Connection::poll),
            }
        }
    }

    /// One step of a connection, and what follows from it. Where the application panics, only this
    /// connection is lost.
    fn step(&mut self, key: usize, step: impl FnOnce(&mut Connection, &mut Common) -> Poll<()>) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let common = &mut self.common;
        let done = catch_unwind(AssertUnwindSafe(|| step(connection, common)));
        if let Ok(Poll::Pending) = done {
            let deadline = connection.deadline(&self.common);
            self.timers.arm(key, &mut connection.armed, deadline);
            return;
        }
        if done.is_err() {
            self.common.batch.clear();
            self.common.meter.counts().panics.add_one();
        }
        self.remove(key);
    }

    fn remove(&mut self, key: usize) {
        let count = &self.common.meter.counts().connections;
        count.fetch_sub(1, Ordering::Relaxed);
        drop(self.connections.remove(key));
    }

    /// Sees whether the hub has ended. If not, the bell is rung when it does.
    fn look_at_hub(&mut self) {
        self.end.answer();
        let waker = Waker::from(Arc::clone(&self.end));
        let mut hub = self.common.hub.shared().lock();
        let (is_open, is_closed) = (hub.is_open(), hub.is_closed());
        if !is_closed {
            hub.wake_when_over(waker.clone());
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

    /// Those that have asked for nothing yet.
    fn drop_heads(&mut self) {
        let heads = self.connections.iter();
        let heads = heads.filter(|(_, connection)| !connection.has_begun());
        let heads: Vec<_> = heads.map(|(key, _)| key).collect();
        for key in heads {
            self.remove(key);
        }
    }

    /// From now on all have the same deadline, or an earlier one.
    fn set_deadline(&mut self) {
        let close_within = self.common.settings.close_within;
        self.common.ends_at = Some(Instant::now() + close_within);
        for (key, connection) in &mut self.connections {
            let deadline = connection.deadline(&self.common);
            self.timers.arm(key, &mut connection.armed, deadline);
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
        let (counts, settings) = (self.common.meter.counts(), &self.common.settings);
        counts.accepted.add_one();
        let over = self.connections.len() >= settings.max_connections;
        if over {
            counts.over_limit.add_one();
            if self.connections.len() - settings.max_connections >= TOLD {
                return;
            }
        }
        // Events are whole when they are written: nothing is gained by waiting for more. If it
        // cannot be set, they come later but they come.
        let _ = socket.set_nodelay(true);
        let stage = if over {
            let full = Refusal::from(StatusCode::SERVICE_UNAVAILABLE);
            Farewell::with(full.response(), false, &self.common).into()
        } else {
            Stage::Head(Head::new(&self.common))
        };
        let entry = self.connections.vacant_entry();
        let bell = Bell::new(entry.key(), &self.rung);
        bell.wake_by_ref();
        entry.insert(Connection::new(socket, bell, stage, &self.common.meter));
    }

    /// One that was gone before it was taken concerns nobody else. Otherwise the system has
    /// nothing left to give, and to ask again at once would be to spin.
    fn could_not_accept(&mut self, error: &io::Error) {
        self.common.meter.counts().accept_errors.add_one();
        crate::trace::could_not_accept(error);
        let of_one = matches!(
            error.kind(),
            io::ErrorKind::ConnectionAborted
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionRefused
        );
        if !of_one {
            let until = Instant::now() + PAUSE;
            self.accept_after = Some(until);
            self.timers.arm(ACCEPT, &mut Armed::default(), Some(until));
        }
    }

    fn expire(&mut self, cx: &mut Context<'_>) {
        while let Poll::Ready((at, key)) = self.timers.poll_due(cx) {
            if key == ACCEPT {
                self.accept_after = None;
                // To accept, which comes before this.
                cx.waker().wake_by_ref();
            } else {
                self.expire_one(at, key);
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
        match connection.deadline(&self.common) {
            Some(deadline) if deadline <= at => self.step(key, Connection::expire),
            later => self.timers.arm(key, &mut connection.armed, later),
        }
    }
}

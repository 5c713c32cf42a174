//! Replay from a log that keeps more than the hub's ring, up to where the ring goes on.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use esse_encoder::EventId;

use crate::hub::Shared;
use crate::log::{Log, LogFuture, Page};
use crate::overflow::Cause;
use crate::record::Record;
use crate::state::{Next, Position};
use crate::topics::Topics;

/// Reads page after page until the ring has the record that was read last. Only equality of IDs
/// is asked for: the hub is fed from the same log in the same order, so whatever the ring has
/// after that record comes next.
pub(crate) struct Replay {
    log: Arc<dyn Log>,
    topics: Topics,
    /// The ID of the record read last; `None` before the oldest.
    after: Option<EventId>,
    page: vec::IntoIter<Arc<Record>>,
    fetch: Option<LogFuture<'static, Page>>,
    /// Where the ring ended when the fetch began.
    ring_end: Position,
}

pub(crate) enum Step {
    Record(Arc<Record>),
    /// The subscriber has its place in the ring.
    Joined,
    Gap(Cause, Option<EventId>),
    /// The log has nothing just now.
    Meanwhile(Next),
}

impl Replay {
    pub(crate) fn new(log: Arc<dyn Log>, topics: Topics, after: Option<EventId>) -> Self {
        Self {
            log,
            topics,
            after,
            page: Vec::new().into_iter(),
            fetch: None,
            ring_end: 0,
        }
    }

    /// Once more, from the oldest record that the log has.
    pub(crate) fn restart(&mut self) {
        self.after = None;
        self.fetch = None;
    }

    pub(crate) fn poll(&mut self, shared: &Shared, key: usize, cx: &mut Context<'_>) -> Step {
        loop {
            if let Some(record) = self.next_in_page() {
                return Step::Record(record);
            }
            if self.fetch.is_none() && self.join(shared, key) {
                return Step::Joined;
            }
            match self.poll_fetch(shared, cx) {
                Poll::Pending => return meanwhile(shared, key, cx),
                Poll::Ready(Page::Gap(cause)) => return Step::Gap(cause, self.after.take()),
                Poll::Ready(Page::Records(none)) if none.is_empty() => {
                    if let Some(step) = self.at_the_end(shared, key, cx) {
                        return step;
                    }
                }
                Poll::Ready(Page::Records(records)) => self.page = records.into_iter(),
            }
        }
    }

    /// The next record that the subscriber wants.
    fn next_in_page(&mut self) -> Option<Arc<Record>> {
        let Self {
            page,
            topics,
            after,
            ..
        } = self;
        page.inspect(|record| *after = record.id().cloned().or(after.take()))
            .find(|record| record.topic().is_none_or(|topic| topics.contains(topic)))
    }

    fn join(&self, shared: &Shared, key: usize) -> bool {
        let id = self.after.as_ref();
        id.is_some_and(|id| shared.lock().place_after(key, id))
    }

    fn poll_fetch(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Page> {
        if self.fetch.is_none() {
            self.ring_end = shared.lock().end();
        }
        let (log, after) = (&self.log, &self.after);
        let fetch = self
            .fetch
            .get_or_insert_with(|| page_after(Arc::clone(log), after.clone()));
        let page = ready!(fetch.as_mut().poll(cx));
        self.fetch = None;
        Poll::Ready(page)
    }

    /// The log has nothing more. Its newest record will be in the ring, or, where it is older than
    /// the ring, the next one will: so that is waited for.
    fn at_the_end(&mut self, shared: &Shared, key: usize, cx: &Context<'_>) -> Option<Step> {
        shared.change(|state, after| {
            if self.after.is_none() {
                state.place_first(key);
                return Some(Step::Joined);
            }
            if !state.is_open() {
                state.place_last(key);
                return Some(Step::Joined);
            }
            if state.end() != self.ring_end {
                return None;
            }
            state.watch(key, cx.waker(), after);
            let next = state.next_beside_source(key, cx.waker(), after);
            Some(Step::Meanwhile(next))
        })
    }
}

fn meanwhile(shared: &Shared, key: usize, cx: &Context<'_>) -> Step {
    let next = shared.change(|state, after| state.next_beside_source(key, cx.waker(), after));
    Step::Meanwhile(next)
}

fn page_after(log: Arc<dyn Log>, after: Option<EventId>) -> LogFuture<'static, Page> {
    Box::pin(async move { log.after(after).await })
}

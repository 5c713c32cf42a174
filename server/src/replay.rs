//! Replay from a log that keeps more than the hub, up to what the hub has.

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use esse_encoder::EventId;

use crate::gap::GapCause;
use crate::log::{Log, LogFuture, Page};
use crate::record::Record;
use crate::shared::Shared;
use crate::state::{Meanwhile, Position, State, SubscriberKey};
use crate::topics::Topics;

/// Reads page after page, until the hub has everything after the record that was read last. It
/// compares IDs only for equality: the hub is fed from the same log in the same order, so what
/// follows that record in the hub also follows it in the log.
pub(crate) struct Replay {
    log: Arc<dyn Log>,
    topics: Topics,
    /// The ID of the record that was read last; `None` before the oldest.
    after: Option<EventId>,
    /// The newest ID that the client has, if `after` begins anew.
    has: Option<EventId>,
    page: vec::IntoIter<Arc<Record>>,
    fetch: Option<LogFuture<'static, Page>>,
    /// The hub when the fetch began.
    hub: HubAt,
}

/// What changes in a hub when it gets something that a log may have had before: the end of its
/// history, and whether its feed has begun.
type HubAt = (Position, bool);

pub(crate) enum Step {
    Record(Arc<Record>),
    /// The subscriber has its place in the hub.
    CaughtUp,
    Gap(GapCause, Option<EventId>),
    /// The log has nothing right now.
    Meanwhile(Meanwhile),
}

impl Replay {
    pub(crate) fn new(log: Arc<dyn Log>, topics: Topics, after: Option<EventId>) -> Self {
        Self {
            log,
            topics,
            after,
            has: None,
            page: Vec::new().into_iter(),
            fetch: None,
            hub: HubAt::default(),
        }
    }

    /// Starts again, from the oldest record of the log.
    pub(crate) fn restart(&mut self) {
        self.has = self.after.take().or(self.has.take());
        self.fetch = None;
    }

    /// Waits for the first page. Returns the gap, if the log does not have what follows.
    pub(crate) fn poll_begin(
        &mut self,
        shared: &Shared,
        cx: &mut Context<'_>,
    ) -> Poll<Option<(GapCause, Option<EventId>)>> {
        if !self.page.as_slice().is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(match ready!(self.poll_fetch(shared, cx)) {
            Page::Gap(cause) => Some((cause, self.after.clone())),
            Page::Records(records) => {
                self.page = records.into_iter();
                None
            }
        })
    }

    pub(crate) fn poll(
        &mut self,
        shared: &Shared,
        key: SubscriberKey,
        cx: &mut Context<'_>,
    ) -> Step {
        loop {
            if let Some(record) = self.next_in_page() {
                return Step::Record(record);
            }
            if self.fetch.is_none() && self.join_hub(shared, key) {
                return Step::CaughtUp;
            }
            match self.poll_fetch(shared, cx) {
                Poll::Pending => return meanwhile(shared, key, cx),
                // After a restart the client has its notice, and would only get it again.
                Poll::Ready(Page::Gap(cause)) if self.after.is_some() => {
                    return Step::Gap(cause, self.after.clone());
                }
                Poll::Ready(Page::Records(records)) if !records.is_empty() => {
                    self.page = records.into_iter();
                }
                Poll::Ready(Page::Gap(_) | Page::Records(_)) => {
                    if let Some(step) = self.at_the_end(shared, key, cx) {
                        return step;
                    }
                }
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
            .find(|record| wants(topics, record))
    }

    fn join_hub(&self, shared: &Shared, key: SubscriberKey) -> bool {
        let id = self.after.as_ref();
        id.is_some_and(|id| shared.lock().seek_after(key, id))
    }

    fn poll_fetch(&mut self, shared: &Shared, cx: &mut Context<'_>) -> Poll<Page> {
        if self.fetch.is_none() {
            self.hub = hub_at(&shared.lock());
        }
        let (log, after) = (&self.log, &self.after);
        let fetch = self
            .fetch
            .get_or_insert_with(|| page_after(Arc::clone(log), after.clone()));
        let page = ready!(fetch.as_mut().poll(cx));
        self.fetch = None;
        Poll::Ready(match page {
            Page::Records(records) => Page::Records(up_to_an_id(records)),
            gap @ Page::Gap(_) => gap,
        })
    }

    /// The log has nothing more. Either its newest record will come to the hub, or that record is
    /// older than what the hub has and the next one will come. So this waits for the hub to change.
    fn at_the_end(
        &mut self,
        shared: &Shared,
        key: SubscriberKey,
        cx: &Context<'_>,
    ) -> Option<Step> {
        shared.change(|state, after| {
            if self.after.is_none() {
                state.seek_oldest_after(key, self.has.as_ref());
                return Some(Step::CaughtUp);
            }
            if !state.is_open() {
                state.seek_newest(key);
                return Some(Step::CaughtUp);
            }
            if hub_at(state) != self.hub {
                return None;
            }
            state.watch(key, cx.waker(), after);
            let meanwhile = state.meanwhile(key, cx.waker(), after);
            Some(Step::Meanwhile(meanwhile))
        })
    }
}

fn wants(topics: &Topics, record: &Record) -> bool {
    let mut names = record.topics().iter();
    record.topics().is_empty() || names.any(|topic| topics.contains(topic.as_str()))
}

/// The next page is asked for by an ID, and would begin with the records after the last one again.
fn up_to_an_id(mut records: Vec<Arc<Record>>) -> Vec<Arc<Record>> {
    let last = records.iter().rposition(|record| record.id().is_some());
    records.truncate(last.map_or(0, |last| last + 1));
    records
}

fn hub_at(state: &State) -> HubAt {
    (state.end(), state.has_begun())
}

fn meanwhile(shared: &Shared, key: SubscriberKey, cx: &Context<'_>) -> Step {
    Step::Meanwhile(shared.change(|state, after| state.meanwhile(key, cx.waker(), after)))
}

fn page_after(log: Arc<dyn Log>, after: Option<EventId>) -> LogFuture<'static, Page> {
    Box::pin(async move { log.after(after).await })
}

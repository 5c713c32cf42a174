//! `Subscriber`: one open response's place in the log.

use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::{fmt, mem};

use esse_encoder::{Block, EventId, Frame};
use futures_core::Stream;

use crate::hub::Shared;
use crate::metrics::Outcome;
use crate::overflow::{Cause, Gap, Recovery, Then};
use crate::record::Record;
use crate::replay::{Replay, Step};
use crate::state::{Next, Position};
use crate::topics::Topics;

/// What is sent where nothing else was for a while: a comment, which receivers ignore.
pub(crate) static KEEP_ALIVE: LazyLock<Frame> =
    LazyLock::new(|| Block::new().comment("").to_frame());

type Authorize = Box<dyn Fn(&Record) -> bool + Send + Sync>;

/// Describes a subscriber: begun with [`Hub::subscribe`](crate::Hub::subscribe), ended with
/// [`open`](Self::open).
///
/// ```
/// use esse_encoder::{EventId, EventType};
/// use esse_server::{Hub, Topics};
///
/// let hub = Hub::new();
/// let subscriber = hub
///     .subscribe()
///     .topics(Topics::of([EventType::from_static("head")]))
///     .last_event_id(EventId::from(7))
///     .authorize(|record| record.audience().is_none_or(|audience| audience == "me"))
///     .open();
/// ```
#[must_use]
pub struct Subscribe {
    shared: Arc<Shared>,
    topics: Topics,
    last_event_id: Option<EventId>,
    authorize: Option<Authorize>,
}

impl Subscribe {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            topics: Topics::ALL,
            last_event_id: None,
            authorize: None,
        }
    }

    /// Which event types it wants. Default: all.
    ///
    /// ```
    /// use esse_encoder::EventType;
    /// use esse_server::{Hub, Topics};
    ///
    /// let head = Topics::of([EventType::from_static("head")]);
    /// let subscriber = Hub::new().subscribe().topics(head).open();
    /// ```
    pub fn topics(mut self, topics: Topics) -> Self {
        self.topics = topics;
        self
    }

    /// The ID after which it goes on: the request's `Last-Event-ID` (9.2.4). Without one, or with
    /// the empty one, it gets what is published from now on.
    ///
    /// ```
    /// use esse_encoder::{Block, EventId};
    /// use esse_server::Hub;
    /// use futures_util::{FutureExt, StreamExt};
    ///
    /// let hub = Hub::new();
    /// hub.publish_all([1, 2].map(|n| Block::event(n.to_string()).id(EventId::from(n))))?;
    ///
    /// let mut subscriber = hub.subscribe().last_event_id(EventId::from(1)).open();
    /// let replayed = subscriber.next().now_or_never().flatten().unwrap();
    /// assert_eq!(replayed.to_bytes(), "data: 2\nid: 2\n\n");
    /// # Ok::<(), esse_server::HubClosed>(())
    /// ```
    pub fn last_event_id(mut self, id: impl Into<Option<EventId>>) -> Self {
        self.last_event_id = id.into().filter(|id| !id.as_str().is_empty());
        self
    }

    /// Which records it may see: asked for each, replayed and live alike, just before it is sent.
    ///
    /// Called without a lock held, from where the subscriber is polled. It should not block.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Hub, Record};
    /// use futures_util::{FutureExt, StreamExt};
    ///
    /// let hub = Hub::new();
    /// let mut subscriber = hub.subscribe().authorize(|r| r.audience() == Some("me")).open();
    /// hub.publish(Record::new(&Block::event("secret")).for_audience("you"))?;
    /// assert!(subscriber.next().now_or_never().is_none());
    /// # Ok::<(), esse_server::HubClosed>(())
    /// ```
    pub fn authorize(mut self, may_see: impl Fn(&Record) -> bool + Send + Sync + 'static) -> Self {
        self.authorize = Some(Box::new(may_see));
        self
    }

    /// Subscribes. From here on nothing is missed, also where the subscriber is first polled much
    /// later.
    ///
    /// ```
    /// let hub = esse_server::Hub::new();
    /// let subscriber = hub.subscribe().open();
    /// assert_eq!(hub.metrics().open, 1);
    /// ```
    pub fn open(self) -> Subscriber {
        let Self {
            shared,
            topics,
            last_event_id,
            authorize,
        } = self;
        let mut state = shared.lock();
        let key = state.open(&topics);
        let live_from = state.end();
        let placed = last_event_id
            .as_ref()
            .is_none_or(|id| state.place_after(key, id));
        drop(state);
        crate::trace::opened(&topics, last_event_id.as_ref());
        let mut subscriber = Subscriber {
            shared,
            key,
            live_from,
            authorize,
            phase: Phase::Live,
            first: None,
        };
        if !placed {
            subscriber.resume_elsewhere(topics, last_event_id);
        }
        subscriber
    }
}

impl fmt::Debug for Subscribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Subscribe");
        debug
            .field("topics", &self.topics)
            .field("last_event_id", &self.last_event_id)
            .finish_non_exhaustive()
    }
}

/// A [`Stream`] of the frames for one open response: what comes after its last event ID, then
/// what is published, in order, none lost and none twice.
///
/// It holds its place in the log and no frame. It ends when the hub does, and where
/// [`Builder::on_gap`](crate::Builder::on_gap) says so. Put it into a [`Sink`](crate::Sink).
///
/// ```
/// use esse_encoder::Block;
/// use esse_server::Hub;
/// use futures_util::StreamExt;
///
/// let hub = Hub::new();
/// let subscriber = hub.subscribe().open();
/// hub.publish_all(["a", "b"].map(Block::event))?;
/// drop(hub);
/// let frames: Vec<_> = futures_executor::block_on(subscriber.collect());
/// assert_eq!(frames.len(), 2);
/// # Ok::<(), esse_server::HubClosed>(())
/// ```
pub struct Subscriber {
    shared: Arc<Shared>,
    key: usize,
    /// What was published before this place is replayed.
    live_from: Position,
    authorize: Option<Authorize>,
    phase: Phase,
    /// Goes out before anything else.
    first: Option<Frame>,
}

enum Phase {
    /// The records come from a log, until the ring has those that follow.
    Replay(Box<Replay>),
    Live,
    Over(Outcome),
}

impl Stream for Subscriber {
    type Item = Frame;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        loop {
            if let Some(first) = self.first.take() {
                return Poll::Ready(Some(first));
            }
            let next = match self.phase {
                Phase::Replay(_) => self.poll_replay(cx),
                Phase::Live => self.next(cx),
                Phase::Over(_) => return Poll::Ready(None),
            };
            if let Some(polled) = self.act(next) {
                return polled.map(Some);
            }
        }
    }
}

impl Subscriber {
    /// Does what comes next; `None` where that is no reason to return.
    fn act(&mut self, next: Next) -> Option<Poll<Frame>> {
        match next {
            Next::Record { record, position } => {
                let replayed = position < self.live_from;
                return self.permit(&record, replayed).map(Poll::Ready);
            }
            Next::Replayed(record) => return self.permit(&record, true).map(Poll::Ready),
            Next::KeepAlive => return Some(Poll::Ready(KEEP_ALIVE.clone())),
            Next::Wait => return Some(Poll::Pending),
            Next::FellBehind => self.recover(Cause::FellBehind, None, None),
            Next::Over(last) => self.end(Outcome::Shutdown, last),
            Next::Again => {}
        }
        None
    }

    /// The frame, if this subscriber may see it. Replayed and live records all come through here.
    fn permit(&self, record: &Record, replayed: bool) -> Option<Frame> {
        if self
            .authorize
            .as_ref()
            .is_some_and(|may_see| !may_see(record))
        {
            self.shared.counters.denied();
            return None;
        }
        self.shared.counters.sent(replayed);
        Some(record.frame().clone())
    }

    fn next(&self, cx: &mut Context<'_>) -> Next {
        self.shared
            .change(|state, after| state.next(self.key, cx.waker(), after))
    }

    /// The hub does not know the ID.
    fn resume_elsewhere(&mut self, topics: Topics, id: Option<EventId>) {
        match self.shared.history.clone() {
            Some(log) => self.phase = Phase::Replay(Box::new(Replay::new(log, topics, id))),
            None => self.recover(Cause::UnknownId, id, None),
        }
    }

    fn poll_replay(&mut self, cx: &mut Context<'_>) -> Next {
        let Phase::Replay(replay) = &mut self.phase else {
            return Next::Again;
        };
        match replay.poll(&self.shared, self.key, cx) {
            Step::Record(record) => Next::Replayed(record),
            Step::Joined => {
                self.phase = Phase::Live;
                Next::Again
            }
            Step::Gap(cause, id) => {
                let phase = mem::replace(&mut self.phase, Phase::Live);
                self.recover(cause, id, Some(phase));
                Next::Again
            }
            Step::Meanwhile(next) => next,
        }
    }

    /// The subscriber missed events: the application says how it goes on. `replay` is where it was
    /// being replayed to from a log.
    fn recover(&mut self, cause: Cause, last_event_id: Option<EventId>, replay: Option<Phase>) {
        let gap = Gap {
            cause,
            last_event_id,
        };
        let Recovery { first, then } = self.shared.recovery(&gap);
        match (then, replay) {
            (Then::Close, _) => return self.end(outcome_of(cause), first),
            (Then::Newest, _) => self.shared.lock().place_last(self.key),
            (Then::Oldest, Some(Phase::Replay(mut replay))) => {
                replay.restart();
                self.phase = Phase::Replay(replay);
            }
            (Then::Oldest, _) => self.shared.lock().place_first(self.key),
        }
        self.first = first;
    }

    fn end(&mut self, outcome: Outcome, last: Option<Frame>) {
        self.phase = Phase::Over(outcome);
        self.first = last;
    }
}

#[cfg(feature = "direct")]
impl Subscriber {
    /// Another record, if the ring has one: for whoever has just been given a frame. Counts as
    /// sent, unless it is [given back](Self::give_back).
    pub(crate) fn more(&self) -> Option<(Frame, Position)> {
        if !matches!(self.phase, Phase::Live) || self.first.is_some() {
            return None;
        }
        loop {
            let found = self.shared.lock().more(self.key);
            let (record, position) = found?;
            if let Some(frame) = self.permit(&record, position < self.live_from) {
                return Some((frame, position));
            }
        }
    }

    /// The records at these positions, the last that [`more`](Self::more) gave, were not sent.
    pub(crate) fn give_back(&self, positions: impl IntoIterator<Item = Position>) {
        let mut positions = positions.into_iter().peekable();
        if let Some(first) = positions.peek() {
            self.shared.lock().give_back(self.key, *first);
        }
        for position in positions {
            self.shared.counters.unsent(position < self.live_from);
        }
    }

    /// Its receiver took nothing for too long.
    pub(crate) fn stalled(&mut self) {
        self.end(Outcome::Stalled, None);
    }
}

fn outcome_of(cause: Cause) -> Outcome {
    match cause {
        Cause::FellBehind => Outcome::FellBehind,
        Cause::UnknownId | Cause::TooOld => Outcome::Gap,
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let outcome = match self.phase {
            Phase::Over(outcome) => outcome,
            Phase::Replay(_) | Phase::Live => Outcome::Receiver,
        };
        self.shared
            .change(|state, after| state.shut(self.key, outcome, after));
        crate::trace::closed(outcome);
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Subscriber");
        debug.field("key", &self.key).finish_non_exhaustive()
    }
}

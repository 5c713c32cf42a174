//! `Subscriber`: one open response's place in the log.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use esse_encoder::{EventId, Frame};
use futures_core::Stream;

use crate::gap::{Gap, GapCause, Recovery, Then};
use crate::metrics::Outcome;
use crate::record::Record;
use crate::replay::{Replay, Step};
use crate::shared::Shared;
use crate::sink::EMPTY_COMMENT;
use crate::state::{Meanwhile, Next, Position, SubscriberKey};
use crate::topics::Topics;
use crate::trace;

type Authorize = Box<dyn Fn(&Record) -> bool + Send + Sync>;

/// Describes a new subscriber. Begin with [`Hub::subscribe`](crate::Hub::subscribe) and finish with
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

    /// The event types that the subscriber wants. Default: all.
    pub fn topics(mut self, topics: Topics) -> Self {
        self.topics = topics;
        self
    }

    /// The ID after which the subscriber resumes: the request's `Last-Event-ID` (9.2.4). Without
    /// one, or with an empty one, it gets what is published from now on.
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

    /// Decides which records the subscriber may see. Asked for each record, replayed or live, just
    /// before it is sent. Default: all of them, **whatever their audience**.
    ///
    /// The hub calls this without holding a lock, while the subscriber is polled. It should not
    /// block.
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

    /// Subscribes. Nothing published from here on is missed, even if the subscriber is first polled
    /// much later.
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
        let found = last_event_id
            .as_ref()
            .is_none_or(|id| state.seek_after(key, id));
        drop(state);
        trace::opened(&topics, last_event_id.as_ref());
        let mut subscriber = Subscriber {
            shared,
            key,
            live_from,
            authorize,
            phase: Phase::Live,
            first: None,
        };
        if !found {
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

/// A [`Stream`] of the frames for one open response: first what follows its last event ID, then
/// what is published, in order, with nothing lost and nothing twice.
///
/// A subscriber holds its place in the log, and no frame. It ends when the hub ends, or when
/// [`HubBuilder::on_gap`](crate::HubBuilder::on_gap) decides so. Put it into a
/// [`Sink`](crate::Sink), or send the bytes of its frames through any framework that takes a stream
/// as a body.
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
    key: SubscriberKey,
    /// Records before this place are counted as replayed.
    live_from: Position,
    authorize: Option<Authorize>,
    phase: Phase,
    /// Goes out before anything else.
    first: Option<Frame>,
}

enum Phase {
    /// Records come from a log until the ring has those that follow.
    Replay(Box<Replay>),
    Live,
    Over(Outcome),
}

impl Stream for Subscriber {
    type Item = Frame;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = self.get_mut();
        loop {
            if let Some(first) = this.first.take() {
                return Poll::Ready(Some(first));
            }
            let polled = match &mut this.phase {
                Phase::Over(_) => return Poll::Ready(None),
                Phase::Live => this.poll_live(cx),
                Phase::Replay(replay) => {
                    let step = replay.poll(&this.shared, this.key, cx);
                    this.take_step(step)
                }
            };
            if let Some(polled) = polled {
                return polled.map(Some);
            }
        }
    }
}

/// These methods return `None` if the subscriber is to be polled again at once.
impl Subscriber {
    fn poll_live(&mut self, cx: &Context<'_>) -> Option<Poll<Frame>> {
        let next = self
            .shared
            .change(|state, after| state.next(self.key, cx.waker(), after));
        match next {
            Next::Record(record, position) => {
                let replayed = position < self.live_from;
                self.permit(&record, replayed).map(Poll::Ready)
            }
            Next::FellBehind => {
                self.recover(GapCause::FellBehind, None);
                None
            }
            Next::Meanwhile(meanwhile) => self.take_meanwhile(meanwhile),
        }
    }

    fn take_step(&mut self, step: Step) -> Option<Poll<Frame>> {
        match step {
            Step::Record(record) => return self.permit(&record, true).map(Poll::Ready),
            Step::Meanwhile(meanwhile) => return self.take_meanwhile(meanwhile),
            Step::CaughtUp => self.phase = Phase::Live,
            Step::Gap(cause, id) => self.recover(cause, id),
        }
        None
    }

    fn take_meanwhile(&mut self, meanwhile: Meanwhile) -> Option<Poll<Frame>> {
        match meanwhile {
            Meanwhile::KeepAlive => Some(Poll::Ready(EMPTY_COMMENT.clone())),
            Meanwhile::Wait => Some(Poll::Pending),
            Meanwhile::Over(last) => {
                self.end(Outcome::Shutdown, last);
                None
            }
        }
    }

    /// The frame, if this subscriber may see it. All records pass through here, replayed or live.
    fn permit(&self, record: &Record, replayed: bool) -> Option<Frame> {
        let may_see = self.authorize.as_ref();
        if may_see.is_some_and(|may_see| !may_see(record)) {
            self.shared.counters.denied();
            return None;
        }
        self.shared.counters.sent(replayed);
        Some(record.frame().clone())
    }

    /// Resumes after an ID that the hub does not know.
    fn resume_elsewhere(&mut self, topics: Topics, id: Option<EventId>) {
        match self.shared.history.clone() {
            Some(log) => self.phase = Phase::Replay(Box::new(Replay::new(log, topics, id))),
            None => self.recover(GapCause::UnknownId, id),
        }
    }

    /// The subscriber missed events, so the application decides how it goes on.
    fn recover(&mut self, cause: GapCause, last_event_id: Option<EventId>) {
        let gap = Gap {
            cause,
            last_event_id,
        };
        let Recovery { first, then } = self.shared.recovery(&gap);
        match (then, &mut self.phase) {
            (Then::Close, _) => return self.end(outcome_of(cause), first),
            (Then::Oldest, Phase::Replay(replay)) => replay.restart(),
            (Then::Oldest, _) => self.shared.lock().seek_oldest(self.key),
            (Then::Newest, phase) => {
                *phase = Phase::Live;
                self.shared.lock().seek_newest(self.key);
            }
        }
        self.first = first;
    }

    fn end(&mut self, outcome: Outcome, last: Option<Frame>) {
        self.phase = Phase::Over(outcome);
        self.first = last;
    }
}

fn outcome_of(cause: GapCause) -> Outcome {
    match cause {
        GapCause::FellBehind => Outcome::FellBehind,
        GapCause::UnknownId | GapCause::TooOld => Outcome::Gap,
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let outcome = match self.phase {
            Phase::Over(outcome) => outcome,
            Phase::Replay(_) | Phase::Live => Outcome::dropped(),
        };
        self.shared
            .change(|state, after| state.shut(self.key, outcome, after));
        trace::closed(outcome);
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Subscriber");
        debug.field("key", &self.key).finish_non_exhaustive()
    }
}

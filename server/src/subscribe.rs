//! `Subscribe`: describes a new subscriber, and opens it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use esse_encoder::Block;

use crate::gap::{Gap, Recovery};
use crate::last_event_id::LastEventId;
use crate::recover::Resumes;
use crate::shared::Shared;
use crate::state::TooMany;
use crate::subscriber::{Phase, Subscriber, Until};
use crate::topics::Topics;
use crate::trace;

pub(crate) type Authorize = Box<dyn Fn(&str) -> bool + Send + Sync>;
pub(crate) type OnGap = Arc<dyn Fn(&Gap) -> Recovery + Send + Sync>;

/// Describes a new subscriber. Begin with [`Hub::subscribe`](crate::Hub::subscribe) and finish with
/// [`open`](Self::open).
///
/// ```
/// use esse_encoder::EventId;
/// use esse_server::{Hub, Topics};
///
/// let hub = Hub::new();
/// let subscriber = hub
///     .subscribe()
///     .topics(Topics::of(["head"]))
///     .last_event_id(EventId::from(7))
///     .authorize(|audience| audience == "me")
///     .open();
/// ```
#[must_use]
pub struct Subscribe {
    shared: Arc<Shared>,
    topics: Topics,
    last_event_id: LastEventId,
    authorize: Option<Authorize>,
    on_gap: Option<OnGap>,
    owner: Option<Arc<str>>,
    until: Option<Until>,
}

/// How a subscriber begins, from [`Subscriber::opened`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opened {
    /// With what is published from now on.
    Fresh,
    /// Exactly after its last event ID.
    Resumed {
        /// How many events it gets that were published since.
        events: u64,
    },
    /// After its last event ID, from the hub's [log](crate::HubBuilder::history), as far as
    /// that reaches. Whether it reaches back to that ID is known after
    /// [`Subscriber::resolve`].
    FromHistory,
    /// It missed events. The [`Recovery`] decides what it gets.
    Gap(Box<Gap>),
}

impl Subscribe {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            topics: Topics::ALL,
            last_event_id: LastEventId::None,
            authorize: None,
            on_gap: None,
            owner: None,
            until: None,
        }
    }

    /// The topics that the subscriber wants. Default: all.
    pub fn topics(mut self, topics: Topics) -> Self {
        self.topics = topics;
        self
    }

    /// The ID after which the subscriber resumes: the request's
    /// [`last_event_id`](crate::last_event_id()) (9.2.4). Without one it gets what is published from
    /// now on.
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
    /// # Ok::<(), esse_server::PublishError>(())
    /// ```
    pub fn last_event_id(mut self, id: impl Into<LastEventId>) -> Self {
        self.last_event_id = id.into();
        self
    }

    /// Decides, by its audience, whether the subscriber may see a record that has one. Asked for
    /// each such record, replayed or live, just before it is sent. Default: none of them.
    ///
    /// The hub calls this without holding a lock, while the subscriber is opened or polled. It
    /// should not block.
    ///
    /// ```
    /// use esse_encoder::Block;
    /// use esse_server::{Hub, Record};
    /// use futures_util::{FutureExt, StreamExt};
    ///
    /// let hub = Hub::new();
    /// let mut subscriber = hub.subscribe().authorize(|audience| audience == "me").open();
    /// hub.publish(Record::new(&Block::event("secret")).for_audience("you"))?;
    /// assert!(subscriber.next().now_or_never().is_none());
    /// # Ok::<(), esse_server::PublishError>(())
    /// ```
    pub fn authorize(mut self, may_see: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.authorize = Some(Box::new(may_see));
        self
    }

    /// Decides how the subscriber goes on when it missed events, instead of
    /// [`HubBuilder::on_gap`](crate::HubBuilder::on_gap).
    ///
    /// The hub calls this without holding a lock, while the subscriber is opened or polled.
    pub fn on_gap(mut self, decide: impl Fn(&Gap) -> Recovery + Send + Sync + 'static) -> Self {
        self.on_gap = Some(Arc::new(decide));
        self
    }

    /// Whose subscriber it is: a user, a session, an address. For
    /// [`Hub::end_all_of`](crate::Hub::end_all_of) and
    /// [`HubBuilder::max_subscribers_of_one_owner`](crate::HubBuilder::max_subscribers_of_one_owner).
    pub fn owner(mut self, owner: impl Into<Arc<str>>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Ends the subscriber when the future is ready: when a token expires, or after the longest time
    /// that a stream may take.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use esse_server::Hub;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let an_hour = tokio::time::sleep(Duration::from_secs(3600));
    /// let subscriber = Hub::new().subscribe().until(an_hour).open();
    /// # });
    /// ```
    pub fn until(mut self, end: impl Future<Output = ()> + Send + 'static) -> Self {
        let last = self.until.and_then(|until| until.last);
        let end: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(end);
        self.until = Some(Until { end, last });
        self
    }

    /// Like [`until`](Self::until), and sends this block last. A block with a reconnection time
    /// tells the client when to come back.
    pub fn until_with(
        mut self,
        end: impl Future<Output = ()> + Send + 'static,
        last: &Block<'_>,
    ) -> Self {
        self = self.until(end);
        if let Some(until) = &mut self.until {
            until.last = Some(last.to_frame());
        }
        self
    }

    /// Subscribes. Nothing published from here on is missed, even if the subscriber is first polled
    /// much later.
    ///
    /// If there are [too many](TooMany), the subscriber ends at once. To answer with another status
    /// instead, use [`try_open`](Self::try_open).
    pub fn open(self) -> Subscriber {
        let shared = Arc::clone(&self.shared);
        self.try_open()
            .unwrap_or_else(|_| Subscriber::refused(shared))
    }

    /// Subscribes, if the limits of the hub allow it.
    ///
    /// # Errors
    /// [`TooMany`] if there are as many subscribers as there may be, in all or of one owner.
    ///
    /// ```
    /// use esse_server::{Hub, TooMany};
    ///
    /// let hub = Hub::builder().max_subscribers_of_one_owner(2).build();
    /// let tabs = [1, 2].map(|_| hub.subscribe().owner("ada").open());
    /// let refused = hub.subscribe().owner("ada").try_open();
    /// assert!(matches!(refused, Err(TooMany::OfOneOwner { limit: 2 })));
    /// ```
    pub fn try_open(self) -> Result<Subscriber, TooMany> {
        let Self {
            shared,
            topics,
            last_event_id,
            authorize,
            on_gap,
            owner,
            until,
        } = self;
        let mut state = shared.lock();
        let key = state.open(&topics, owner)?;
        let live_from = state.end();
        let newest = state.newest_id().filter(|_| shared.history.is_some());
        let resumes = Resumes::after(newest.cloned());
        drop(state);
        shared.wants.join(&topics);
        trace::opened(&topics);
        let on_gap = on_gap.or_else(|| shared.on_gap.clone());
        let mut subscriber = Subscriber::new(shared, Some(key), Phase::Live);
        subscriber.live_from = live_from;
        subscriber.authorize = authorize;
        subscriber.on_gap = on_gap;
        subscriber.until = until;
        subscriber.resumes = resumes;
        subscriber.begin(key, topics, last_event_id);
        Ok(subscriber)
    }
}

impl fmt::Debug for Subscribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Subscribe");
        debug
            .field("topics", &self.topics)
            .field("last_event_id", &self.last_event_id)
            .field("owner", &self.owner)
            .finish_non_exhaustive()
    }
}

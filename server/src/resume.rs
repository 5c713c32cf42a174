//! How a subscriber begins: with what follows its last event ID, from the hub or its log.

use std::future::poll_fn;
use std::task::{Context, Poll, ready};

use esse_encoder::EventId;

use crate::gap::{Gap, GapCause};
use crate::last_event_id::LastEventId;
use crate::recover::Resumes;
use crate::replay::Replay;
use crate::state::{State, SubscriberKey, Tally};
use crate::subscribe::Opened;
use crate::subscriber::{Phase, Subscriber};
use crate::topics::Topics;

impl Subscriber {
    /// How the subscriber begins. A handler may answer otherwise, or add a header, before it sends
    /// anything.
    ///
    /// ```
    /// use esse_encoder::EventId;
    /// use esse_server::{Hub, Opened};
    ///
    /// let hub = Hub::new();
    /// let subscriber = hub.subscribe().last_event_id(EventId::from(7)).open();
    /// assert!(matches!(subscriber.opened(), Opened::Gap(_)), "the hub never had this ID");
    /// ```
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    /// The same, but first waits for the hub's [log](crate::HubBuilder::history) if it is asked.
    /// If that no longer has the last event ID, the result is [`Opened::Gap`]; after
    /// [`Opened::FromHistory`] nothing is missing. Without a log this is ready at once.
    ///
    /// It waits as long as the log is out of reach, so put a time limit around it. Nothing is
    /// lost if it is dropped.
    ///
    /// ```
    /// use esse_encoder::EventId;
    /// use esse_server::{Hub, Opened};
    /// use std::sync::Arc;
    ///
    /// # futures_executor::block_on(async {
    /// let log = Hub::new(); // or a `RedisLog`
    /// let hub = Hub::builder().history(Arc::new(log)).build();
    /// let mut subscriber = hub.subscribe().last_event_id(EventId::from(7)).open();
    /// if let Opened::Gap(_) = subscriber.resolve().await {
    ///     // Answer with status 410, or with a snapshot.
    /// }
    /// # });
    /// ```
    pub async fn resolve(&mut self) -> &Opened {
        poll_fn(|cx| self.poll_resolve(cx)).await;
        &self.opened
    }

    fn poll_resolve(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let (Phase::Replay(replay), Opened::FromHistory) = (&mut self.phase, &self.opened) {
            if let Some((cause, id)) = ready!(replay.poll_begin(&self.shared, cx)) {
                self.gap_at_open(Gap::unknown(cause, id));
            }
        }
        Poll::Ready(())
    }

    /// Finds its place: after its last event ID, or at the end.
    pub(crate) fn begin(&mut self, key: SubscriberKey, topics: Topics, id: LastEventId) {
        if self.shared.lock().is_closed() {
            return;
        }
        let history = self.shared.history.clone();
        let id = match id {
            LastEventId::None => {
                self.phase = self.phase_of_new_clients();
                return;
            }
            LastEventId::Invalid(_) => {
                self.shared.change_now(State::expire);
                return self.resume_nowhere(None);
            }
            LastEventId::Id(id) => id,
        };
        self.resumes = Resumes::ByItself;
        let tally = self
            .shared
            .change_now(|state, now, after| state.resume_after(key, &id, now, after));
        let opened = tally.map(|tally| self.resumed(&tally, &id));
        match (opened, history) {
            (Some(exact @ Opened::Resumed { .. }), _) | (Some(exact), None) => self.opened = exact,
            (_, Some(log)) => {
                self.opened = Opened::FromHistory;
                self.phase = Phase::Replay(Box::new(Replay::new(log, topics, Some(id))));
            }
            (None, None) => self.resume_nowhere(Some(id)),
        }
    }

    /// What a subscriber with a known ID finds, of what it may see.
    fn resumed(&self, tally: &Tally, id: &EventId) -> Opened {
        let visible = tally.of.iter();
        let visible = visible.filter(|(audience, _)| self.may_see(audience.as_deref()));
        let (events, missed) = visible.fold((0, 0), |(kept, lost), (_, counts)| {
            (kept + counts.kept, lost + counts.lost)
        });
        if missed == 0 && !tally.forgotten {
            return Opened::Resumed { events };
        }
        Opened::Gap(Box::new(Gap {
            missed,
            exact: !tally.forgotten,
            ..Gap::unknown(GapCause::TooOld, Some(id.clone()))
        }))
    }

    fn resume_nowhere(&mut self, id: Option<EventId>) {
        self.gap_at_open(Gap::unknown(GapCause::UnknownId, id));
    }

    fn gap_at_open(&mut self, gap: Gap) {
        self.recover(gap.clone());
        self.opened = Opened::Gap(Box::new(gap));
    }
}

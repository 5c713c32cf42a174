//! What a subscriber does that missed events.

use std::mem;

use esse_encoder::EventId;

use crate::gap::{Gap, GapCause, Recovery, TOPICS, Then, default_recovery};
use crate::metrics::Outcome;
use crate::state::{Lost, Position, Skipped};
use crate::subscribe::Opened;
use crate::subscriber::{Phase, Subscriber};
use crate::topics::Topic;

/// From where a client resumes that is sent away because it fell behind, if the hub has a log.
pub(crate) enum Resumes {
    /// It has an ID of its own.
    ByItself,
    /// It has none, and has missed nothing up to this one.
    After(EventId),
    Nowhere,
}

impl Resumes {
    pub(crate) fn after(id: Option<EventId>) -> Self {
        id.map_or(Self::Nowhere, Self::After)
    }

    fn id(&self) -> Option<&EventId> {
        match self {
            Self::After(id) => Some(id),
            Self::ByItself | Self::Nowhere => None,
        }
    }
}

impl Subscriber {
    /// Whether the hub knows better where the client resumes.
    pub(crate) fn asks_for_its_place(&self) -> bool {
        self.shared.history.is_some()
            && self.lost.is_none()
            && !matches!(self.resumes, Resumes::ByItself)
    }

    pub(crate) fn lose(&mut self, lost: Lost) {
        if !self.may_see(lost.audience.as_deref()) {
            return;
        }
        let so_far = self.loss(lost.to);
        so_far.missed += lost.count;
        name(so_far, lost.topics);
    }

    /// What was lost before this place is no longer known.
    pub(crate) fn lose_unknown(&mut self, to: Position) {
        self.loss(to).exact = false;
    }

    fn loss(&mut self, to: Position) -> &mut Gap {
        // If nothing was missing when it opened, it was too slow even for what was there before.
        let (cause, last_event_id) = match &self.opened {
            Opened::Gap(gap) if to <= self.live_from && gap.cause == GapCause::TooOld => {
                (GapCause::TooOld, gap.last_event_id.clone())
            }
            _ => (GapCause::FellBehind, None),
        };
        self.lost.get_or_insert_with(|| {
            Box::new(Gap {
                exact: true,
                ..Gap::unknown(cause, last_event_id)
            })
        })
    }

    pub(crate) fn report_loss(&mut self) {
        if let Some(lost) = self.lost.take() {
            self.recover(*lost);
        }
    }

    /// The subscriber missed events, so the application decides how it goes on.
    pub(crate) fn recover(&mut self, mut gap: Gap) {
        let hub_lost = mem::take(&mut self.hub_lost);
        let in_the_log = !hub_lost && self.shared.history.is_some();
        let Recovery { notice, then } = match &self.on_gap {
            Some(decide) => decide(&gap),
            None => default_recovery(&gap, in_the_log.then_some(&self.resumes)),
        };
        let resumes_after = match then {
            Then::Close => self.close(&mut gap),
            Then::Oldest | Then::Newest => self.go_on(&mut gap, then),
        };
        self.shared.count_gap(&gap);
        self.before = notice.frame(&gap, resumes_after.as_ref());
    }

    /// Returns where the client resumes, unless it comes back with the ID that it has.
    fn close(&mut self, gap: &mut Gap) -> Option<EventId> {
        let is_live = self.is_live();
        self.phase = Phase::Over(outcome_of(gap.cause));
        if gap.cause == GapCause::FellBehind && self.shared.history.is_some() {
            // It gets these from there, if nothing goes wrong.
            (gap.missed, gap.exact) = (0, false);
            return self.resumes.id().cloned();
        }
        let state = self.shared.lock();
        let newest = state.newest_id().cloned();
        let skipped = self.key.filter(|_| is_live);
        let skipped = skipped.map(|key| state.skipped_up_to(key, newest.as_ref()));
        drop(state);
        self.skip(gap, skipped);
        match gap.cause {
            GapCause::FellBehind | GapCause::BeforeFeed => newest,
            // It would have the same gap again. The empty ID makes it a new client.
            GapCause::UnknownId | GapCause::TooOld => Some(newest.unwrap_or(EventId::EMPTY)),
        }
    }

    /// Returns where the client resumes if it comes back before the next event.
    fn go_on(&mut self, gap: &mut Gap, then: Then) -> Option<EventId> {
        let key = self.key?;
        let was_live = self.is_live();
        if then == Then::Newest && gap.cause != GapCause::BeforeFeed {
            self.phase = self.phase_of_new_clients();
        }
        match &mut self.phase {
            Phase::Live => {}
            Phase::Replay(replay) => {
                replay.restart();
                self.resumes = Resumes::Nowhere;
                return None;
            }
            Phase::BeforeFeed | Phase::Over(_) => {
                self.resumes = Resumes::Nowhere;
                return None;
            }
        }
        let (mut skipped, mut moved) = (None, true);
        let mut state = self.shared.lock();
        match (then, gap.cause) {
            (Then::Newest, GapCause::FellBehind | GapCause::TooOld | GapCause::UnknownId) => {
                skipped = was_live.then(|| state.skipped_up_to(key, None));
                state.seek_newest(key);
            }
            (Then::Oldest, GapCause::UnknownId) => state.seek_oldest(key),
            // It has its place: after what was lost.
            (Then::Oldest | Then::Newest | Then::Close, _) => moved = false,
        }
        let id = state.id_at_end(key).cloned();
        drop(state);
        self.skip(gap, skipped);
        if moved || id.is_some() {
            self.resumes = Resumes::after(id.clone());
        }
        id
    }

    /// Whether what it skips comes from the hub.
    fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// The subscriber misses this too, because it does not go on with what is kept.
    fn skip(&self, gap: &mut Gap, skipped: Option<Skipped>) {
        let Some(skipped) = skipped else { return };
        gap.exact &= !skipped.forgotten;
        for (audience, (count, topics)) in skipped.of {
            if self.may_see(audience.as_deref()) {
                gap.missed += count;
                name(gap, topics);
            }
        }
    }

    /// What a hub gets before its feed begins is older than they are.
    pub(crate) fn phase_of_new_clients(&self) -> Phase {
        if self.shared.history.is_some() && !self.shared.lock().has_begun() {
            Phase::BeforeFeed
        } else {
            Phase::Live
        }
    }
}

/// Adds topics to those that the gap names.
fn name(gap: &mut Gap, topics: Vec<Topic>) {
    for topic in topics {
        if gap.topics.len() < TOPICS && !gap.topics.contains(&topic) {
            gap.topics.push(topic);
        }
    }
}

fn outcome_of(cause: GapCause) -> Outcome {
    match cause {
        GapCause::FellBehind => Outcome::FellBehind,
        GapCause::UnknownId | GapCause::TooOld | GapCause::BeforeFeed => Outcome::Gap,
    }
}

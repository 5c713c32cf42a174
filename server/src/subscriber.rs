//! `Subscriber`: one open response's place in the history.

use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use esse_encoder::Frame;
use futures_core::Stream;

use crate::frame_end::ends_a_block;
use crate::gap::{Gap, GapCause};
use crate::held::Holder;
use crate::keep_alive::EMPTY_COMMENT;
use crate::metrics::Outcome;
use crate::record::Record;
use crate::recover::Resumes;
use crate::replay::{Replay, Step};
use crate::shared::Shared;
use crate::source;
use crate::state::{Meanwhile, Next, Position, SubscriberKey};
use crate::subscribe::{Authorize, OnGap, Opened};
use crate::trace;
use crate::unfinished::end_unfinished;

/// How many records a poll looks at before other tasks have their turn, if the subscriber may see
/// none of them.
const AT_ONCE: usize = 128;

/// A [`Stream`] of the frames for one open response: first what follows its last event ID, then
/// what is published, in order, with nothing lost and nothing twice.
///
/// If events were lost, the subscriber gets a notice in their place (see
/// [`Recovery`](crate::Recovery)).
///
/// An event whose data comes from a [source](crate::Record::from_source) is sent in several frames, the
/// parts of one event, and no other frame may come between them. So do not merge subscribers frame by
/// frame, as with `stream::select`, if a hub has such events.
///
/// A subscriber holds its place in the history, and no frame. It ends when the hub ends, or when a
/// [`Recovery`](crate::Recovery) decides so. Put it into a [`Sink`](crate::Sink), or send the bytes of
/// its frames through any framework that takes a stream as a body.
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
/// # Ok::<(), esse_server::PublishError>(())
/// ```
#[must_use = "it is a stream: without being polled it sends nothing"]
pub struct Subscriber {
    pub(crate) shared: Arc<Shared>,
    /// `None` if the hub had too many subscribers.
    pub(crate) key: Option<SubscriberKey>,
    /// Records before this place are counted as replayed.
    pub(crate) live_from: Position,
    pub(crate) authorize: Option<Authorize>,
    pub(crate) on_gap: Option<OnGap>,
    pub(crate) until: Option<Until>,
    pub(crate) phase: Phase,
    pub(crate) opened: Opened,
    /// A frame went out that the state does not know of yet. What the subscriber may not see puts no
    /// keep-alive off.
    pub(crate) has_sent: bool,
    /// Goes out before anything else.
    pub(crate) before: Option<Frame>,
    /// What it lost since the last event, and does not know of yet.
    pub(crate) lost: Option<Box<Gap>>,
    /// The hub lost it too, so a log may not have it.
    pub(crate) hub_lost: bool,
    pub(crate) resumes: Resumes,
    /// How often subscribers were ended when it last asked whether it is one of them.
    pub(crate) ends: usize,
    /// The event that is being sent, if its data is not in memory. Nothing may come between its
    /// parts.
    pub(crate) source: Option<source::Opened>,
    /// It was ended within an event.
    pub(crate) breaks_off: bool,
    /// Made for the first large payload.
    pub(crate) holder: Option<Arc<Holder>>,
}

pub(crate) enum Phase {
    /// The hub's feed has not begun.
    BeforeFeed,
    /// Records come from a log until the hub has those that follow.
    Replay(Box<Replay>),
    Live,
    Over(Outcome),
}

/// When the application ends the subscriber, and what is sent then.
pub(crate) struct Until {
    pub(crate) end: Pin<Box<dyn Future<Output = ()> + Send>>,
    pub(crate) last: Option<Frame>,
}

impl Stream for Subscriber {
    type Item = Frame;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        let this = self.get_mut();
        this.poll_until(cx);
        this.end_if_cut_off();
        for _ in 0..AT_ONCE {
            let Some(key) = this.key else {
                return Poll::Ready(None);
            };
            this.end_if_asked(key);
            if let Some(polled) = this.poll_source(key, cx) {
                return polled.map(Some);
            }
            if let Some(first) = this.before.take() {
                return Poll::Ready(Some(first));
            }
            let polled = match &mut this.phase {
                Phase::Over(_) => {
                    if this.breaks_off {
                        end_unfinished();
                    }
                    return Poll::Ready(None);
                }
                Phase::Live => this.poll_live(key, cx),
                Phase::BeforeFeed => this.poll_before_feed(key, cx),
                Phase::Replay(replay) => {
                    let step = replay.poll(&this.shared, key, cx);
                    this.take_step(step, cx)
                }
            };
            if let Some(polled) = polled {
                return polled.map(Some);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// These methods return `None` if the subscriber is to be polled again at once.
impl Subscriber {
    fn poll_live(&mut self, key: SubscriberKey, cx: &Context<'_>) -> Option<Poll<Frame>> {
        let asks = self.asks_for_its_place();
        let has_sent = mem::take(&mut self.has_sent);
        let (next, place, hub_lost) = self.shared.change(|state, after| {
            if has_sent {
                state.sent(key);
            }
            let next = state.next(key, cx.waker(), after);
            let caught_up = asks && matches!(next, Next::Meanwhile(_));
            let place = caught_up.then(|| state.id_at_end(key).cloned());
            let hub_lost = matches!(next, Next::Forgotten(_)) && state.is_missing_some(key);
            (next, place.flatten(), hub_lost)
        });
        if place.is_some() {
            self.resumes = Resumes::after(place);
        }
        self.hub_lost |= hub_lost;
        match next {
            // One that it may not see stands between losses that are one gap.
            Next::Record(record, position)
                if self.lost.is_some() && self.may_see(record.audience()) =>
            {
                self.shared.lock().give_back(key, position);
                self.report_loss();
            }
            Next::Record(record, position) => {
                let replayed = position < self.live_from;
                return self.permit(&record, replayed, cx).map(Poll::Ready);
            }
            Next::Lost(lost) => self.lose(lost),
            Next::Forgotten(to) => self.lose_unknown(to),
            Next::Meanwhile(_) if self.lost.is_some() => {
                self.shared
                    .change(|state, after| state.wait_no_more(key, after));
                self.report_loss();
            }
            Next::Meanwhile(meanwhile) => return self.take_meanwhile(meanwhile),
        }
        None
    }

    /// The application may end the subscriber while its frames come from a log or a source. A live
    /// one learns it from the state, which it asks for each frame.
    fn end_if_asked(&mut self, key: SubscriberKey) {
        if self.source.is_none() && !matches!(self.phase, Phase::Replay(_)) {
            return;
        }
        let ends = self.shared.ends();
        if ends == self.ends {
            return;
        }
        self.ends = ends;
        let over = self.shared.lock().cut_off(key);
        if let Some(Meanwhile::Over(outcome, last)) = over {
            self.end(outcome, last);
        }
    }

    /// `None` also if no event is being sent.
    fn poll_source(&mut self, key: SubscriberKey, cx: &mut Context<'_>) -> Option<Poll<Frame>> {
        match self.source.as_mut()?.as_mut().poll_part(cx) {
            Poll::Ready(Some(Ok(part))) => {
                if ends_a_block(&part) {
                    self.source = None;
                }
                return Some(Poll::Ready(part));
            }
            Poll::Ready(None) => self.source = None,
            Poll::Ready(Some(Err(error))) => {
                trace::source_failed(&error);
                self.end(Outcome::SourceFailed, None);
            }
            Poll::Pending => return self.wait_for_source(key, cx),
        }
        None
    }

    fn wait_for_source(&mut self, key: SubscriberKey, cx: &Context<'_>) -> Option<Poll<Frame>> {
        let meanwhile = self.shared.change(|state, after| {
            // So that no keep-alive is due: a comment cannot stand within a line.
            state.sent(key);
            state.meanwhile(key, cx.waker(), after)
        });
        self.take_meanwhile(meanwhile)
    }

    fn take_step(&mut self, step: Step, cx: &Context<'_>) -> Option<Poll<Frame>> {
        match step {
            Step::Record(record) => {
                self.shared.held.add(&record);
                let frame = self.permit(&record, true, cx);
                self.shared.held.bound();
                return frame.map(Poll::Ready);
            }
            Step::Meanwhile(meanwhile) => return self.take_meanwhile(meanwhile),
            Step::CaughtUp => self.phase = Phase::Live,
            Step::Gap(cause, last_event_id) => self.recover(Gap::unknown(cause, last_event_id)),
        }
        None
    }

    /// Waits for the feed to begin. What was added to the log in the meantime is not known here.
    fn poll_before_feed(&mut self, key: SubscriberKey, cx: &Context<'_>) -> Option<Poll<Frame>> {
        let waits = self
            .shared
            .change(|state, after| state.wait_for_feed(key, cx.waker(), after));
        let begins_after = match waits {
            Ok(begins_after) => begins_after,
            Err(meanwhile) => return self.take_meanwhile(meanwhile),
        };
        self.phase = Phase::Live;
        self.resumes = Resumes::after(begins_after);
        self.recover(Gap::unknown(GapCause::BeforeFeed, None));
        None
    }

    fn take_meanwhile(&mut self, meanwhile: Meanwhile) -> Option<Poll<Frame>> {
        match meanwhile {
            Meanwhile::KeepAlive(frame) => {
                let frame = frame.unwrap_or_else(|| EMPTY_COMMENT.clone());
                Some(Poll::Ready(frame))
            }
            Meanwhile::Wait => Some(Poll::Pending),
            Meanwhile::Over(outcome, last) => {
                self.end(outcome, last);
                None
            }
        }
    }

    /// The frame, if this subscriber may see it. All records pass through here, replayed or live.
    fn permit(&mut self, record: &Record, replayed: bool, cx: &Context<'_>) -> Option<Frame> {
        if !self.may_see(record.audience()) {
            self.shared.counters.denied();
            return None;
        }
        self.shared.counters.sent(replayed);
        self.has_sent = true;
        if record.id().is_some() {
            self.resumes = Resumes::ByItself;
        }
        if let Some(source) = record.source() {
            self.source = Some(source.open());
            return None;
        }
        Some(self.take_frame(record, cx))
    }

    fn take_frame(&mut self, record: &Record, cx: &Context<'_>) -> Frame {
        let Some(payload) = record.payload() else {
            return record.frame().clone();
        };
        let holder = self.holder.get_or_insert_default();
        holder.remember_waker(cx);
        payload.lend(record.frame(), holder)
    }
}

impl Subscriber {
    /// One that ends at once.
    pub(crate) fn refused(shared: Arc<Shared>) -> Self {
        Self::new(shared, None, Phase::Over(Outcome::Ended))
    }

    pub(crate) fn new(shared: Arc<Shared>, key: Option<SubscriberKey>, phase: Phase) -> Self {
        Self {
            shared,
            key,
            live_from: Position::default(),
            authorize: None,
            on_gap: None,
            until: None,
            phase,
            opened: Opened::Fresh,
            has_sent: false,
            before: None,
            lost: None,
            hub_lost: false,
            resumes: Resumes::Nowhere,
            ends: 0,
            source: None,
            breaks_off: false,
            holder: None,
        }
    }

    pub(crate) fn may_see(&self, audience: Option<&str>) -> bool {
        match (audience, &self.authorize) {
            (None, _) => true,
            (Some(audience), Some(may_see)) => may_see(audience),
            (Some(_), None) => false,
        }
    }

    fn poll_until(&mut self, cx: &mut Context<'_>) {
        let Some(until) = &mut self.until else { return };
        if until.end.as_mut().poll(cx).is_ready() {
            let last = until.last.take();
            self.until = None;
            self.end(Outcome::Ended, last);
        }
    }

    /// Clients hold too much, and this one is among the slowest.
    fn end_if_cut_off(&mut self) {
        if self.is_cut_off() && !matches!(self.phase, Phase::Over(_)) {
            self.end(Outcome::Stalled, None);
        }
    }

    fn is_cut_off(&self) -> bool {
        self.holder.as_ref().is_some_and(|one| one.is_cut_off())
    }

    fn end(&mut self, outcome: Outcome, last: Option<Frame>) {
        self.phase = Phase::Over(outcome);
        self.breaks_off |= self.source.take().is_some();
        // Within an event, the last block would become a part of that.
        self.before = last.filter(|_| !self.breaks_off);
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let outcome = match self.phase {
            Phase::Over(outcome) => outcome,
            _ if self.is_cut_off() => Outcome::Stalled,
            Phase::BeforeFeed | Phase::Replay(_) | Phase::Live => Outcome::dropped(),
        };
        self.shared.shut(key, outcome);
        trace::closed(outcome);
    }
}

impl fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Subscriber");
        debug.field("key", &self.key).finish_non_exhaustive()
    }
}

//! The state machine (9.2.2 and 9.2.3): announce, reestablish, fail.
//!
//! Standard: <https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model>

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::time::Duration;

use esse_parser::{
    Chunk, Event, Item, LimitExceeded, NotAnEventStream, OwnedEvent, Parser, check_response,
};

use crate::delay::{backoff, wait};
use crate::header;
use crate::policy::{Mode, Settings};
use crate::{Cause, Closed, Failure, Head, Policy, Replay};

/// How long the body of a refusal may take.
const REFUSAL: Duration = Duration::from_secs(5);

/// A connection to an event stream that is made again as often as the standard and the policy say.
///
/// It does no I/O. Do what [`action`](Self::action) says, report the result, and ask again.
/// Times are spans since any moment of the caller's choice that stays the same.
///
/// ```
/// use core::time::Duration;
/// use esse_client::parser::Chunk;
/// use esse_client::{Action, Connection, Head, Policy};
///
/// let now = Duration::ZERO;
/// let mut connection = Connection::new(Policy::standard(), now, 1);
/// assert!(matches!(connection.action(), Action::Connect { .. }));
/// // Here the request is sent, and its answer begins.
/// connection.sent(now, true);
/// connection.head(now, &Head::new(200, Some("text/event-stream")));
///
/// assert!(matches!(connection.action(), Action::Read { .. }));
/// connection.received(now);
/// let mut chunk = Chunk::new(b"id: 7\ndata: hello\n\n");
/// let event = connection.next_event(now, &mut chunk)?;
/// assert_eq!(event.map(|event| event.data), Some("hello"));
///
/// // The response ends, and 9.2.3 says how to go on.
/// connection.end(now);
/// let Action::Wait { until } = connection.action() else {
///     panic!("a wait");
/// };
/// assert!(until >= Duration::from_secs(3));
/// connection.elapsed(until);
/// let Action::Connect { attempt, .. } = connection.action() else {
///     panic!("the next attempt");
/// };
/// assert_eq!(attempt.last_event_id_header, Some("7"));
/// # Ok::<(), esse_client::parser::LimitExceeded>(())
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub struct Connection {
    policy: Arc<Settings>,
    parser: Parser,
    random: fastrand::Rng,
    state: State,
    /// How many requests were begun before this one.
    number: u32,
    /// Attempts in a row that came to nothing.
    failures: u32,
    /// When something was achieved last.
    progress_at: Duration,
    cause: Option<Cause>,
    /// An event was handed out since the first request that is not idempotent, or in `Mode::Once`
    /// since the first request.
    delivered: bool,
    /// The current request is not idempotent.
    is_unsafe: bool,
    /// One that is not idempotent may have reached the server.
    unsafe_sent: bool,
    /// The next request may differ from the last.
    requests_vary: bool,
    /// A refusal has led to another attempt with fresh credentials, and no response was accepted since.
    has_refreshed: bool,
    /// That refusal is the one at hand: it does not count as an attempt.
    is_refreshing: bool,
    /// What the server sent to an earlier process.
    restored_time: Option<Duration>,
    /// The last event ID when the response began.
    id_at_open: String,
}

#[derive(Clone, Debug)]
enum State {
    Connecting {
        until: Option<Duration>,
        is_sent: bool,
    },
    Open {
        since: Duration,
        heard: Duration,
        last_event: Option<Duration>,
    },
    Collecting(Box<Refusal>),
    Waiting {
        until: Duration,
        /// The last part of the wait, which the server has asked for.
        asked: Duration,
    },
    Closed(Closed),
}

/// An answer that is not an event stream, until the start of its body is there.
#[derive(Clone, Debug)]
struct Refusal {
    answer: NotAnEventStream,
    location: Option<String>,
    until: Duration,
}

/// The value of `readyState` (9.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadyState {
    /// There is no response yet, or the last one has ended and there will be another.
    Connecting,
    /// A response is being read.
    Open,
    /// It is over.
    Closed,
}

/// What the caller is to do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum Action<'a> {
    /// Send a request and call [`sent`](Connection::sent), then [`head`](Connection::head) or
    /// [`failed`](Connection::failed); if neither has happened at `until`, drop it and call
    /// [`elapsed`](Connection::elapsed).
    Connect {
        /// What the request depends on.
        attempt: Attempt<'a>,
        /// When to give this attempt up.
        until: Option<Duration>,
    },
    /// Read the body. For each chunk call [`received`](Connection::received), then
    /// [`next_event`](Connection::next_event) until it returns `None`; and at last [`end`](Connection::end),
    /// [`failed`](Connection::failed), or at `until` [`elapsed`](Connection::elapsed).
    Read {
        /// When the response has been silent for too long.
        until: Option<Duration>,
    },
    /// Read the start of the body of a refusal, and call [`refused`](Connection::refused) for each
    /// chunk; then [`end`](Connection::end), [`failed`](Connection::failed), or at `until`
    /// [`elapsed`](Connection::elapsed).
    Collect {
        /// When the rest of the body no longer matters.
        until: Duration,
    },
    /// Drop the connection, and call [`elapsed`](Connection::elapsed) at `until`.
    Wait {
        /// When the next attempt begins.
        until: Duration,
    },
    /// Drop the connection. It is over.
    Close(&'a Closed),
}

/// What a request depends on.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Attempt<'a> {
    /// 0 for the first.
    pub number: u32,
    /// How many attempts in a row came to nothing.
    pub failures: u32,
    /// The last event ID string.
    pub last_event_id: &'a str,
    /// The value of `Last-Event-ID`. `None` if the ID is empty, longer than the policy allows, or if
    /// HTTP cannot carry it: it has control characters, or a blank at an end.
    pub last_event_id_header: Option<&'a str>,
    /// Why the connection is made again.
    pub cause: Option<&'a Cause>,
    /// Whether an event has been handed out since the request was sent first.
    pub delivered: bool,
}

impl Attempt<'_> {
    /// Whether there is a last event ID that `Last-Event-ID` does not have. The server will begin
    /// anew.
    pub const fn is_id_left_out(&self) -> bool {
        !self.last_event_id.is_empty() && self.last_event_id_header.is_none()
    }
}

/// What another process needs to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resume {
    /// The last event ID string.
    pub last_event_id: String,
    /// The reconnection time that the server sent, if it sent one.
    pub reconnection_time: Option<Duration>,
}

impl Resume {
    /// Goes on after this event.
    pub fn after(last_event_id: impl Into<String>) -> Self {
        Self {
            last_event_id: last_event_id.into(),
            reconnection_time: None,
        }
    }
}

impl Connection {
    /// Returns a connection that has not been made yet. The random numbers of the jitter come from
    /// `seed`, which should differ from client to client.
    pub fn new(policy: Policy, now: Duration, seed: u64) -> Self {
        Self::resume(policy, now, seed, Resume::default())
    }

    /// The same, where another process left off.
    pub fn resume(policy: Policy, now: Duration, seed: u64, resume: Resume) -> Self {
        let Policy(policy) = policy;
        let parser = Parser::builder()
            .limits(policy.limits)
            .last_event_id(resume.last_event_id)
            .build();
        Self {
            state: State::Connecting {
                until: after(now, policy.head_timeout),
                is_sent: false,
            },
            policy,
            parser,
            random: fastrand::Rng::with_seed(seed),
            number: 0,
            failures: 0,
            progress_at: now,
            cause: None,
            delivered: false,
            is_unsafe: false,
            unsafe_sent: false,
            requests_vary: false,
            has_refreshed: false,
            is_refreshing: false,
            restored_time: resume.reconnection_time,
            id_at_open: String::new(),
        }
    }

    /// Declares that requests differ, because a hook changes each of them. A request that must not be
    /// repeated may then be followed by a different one.
    pub fn requests_vary(&mut self) {
        self.requests_vary = true;
    }

    /// Returns what to do next. It changes only with a call of another method.
    pub fn action(&self) -> Action<'_> {
        match &self.state {
            State::Connecting { until, .. } => Action::Connect {
                attempt: self.attempt(),
                until: *until,
            },
            State::Open { .. } => Action::Read {
                until: self.silent_from().map(|(until, _)| until),
            },
            State::Collecting(refusal) => Action::Collect {
                until: refusal.until,
            },
            State::Waiting { until, .. } => Action::Wait { until: *until },
            State::Closed(closed) => Action::Close(closed),
        }
    }

    /// Returns what the next request depends on.
    pub fn attempt(&self) -> Attempt<'_> {
        let id = self.parser.last_event_id();
        Attempt {
            number: self.number,
            failures: self.failures,
            last_event_id: id,
            last_event_id_header: header::last_event_id(id, self.policy.longest_id),
            cause: self.cause.as_ref(),
            delivered: self.delivered,
        }
    }

    /// The request of an attempt is about to be made. For the first, that may be long after the
    /// connection was.
    #[cfg(feature = "stream")]
    pub(crate) fn begin(&mut self, now: Duration) {
        if let State::Connecting { until, .. } = &mut self.state {
            *until = after(now, self.policy.head_timeout);
            if self.number == 0 {
                self.progress_at = now;
            }
        }
    }

    /// The request is about to be sent, and the time for the head of the response begins. Returns
    /// false, and closes, if it may not be sent.
    pub fn sent(&mut self, now: Duration, is_idempotent: bool) -> bool {
        let State::Connecting { until, is_sent } = &mut self.state else {
            return false;
        };
        *until = after(now, self.policy.head_timeout);
        *is_sent = true;
        if !is_idempotent && self.unsafe_sent && !self.may_replay() {
            self.not_repeated();
            return false;
        }
        if !is_idempotent && !self.unsafe_sent {
            // What an earlier request of another method delivered is no answer to this one.
            self.delivered = false;
        }
        self.is_unsafe = !is_idempotent;
        true
    }

    /// The head of the response has come (9.2.2, step 15).
    pub fn head(&mut self, now: Duration, head: &Head<'_>) {
        if !matches!(self.state, State::Connecting { .. }) {
            return;
        }
        let Err(answer) = check_response(head.status, head.content_type) else {
            return match head.content_encoding.filter(|coding| is_compressed(coding)) {
                Some(coding) => self.fail(Closed::Compressed {
                    coding: coding.into(),
                }),
                None => self.announce(now),
            };
        };
        if answer.is_no_content() {
            return self.fail(Closed::NoContent);
        }
        let refreshes = self.policy.refreshes_credentials && !self.has_refreshed;
        let asks_again = matches!(head.status, 401 | 403) && refreshes;
        if asks_again {
            self.has_refreshed = true;
            self.is_refreshing = true;
            // The request was not applied (RFC 9110, 15.5.2 and 15.5.4).
            self.is_unsafe = false;
        }
        if asks_again || self.policy.retried_statuses.contains(&head.status) {
            let cause = Cause::Refused {
                status: head.status,
                retry_after: head.retry_after,
            };
            if self.try_again(now, cause).is_ok() {
                return;
            }
        }
        // The last refusal is the end, with the start of its body.
        self.state = State::Collecting(Box::new(Refusal {
            answer,
            location: head.location.map(Into::into),
            until: now.saturating_add(REFUSAL),
        }));
    }

    /// A chunk of the body has come, of any content.
    pub fn received(&mut self, now: Duration) {
        if let State::Open { heard, .. } = &mut self.state {
            *heard = now;
        }
    }

    /// Returns the next event of the chunk; `None` when the chunk has been read, or the connection is
    /// closed.
    ///
    /// # Errors
    /// [`LimitExceeded`] if a block holds more than the limits allow. That closes the connection,
    /// unless the policy [skips](Policy::skips_over_limit) such blocks, or a comment alone is lost.
    // As `Parser::next_event`.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn next_event<'a, 'c: 'a>(
        &'a mut self,
        now: Duration,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Event<'a>>, LimitExceeded> {
        let State::Open { last_event, .. } = &mut self.state else {
            return Ok(None);
        };
        let next = self.parser.next_event(chunk);
        if let Ok(Some(_)) = next {
            *last_event = Some(now);
            self.delivered = true;
        }
        next.map_err(|error| over_limit(&self.policy, &mut self.state, error))
    }

    /// The same without noting that an event was [delivered](Self::delivered). The connection is
    /// open.
    #[cfg(feature = "stream")]
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn parse<'a, 'c: 'a>(
        &'a mut self,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Event<'a>>, LimitExceeded> {
        let next = self.parser.next_event(chunk);
        next.map_err(|error| over_limit(&self.policy, &mut self.state, error))
    }

    /// Events of the chunk that came last were handed out.
    #[cfg(feature = "stream")]
    pub(crate) fn delivered(&mut self) {
        if let State::Open {
            last_event, heard, ..
        } = &mut self.state
        {
            *last_event = Some(*heard);
        }
        self.delivered = true;
    }

    /// Returns the next event of the chunk, with values of its own; otherwise as
    /// [`next_event`](Self::next_event). Long data that had to be collected is not copied again.
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    // As `Parser::next_owned_event`.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub fn next_owned_event(
        &mut self,
        now: Duration,
        chunk: &mut Chunk<'_>,
    ) -> Result<Option<OwnedEvent>, LimitExceeded> {
        let State::Open { last_event, .. } = &mut self.state else {
            return Ok(None);
        };
        let next = self.parser.next_owned_event(chunk);
        if let Ok(Some(_)) = next {
            *last_event = Some(now);
            self.delivered = true;
        }
        next.map_err(|error| over_limit(&self.policy, &mut self.state, error))
    }

    /// Returns the next item of the chunk: comments and the rest of the stream as well as events.
    /// Otherwise as [`next_event`](Self::next_event).
    ///
    /// # Errors
    /// As [`next_event`](Self::next_event).
    #[inline]
    pub fn next_item<'a, 'c: 'a>(
        &'a mut self,
        now: Duration,
        chunk: &mut Chunk<'c>,
    ) -> Result<Option<Item<'a>>, LimitExceeded> {
        let State::Open { last_event, .. } = &mut self.state else {
            return Ok(None);
        };
        let next = self.parser.next_item(chunk);
        if let Ok(Some(Item::Event(_))) = next {
            *last_event = Some(now);
            self.delivered = true;
        }
        next.map_err(|error| over_limit(&self.policy, &mut self.state, error))
    }

    /// The event that was handed out last is the one that ends the stream.
    pub fn terminal(&mut self) {
        if let State::Open { .. } = self.state {
            self.fail(Closed::Terminal);
        }
    }

    /// A chunk of the body of a refusal has come. Up to 8 KiB are kept.
    pub fn refused(&mut self, chunk: &[u8]) {
        if let State::Collecting(refusal) = &mut self.state {
            if !refusal.answer.push_body(chunk) {
                self.collected();
            }
        }
    }

    /// The body has ended as HTTP says that it should.
    pub fn end(&mut self, now: Duration) {
        match self.state {
            State::Open { .. } => {
                let discarded = self.parser.unfinished();
                self.reestablish(now, Cause::End { discarded });
            }
            State::Connecting { .. } => self.failed(now, Failure::Broken),
            State::Collecting(_) => self.collected(),
            State::Waiting { .. } | State::Closed(_) => {}
        }
    }

    /// The request or the response broke (9.2.2: a network error).
    pub fn failed(&mut self, now: Duration, failure: Failure) {
        match (&self.state, failure) {
            (State::Collecting(_), _) => self.collected(),
            (State::Waiting { .. } | State::Closed(_), _) => {}
            (_, Failure::Futile) => self.fail(Closed::Futile),
            (State::Connecting { .. }, Failure::Unreachable) => {
                self.is_unsafe = false;
                self.reestablish(now, Cause::Unreachable);
            }
            _ => {
                let discarded = self.parser.unfinished();
                self.reestablish(now, Cause::Broken { discarded });
            }
        }
    }

    /// The time that [`action`](Self::action) gave has come.
    pub fn elapsed(&mut self, now: Duration) {
        match &self.state {
            State::Waiting { until, .. } if *until <= now => self.connect(now),
            State::Collecting(refusal) if refusal.until <= now => self.collected(),
            State::Connecting {
                until: Some(until), ..
            } if *until <= now => {
                self.reestablish(now, Cause::NoHead);
            }
            State::Open { .. } => {
                let discarded = self.parser.unfinished();
                match self.silent_from() {
                    Some((until, Silence::NoByte)) if until <= now => {
                        self.reestablish(now, Cause::Idle { discarded });
                    }
                    Some((until, Silence::NoEvent)) if until <= now => {
                        self.reestablish(now, Cause::Silent { discarded });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// The `close()` method (9.2.2).
    pub fn close(&mut self) {
        if !matches!(self.state, State::Closed(_)) {
            self.state = State::Closed(Closed::ByCaller);
        }
    }

    /// Drops what there is and connects at once, for instance after the machine slept. This does not
    /// count as a failure. The caller takes the decision to send the request again.
    pub fn restart(&mut self, now: Duration) {
        if matches!(self.state, State::Closed(_)) {
            return;
        }
        if self.is_begun() {
            self.leave(now, Outcome::Dropped);
            self.cause = Some(Cause::Restart);
        }
        self.unsafe_sent = false;
        self.connect(now);
    }

    /// Returns the value of `readyState` (9.2.2).
    pub const fn ready_state(&self) -> ReadyState {
        match self.state {
            State::Open { .. } => ReadyState::Open,
            State::Connecting { .. } | State::Collecting(_) | State::Waiting { .. } => {
                ReadyState::Connecting
            }
            State::Closed(_) => ReadyState::Closed,
        }
    }

    /// Returns why the connection was lost last.
    pub const fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }

    /// Returns the last event ID string.
    pub fn last_event_id(&self) -> &str {
        self.parser.last_event_id()
    }

    /// Returns the reconnection time: that of the last valid `retry` field, or of the policy.
    pub fn reconnection_time(&self) -> Duration {
        let sent = self.sent_reconnection_time();
        sent.unwrap_or(self.policy.reconnection_time)
    }

    /// Returns what another process needs to go on from here.
    pub fn to_resume(&self) -> Resume {
        Resume {
            last_event_id: self.last_event_id().into(),
            reconnection_time: self.sent_reconnection_time(),
        }
    }

    fn sent_reconnection_time(&self) -> Option<Duration> {
        self.parser.reconnection_time().or(self.restored_time)
    }

    /// When the last chunk came, if the connection is open.
    #[cfg(feature = "stream")]
    #[inline]
    pub(crate) const fn heard(&self) -> Duration {
        match self.state {
            State::Open { heard, .. } => heard,
            _ => Duration::ZERO,
        }
    }

    #[cfg(feature = "stream")]
    pub(crate) fn wants_items(&self) -> bool {
        self.policy.items
    }

    /// 9.2.3, "announce the connection".
    fn announce(&mut self, now: Duration) {
        self.has_refreshed = false;
        self.id_at_open.clear();
        self.id_at_open.push_str(self.parser.last_event_id());
        self.state = State::Open {
            since: now,
            heard: now,
            last_event: None,
        };
    }

    /// 9.2.3, "reestablish the connection", unless the policy does not want that.
    fn reestablish(&mut self, now: Duration, cause: Cause) {
        if let Err(closed) = self.try_again(now, cause) {
            self.fail(closed);
        }
    }

    /// Waits for another attempt, or returns why there is none.
    fn try_again(&mut self, now: Duration, cause: Cause) -> Result<(), Closed> {
        self.unsafe_sent |= self.is_unsafe;
        self.leave(now, Outcome::Lost);
        let wait = wait(
            &self.policy,
            self.reconnection_time(),
            if cause.is_clean() {
                self.failures
            } else {
                self.failures.max(1)
            },
            cause.retry_after(),
            &mut self.random,
        );
        let own = self.own_part(wait, &cause);
        if let Some(closed) = self.reason_to_end(&cause, now.saturating_add(own)) {
            return Err(closed);
        }
        let asked = wait.saturating_sub(own);
        self.progress_at = self.progress_at.saturating_add(asked);
        self.cause = Some(cause);
        self.state = State::Waiting {
            until: now.saturating_add(wait),
            asked,
        };
        Ok(())
    }

    /// How much of this wait is the client's own decision, and not what the server asks for.
    fn own_part(&self, wait: Duration, cause: &Cause) -> Duration {
        if self.sent_reconnection_time().is_none() && cause.retry_after().is_none() {
            return wait;
        }
        backoff(&self.policy, self.failures).min(wait)
    }

    /// 9.2.3, "fail the connection", and the ends that are not in the standard.
    fn fail(&mut self, closed: Closed) {
        self.state = State::Closed(closed);
    }

    /// What was refused is known, as far as it is kept.
    fn collected(&mut self) {
        let state = core::mem::replace(&mut self.state, State::Closed(Closed::Futile));
        if let State::Collecting(refusal) = state {
            let Refusal {
                answer, location, ..
            } = *refusal;
            self.fail(Closed::Refused { answer, location });
        }
    }

    /// Whether there is more to the attempt at hand than that it is due.
    const fn is_begun(&self) -> bool {
        !matches!(self.state, State::Connecting { is_sent: false, .. })
    }

    fn connect(&mut self, now: Duration) {
        if self.is_begun() {
            self.number = self.number.saturating_add(1);
        }
        self.is_unsafe = false;
        self.is_refreshing = false;
        self.state = State::Connecting {
            until: after(now, self.policy.head_timeout),
            is_sent: false,
        };
    }

    /// The connection is gone: discards an unfinished block (9.2.6), and counts the attempt.
    fn leave(&mut self, now: Duration, outcome: Outcome) {
        let has_progressed = match self.state {
            State::Open {
                since, last_event, ..
            } => last_event.is_some() || self.has_moved(now.saturating_sub(since)),
            State::Waiting { until, asked } => {
                // A wait that does not take place is not left out of the time either.
                let left = until.saturating_sub(now).min(asked);
                self.progress_at = self.progress_at.saturating_sub(left);
                return;
            }
            _ => false,
        };
        self.parser.finish();
        if has_progressed {
            self.failures = 0;
            self.progress_at = now;
        } else if outcome == Outcome::Lost && !self.is_refreshing {
            self.failures = self.failures.saturating_add(1);
        }
    }

    /// Whether a response that was open so long was of use without an event. If it is to be the only
    /// one, it was not.
    fn has_moved(&self, open: Duration) -> bool {
        let is_new_id = self.parser.last_event_id() != self.id_at_open;
        self.policy.mode != Mode::Once && (is_new_id || open >= self.policy.healthy_after)
    }

    /// Why there is no next attempt after this, at `until`. What the server wants the client to wait
    /// does not count.
    fn reason_to_end(&self, cause: &Cause, until: Duration) -> Option<Closed> {
        let is_one_answer = self.policy.mode != Mode::Standard && self.is_answered(cause);
        if is_one_answer && !self.another_request_resumes() {
            return Some(match cause {
                Cause::End { discarded } if !self.policy.has_terminal => Closed::End {
                    discarded: *discarded,
                },
                cause => Closed::Truncated {
                    cause: cause.clone(),
                },
            });
        }
        if self.has_given_up(until) {
            return Some(Closed::GaveUp {
                last: cause.clone(),
            });
        }
        let is_repeated = self.unsafe_sent && !self.requests_vary;
        (is_repeated && !self.may_replay()).then(|| Closed::NotRepeated {
            cause: cause.clone(),
        })
    }

    fn has_given_up(&self, until: Duration) -> bool {
        let attempts = self.policy.attempts;
        let time = self.policy.give_up_after;
        let is_late = |time| until > self.progress_at.saturating_add(time);
        let too_many = |most| self.failures >= most;
        self.failures > 0 && (attempts.is_some_and(too_many) || time.is_some_and(is_late))
    }

    /// Whether the answer had begun to arrive: what is handed out cannot be taken back.
    fn is_answered(&self, cause: &Cause) -> bool {
        self.delivered || matches!(cause, Cause::End { .. })
    }

    fn another_request_resumes(&self) -> bool {
        let without_id = self.policy.resumes_without_id && self.requests_vary;
        self.policy.mode == Mode::Resuming && (without_id || self.has_id())
    }

    fn has_id(&self) -> bool {
        !self.parser.last_event_id().is_empty()
    }

    fn may_replay(&self) -> bool {
        match self.policy.replay {
            Replay::Never => false,
            Replay::UntilDelivered => !self.delivered,
            Replay::WithLastEventId => self.has_id(),
            Replay::Always => true,
        }
    }

    fn not_repeated(&mut self) {
        let cause = self.cause.clone().unwrap_or(Cause::Restart);
        self.fail(Closed::NotRepeated { cause });
    }

    /// When the response will have been silent for too long, and whether comments count.
    fn silent_from(&self) -> Option<(Duration, Silence)> {
        let State::Open {
            since,
            heard,
            last_event,
        } = self.state
        else {
            return None;
        };
        let idle = after(heard, self.policy.idle_timeout);
        let silent = after(last_event.unwrap_or(since), self.policy.event_timeout);
        match (idle, silent) {
            (Some(idle), Some(silent)) if silent < idle => Some((silent, Silence::NoEvent)),
            (Some(idle), _) => Some((idle, Silence::NoByte)),
            (None, Some(silent)) => Some((silent, Silence::NoEvent)),
            (None, None) => None,
        }
    }
}

/// Connecting again would fetch the same block again. A comment or an ignored line is lost alone.
#[cold]
fn over_limit(settings: &Settings, state: &mut State, error: LimitExceeded) -> LimitExceeded {
    if !settings.skips_over_limit && error.kind.discards_block() {
        *state = State::Closed(Closed::Limit(error));
    }
    error
}

/// Whether one of these codings (RFC 9110, 8.4) must be undone before the body can be read.
fn is_compressed(codings: &str) -> bool {
    codings
        .split(',')
        .map(str::trim)
        .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
}

/// How an attempt ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Lost,
    /// The caller did not want it any more.
    Dropped,
}

/// What has not come.
enum Silence {
    NoByte,
    NoEvent,
}

fn after(now: Duration, span: Option<Duration>) -> Option<Duration> {
    Some(now.saturating_add(span?))
}

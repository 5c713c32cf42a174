//! What a client does about ends, failures and silence.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::time::Duration;

use esse_parser::Limits;

/// When a request that is not idempotent (RFC 9110, 9.2.2: `POST`, `PATCH`) may be sent again after
/// it may have reached the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replay {
    /// Never.
    #[default]
    Never,
    /// As long as no event has been handed out since it was sent first.
    UntilDelivered,
    /// If there is a last event ID, so that the server can go on after it.
    WithLastEventId,
    /// Always.
    Always,
}

/// What follows the end of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Standard,
    Once,
    Resuming,
}

/// What a client does about ends, failures and silence.
///
/// Start from one of the four presets and change what you need.
///
/// | preset | after the end of a response | refused with 408, 425, 429, 500, 502, 503, 504 or 529 |
/// |---|---|---|
/// | [`standard`](Self::standard) | connects again | ends |
/// | [`persistent`](Self::persistent) | connects again | tries again |
/// | [`once`](Self::once) | ends | ends |
/// | [`resuming`](Self::resuming) | goes on from the last event ID, if there is one | tries again |
///
/// A clone shares its memory, so make one policy for many clients and clone it.
#[derive(Clone, Debug)]
pub struct Policy(pub(crate) Arc<Settings>);

#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) reconnection_time: Duration,
    pub(crate) least_wait: Duration,
    pub(crate) backoff: (Duration, Duration),
    pub(crate) most_retry_after: Duration,
    pub(crate) healthy_after: Duration,
    pub(crate) head_timeout: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) event_timeout: Option<Duration>,
    pub(crate) attempts: Option<u32>,
    pub(crate) give_up_after: Option<Duration>,
    pub(crate) retried_statuses: Vec<u16>,
    pub(crate) refreshes_credentials: bool,
    pub(crate) replay: Replay,
    pub(crate) resumes_without_id: bool,
    pub(crate) has_terminal: bool,
    pub(crate) limits: Limits,
    pub(crate) skips_over_limit: bool,
    pub(crate) longest_id: usize,
    #[cfg_attr(not(feature = "stream"), allow(dead_code))]
    pub(crate) items: bool,
}

/// Refusals that pass: time-outs, overload, and servers that restart.
const PASSING: [u16; 8] = [408, 425, 429, 500, 502, 503, 504, 529];

impl Policy {
    /// As `EventSource` in a browser: connects again after each end and each failure, until the
    /// server answers something else than an event stream (9.2.2, 9.2.3).
    pub fn standard() -> Self {
        Self(Arc::new(Settings {
            mode: Mode::Standard,
            reconnection_time: Duration::from_secs(3),
            least_wait: Duration::from_millis(100),
            backoff: (Duration::from_secs(1), Duration::from_secs(60)),
            most_retry_after: Duration::from_secs(120),
            healthy_after: Duration::from_secs(60),
            head_timeout: Some(Duration::from_secs(30)),
            idle_timeout: Some(Duration::from_secs(300)),
            event_timeout: None,
            attempts: None,
            give_up_after: None,
            retried_statuses: Vec::new(),
            refreshes_credentials: false,
            replay: Replay::Never,
            resumes_without_id: false,
            has_terminal: false,
            limits: Limits::DEFAULT,
            skips_over_limit: false,
            longest_id: 8 * 1024,
            items: false,
        }))
    }

    /// As [`standard`](Self::standard), and refusals that pass are tried again: 408, 425, 429, 500,
    /// 502, 503, 504 and 529.
    pub fn persistent() -> Self {
        Self::standard().retried_statuses(PASSING)
    }

    /// One response, and its end is the end: calls of LLM APIs, and MCP since 2026-07-28.
    pub fn once() -> Self {
        Self::standard().with(|settings| {
            settings.mode = Mode::Once;
            settings.attempts = Some(1);
        })
    }

    /// One answer, whose rest is fetched by another request if it is cut off after an event with an
    /// ID: MCP 2025-11-25, and background responses of `OpenAI`. Gives up after five attempts or two
    /// minutes without progress.
    pub fn resuming() -> Self {
        Self::persistent().with(|settings| {
            settings.mode = Mode::Resuming;
            settings.attempts = Some(5);
            settings.give_up_after = Some(Duration::from_secs(120));
            settings.replay = Replay::UntilDelivered;
        })
    }

    /// Sets the reconnection time until the server sends one. The default is 3 seconds.
    #[must_use]
    pub fn reconnection_time(self, reconnection_time: Duration) -> Self {
        self.with(|settings| settings.reconnection_time = reconnection_time)
    }

    /// Sets the least time between two connections, whatever the server sends. The default is 100
    /// milliseconds, so that `retry: 0` is not a loop.
    #[must_use]
    pub fn least_wait(self, least_wait: Duration) -> Self {
        self.with(|settings| settings.least_wait = least_wait)
    }

    /// Sets the wait after the first failure, which doubles with each, and the longest one. They
    /// only count if they are longer than the reconnection time. The default is 1 second and 60
    /// seconds.
    #[must_use]
    pub fn backoff(self, first: Duration, most: Duration) -> Self {
        self.with(|settings| settings.backoff = (first, most))
    }

    /// Sets how much of `Retry-After` is obeyed. The default is two minutes.
    #[must_use]
    pub fn most_retry_after(self, most_retry_after: Duration) -> Self {
        self.with(|settings| settings.most_retry_after = most_retry_after)
    }

    /// Sets how long a response without an event must stay open to count as progress. The default
    /// is one minute.
    #[must_use]
    pub fn healthy_after(self, healthy_after: Duration) -> Self {
        self.with(|settings| settings.healthy_after = healthy_after)
    }

    /// Sets how long to wait for the head of a response. `None` means no limit. The default is 30
    /// seconds.
    #[must_use]
    pub fn head_timeout(self, head_timeout: Option<Duration>) -> Self {
        self.with(|settings| settings.head_timeout = head_timeout)
    }

    /// Sets how long a response may be silent. `None` means no limit. Any byte is a sign of life, so
    /// comments count. The default is five minutes; if you know the interval of the server's
    /// keep-alive comments, set three times that.
    #[must_use]
    pub fn idle_timeout(self, idle_timeout: Option<Duration>) -> Self {
        self.with(|settings| settings.idle_timeout = idle_timeout)
    }

    /// Sets how long a response may go without an event. `None`, the default, means no limit.
    #[must_use]
    pub fn event_timeout(self, event_timeout: Option<Duration>) -> Self {
        self.with(|settings| settings.event_timeout = event_timeout)
    }

    /// Sets how many consecutive attempts may fail to make progress. `None` means no limit, and 0 is
    /// the same as 1. Progress is an event, a new last event ID, or a response that stayed open for
    /// [some time](Self::healthy_after); with [`once`](Self::once), it is only an event. The default
    /// is 1 for `once`, 5 for [`resuming`](Self::resuming), and no limit otherwise.
    #[must_use]
    pub fn attempts(self, attempts: Option<u32>) -> Self {
        self.with(|settings| settings.attempts = attempts)
    }

    /// Sets how long the client may go without progress, not counting the time that the server asks
    /// it to wait by `retry` or `Retry-After`. `None` means no limit. The default is two minutes for
    /// [`resuming`](Self::resuming), and no limit otherwise.
    #[must_use]
    pub fn give_up_after(self, give_up_after: Option<Duration>) -> Self {
        self.with(|settings| settings.give_up_after = give_up_after)
    }

    /// Replaces the list of refusals that are tried again. By default it is empty, except in
    /// [`persistent`](Self::persistent) and [`resuming`](Self::resuming). A request that is not idempotent is also
    /// subject to [`replay`](Self::replay): if it may not be sent again, the refusal is final.
    #[must_use]
    pub fn retried_statuses(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.with(|settings| settings.retried_statuses = statuses.into_iter().collect())
    }

    /// Tries once more after 401 or 403, so that the request can be made with a fresh token, and again
    /// when a response has been accepted since. This holds for every method, because a request that
    /// is refused so was not applied (RFC 9110, 15.5.2 and 15.5.4). Such a refusal does not count as
    /// an attempt. Off by default.
    #[must_use]
    pub fn refreshes_credentials(self, refreshes_credentials: bool) -> Self {
        self.with(|settings| settings.refreshes_credentials = refreshes_credentials)
    }

    /// Sets when a request that is not idempotent may be sent again. The default is
    /// [`Replay::UntilDelivered`] for [`resuming`](Self::resuming), and [`Replay::Never`] otherwise.
    #[must_use]
    pub fn replay(self, replay: Replay) -> Self {
        self.with(|settings| settings.replay = replay)
    }

    /// Lets [`resuming`](Self::resuming) go on without a last event ID, because the requests of the
    /// caller's hook say where to go on in another way: by a number in the URL, for instance.
    #[must_use]
    pub fn resumes_without_id(self, resumes_without_id: bool) -> Self {
        self.with(|settings| settings.resumes_without_id = resumes_without_id)
    }

    /// Says that a certain event ends the stream, so that an end without it is
    /// [`Closed::Truncated`](crate::Closed::Truncated). A 204 still ends it without an error.
    #[must_use]
    pub fn has_terminal(self, has_terminal: bool) -> Self {
        self.with(|settings| settings.has_terminal = has_terminal)
    }

    /// Sets how much one block may hold. The default is [`Limits::DEFAULT`].
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        self.with(|settings| settings.limits = limits)
    }

    /// Goes on after a block over a limit, instead of ending. Off by default.
    ///
    /// The ID of such a block does not count. If the connection is lost before the next event with an
    /// ID, the server sends the block again, and one that ends each response with it does so for ever.
    #[must_use]
    pub fn skips_over_limit(self, skips_over_limit: bool) -> Self {
        self.with(|settings| settings.skips_over_limit = skips_over_limit)
    }

    /// Sets the length of the longest last event ID that is sent, in bytes. The default is 8 KiB.
    #[must_use]
    pub fn longest_last_event_id(self, longest_id: usize) -> Self {
        self.with(|settings| settings.longest_id = longest_id)
    }

    /// Makes an `EventSource` hand out comments and the other items of the stream, too. Off by
    /// default.
    #[must_use]
    pub fn items(self, items: bool) -> Self {
        self.with(|settings| settings.items = items)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::standard()
    }
}

//! Keep-alives: comments on streams that would otherwise be silent.

use std::future::Future;
use std::mem;
use std::sync::{Arc, LazyLock, Weak};
use std::time::{Duration, Instant};

use esse_encoder::{Block, Frame};

use crate::hub::Hub;
use crate::shared::Shared;
use crate::state::{State, TICKS};

/// How long a stream may be silent, unless you choose another time.
///
/// 9.2.7 suggests about 15 seconds, because proxies and NATs drop silent connections.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// What a body begins with, and what keeps it alive: a comment, which clients ignore.
pub(crate) static EMPTY_COMMENT: LazyLock<Frame> =
    LazyLock::new(|| Block::new().comment("").to_frame());

/// The shortest sleep.
const SHORTEST: Duration = Duration::from_millis(1);

impl Hub {
    /// Sends a comment to every subscriber that would otherwise be silent for `interval`. One task
    /// and one timer serve all subscribers. Spawn the future; it ends with the hub.
    ///
    /// A comment goes out when a stream was silent for at least two thirds of the interval. It is
    /// also how the server notices that a client has gone without closing its connection. The
    /// subscribers are spread over the interval, so that they do not all write at the same time.
    /// `sleep` is a timer such as `tokio::time::sleep`.
    ///
    /// ```
    /// use esse_server::{Hub, KEEP_ALIVE_INTERVAL};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let hub = Hub::new();
    /// tokio::spawn(hub.keep_alive(KEEP_ALIVE_INTERVAL, tokio::time::sleep));
    /// # });
    /// ```
    pub fn keep_alive<S, T>(
        &self,
        interval: Duration,
        sleep: T,
    ) -> impl Future<Output = ()> + use<S, T>
    where
        T: Fn(Duration) -> S,
        S: Future<Output = ()>,
    {
        let start = Instant::now();
        let clock = move || start.elapsed();
        tick(Arc::downgrade(self.shared()), interval, sleep, clock)
    }
}

async fn tick<S: Future<Output = ()>>(
    hub: Weak<Shared>,
    interval: Duration,
    sleep: impl Fn(Duration) -> S,
    clock: impl Fn() -> Duration,
) {
    // Timers are not finer than a millisecond.
    let tick = interval / TICKS;
    let at_once = SHORTEST.as_nanos().div_ceil(tick.as_nanos().max(1));
    let at_once = u32::try_from(at_once).unwrap_or(TICKS).min(TICKS);
    let pause = (tick * at_once).as_millis().max(1);
    let pause = Duration::from_millis(u64::try_from(pause).unwrap_or(u64::MAX));
    let (mut now, mut late) = (clock(), Duration::ZERO);
    loop {
        sleep(pause.saturating_sub(late)).await;
        let before = mem::replace(&mut now, clock());
        // Timers round up, and this task may wait for its turn. That must not add up, and one long
        // delay is not made up for by ticks without a pause.
        let passed = late + now.saturating_sub(before);
        late = passed.saturating_sub(pause).min(pause);
        let Some(shared) = hub.upgrade() else { return };
        for _ in 0..at_once {
            shared.change_now(State::tick);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// What is asked for in an interval of 15 seconds.
    const PAUSE: Duration = Duration::from_millis(78);

    /// Each sleep is longer than asked for by the next of these times. Returns what was asked for,
    /// and the time when the last one is over.
    fn sleeps(longer_by: &[Duration]) -> (Vec<Duration>, Duration) {
        let hub = Hub::new();
        let (time, asked) = (Cell::default(), RefCell::new(Vec::new()));
        let sleep = |pause| {
            let mut asked = asked.borrow_mut();
            let longer_by = longer_by.get(asked.len()).copied().unwrap_or_default();
            time.set(time.get() + pause + longer_by);
            asked.push(pause);
            let mut is_over = false;
            poll_fn(move |_| {
                if mem::replace(&mut is_over, true) {
                    return Poll::Ready(());
                }
                Poll::Pending
            })
        };
        let hub = Arc::downgrade(hub.shared());
        {
            let mut tick = pin!(tick(hub, KEEP_ALIVE_INTERVAL, sleep, || time.get()));
            for _ in longer_by {
                let cx = &mut Context::from_waker(Waker::noop());
                assert!(tick.as_mut().poll(cx).is_pending());
            }
        }
        (asked.into_inner(), time.get())
    }

    #[test]
    fn what_a_timer_rounds_up_does_not_add_up() {
        let a_bit = Duration::from_micros(1300);
        let intervals = 10;
        let ticks = usize::try_from(intervals * TICKS).unwrap();
        let (_, time) = sleeps(&vec![a_bit; ticks]);
        assert!(time <= intervals * KEEP_ALIVE_INTERVAL, "{time:?}");
        assert!(time >= intervals * TICKS * PAUSE, "{time:?}");
    }

    #[test]
    fn a_long_delay_is_not_made_up_for() {
        let none = Duration::ZERO;
        let (asked, _) = sleeps(&[none, Duration::from_secs(3600), none, none, none]);
        assert_eq!(asked, [PAUSE, PAUSE, none, PAUSE, PAUSE]);
    }
}

//! How long to wait, and how many programs run at once.

use std::num::NonZeroUsize;
use std::time::Duration;

/// How long to wait, and how many programs run at once. A [`Duration`] is a pace too: so long, and as
/// many as usual.
///
/// ```
/// use std::num::NonZeroUsize;
///
/// use esse_behaviour::{Pace, connect};
///
/// let mut pace = Pace::from(connect::PATIENCE);
/// pace.jobs = NonZeroUsize::new(4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How long nothing may happen while something is expected.
    pub patience: Duration,
    /// How many run at once. `None`: 24 scenarios, or 8 checks.
    pub jobs: Option<NonZeroUsize>,
}

impl From<Duration> for Pace {
    fn from(patience: Duration) -> Self {
        Self {
            patience,
            jobs: None,
        }
    }
}

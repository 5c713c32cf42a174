//! Sinks, which take the events of a parser.

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use crate::Written;

/// The number of events between looks at the clock.
const LOOK: usize = 256;

/// Why a parser was stopped before the end of the stream.
///
/// Any error of a peer becomes [`Stop::Failed`], so a driver can use `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The deadline is past.
    Late,
    /// An event differs from the one that was written. The sink has kept it.
    Different,
    /// The peer reported an error.
    Failed(String),
}

impl<E: Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Takes the events of a parser.
pub trait Sink {
    /// Takes an event. The data may be bytes, as some peers give them.
    ///
    /// # Errors
    /// If the parser is to stop.
    fn event(
        &mut self,
        event_type: &str,
        data: impl AsRef<[u8]>,
        last_event_id: &str,
    ) -> Result<(), Stop>;
}

/// Looks at the three values of each event, which the compiler cannot see through, and drops them.
#[derive(Debug)]
pub struct Discard {
    /// The number of events so far.
    pub events: usize,
    deadline: Instant,
}

impl Discard {
    /// One that stops the parser at the deadline.
    pub fn new(deadline: Instant) -> Self {
        Self {
            events: 0,
            deadline,
        }
    }
}

impl Sink for Discard {
    #[inline]
    fn event(
        &mut self,
        event_type: &str,
        data: impl AsRef<[u8]>,
        last_event_id: &str,
    ) -> Result<(), Stop> {
        black_box((event_type, data.as_ref(), last_event_id));
        self.events += 1;
        in_time(self.events, self.deadline)
    }
}

/// Compares each event with the one that was written, and stops at the first that differs.
#[derive(Debug)]
pub struct Check<'s> {
    expected: &'s [Written],
    /// The number of right events.
    pub right: usize,
    /// The type, data and ID of the first wrong event.
    pub wrong: Option<(String, Vec<u8>, String)>,
    deadline: Instant,
}

impl<'s> Check<'s> {
    /// One that expects the events of these fingerprints.
    pub fn new(expected: &'s [Written], deadline: Instant) -> Self {
        Self {
            expected,
            right: 0,
            wrong: None,
            deadline,
        }
    }

    /// Whether all events have come.
    pub fn is_complete(&self) -> bool {
        self.right == self.expected.len()
    }
}

impl Sink for Check<'_> {
    fn event(
        &mut self,
        event_type: &str,
        data: impl AsRef<[u8]>,
        last_event_id: &str,
    ) -> Result<(), Stop> {
        let data = data.as_ref();
        let is_right = self.expected.get(self.right).is_some_and(|written| {
            (event_type, data, last_event_id)
                == (written.event_type(), written.data.as_bytes(), &*written.id)
        });
        if !is_right {
            self.wrong = Some((event_type.into(), data.into(), last_event_id.into()));
            return Err(Stop::Different);
        }
        self.right += 1;
        in_time(self.right, self.deadline)
    }
}

#[inline]
fn in_time(events: usize, deadline: Instant) -> Result<(), Stop> {
    if events.is_multiple_of(LOOK) && Instant::now() > deadline {
        return Err(Stop::Late);
    }
    Ok(())
}

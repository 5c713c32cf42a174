//! Compares the events of a parser with those that the corpus wrote.

use std::time::{Duration, Instant};

use crate::peers::Subject;
use crate::sink::{Check, Stop};
use crate::{ChunkSize, Feed, Sample};

/// Whether a parser returned the events that the corpus wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same events, all of them.
    Exact,
    /// The same events, as far as it got in the time it had.
    Late,
    /// Other events, described in a few words.
    Differs(String),
}

impl Subject {
    /// Feeds the sample to the parser for at most this long, and compares the events.
    pub fn verdict(&self, sample: &Sample, size: ChunkSize, patience: Duration) -> Verdict {
        let deadline = Instant::now() + patience;
        let feed = Feed::new(sample, size, deadline);
        let mut check = Check::new(&sample.events, deadline);
        let outcome = (self.check)(&feed, &mut check);
        let right = check.right;
        match outcome {
            Ok(()) if check.is_complete() => Verdict::Exact,
            Err(Stop::Different) => Verdict::Differs(difference(sample, &check)),
            Err(Stop::Failed(error)) => {
                Verdict::Differs(format!("fails after {right} events: {error}"))
            }
            Ok(()) | Err(Stop::Late) if Instant::now() > deadline => Verdict::Late,
            Ok(()) | Err(Stop::Late) => {
                let written = sample.events.len();
                Verdict::Differs(format!("ends after {right} of {written} events"))
            }
        }
    }
}

fn difference(sample: &Sample, check: &Check<'_>) -> String {
    let (Some(found), Some(written)) = (&check.wrong, sample.events.get(check.right)) else {
        return "gives events after the last one".into();
    };
    let (event_type, data, id) = found;
    let (name, found, written) = if event_type != written.event_type() {
        ("type", event_type.as_bytes(), written.event_type())
    } else if data != written.data.as_bytes() {
        ("data", &data[..], &*written.data)
    } else {
        ("ID", id.as_bytes(), &*written.id)
    };
    let pairs = found.iter().zip(written.as_bytes());
    let at = pairs
        .take_while(|(found, written)| found == written)
        .count();
    let from = match at {
        0 => String::new(),
        _ => format!(" from byte {at}"),
    };
    format!(
        "event {}: {name}{from} {} instead of {}",
        check.right,
        short(&found[at..]),
        short(&written.as_bytes()[at..])
    )
}

fn short(value: &[u8]) -> String {
    const SHOWN: usize = 30;
    let start = value[..value.len().min(SHOWN)].escape_ascii();
    match value.len() {
        0 => "nothing".into(),
        1..=SHOWN => format!("`{start}`"),
        len => format!("`{start}`… ({len} bytes)"),
    }
}

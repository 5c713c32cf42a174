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
        let feed = Feed::new(sample.bytes.clone(), size, deadline);
        let mut check = Check::new(&sample.events, deadline);
        match self.check(&feed, &mut check) {
            Ok(()) if check.is_complete() => Verdict::Exact,
            Err(Stop::Different) => Verdict::Differs(difference(sample, &check)),
            Err(Stop::Failed(error)) => {
                Verdict::Differs(format!("fails after {} events: {error}", check.right))
            }
            Ok(()) | Err(Stop::Late) if Instant::now() > deadline => Verdict::Late,
            Ok(()) | Err(Stop::Late) => Verdict::Differs(format!(
                "ends after {} of {} events",
                check.right,
                sample.events.len()
            )),
        }
    }
}

fn difference(sample: &Sample, check: &Check<'_>) -> String {
    let event = check.right;
    let (Some(found), true) = (&check.wrong, event < sample.events.len()) else {
        return "gives events after the last one".into();
    };
    let written = sample.corpus.and_then(|corpus| corpus.events().nth(event));
    let Some(written) = written else {
        return format!("event {event} differs");
    };
    let (event_type, data, id) = found;
    let values = [
        (
            "type",
            event_type.as_bytes(),
            written.event_type().as_bytes(),
        ),
        ("data", data, written.data.as_bytes()),
        ("ID", id.as_bytes(), written.id.as_bytes()),
    ];
    let wrong = values
        .into_iter()
        .find(|(_, found, written)| found != written);
    let wrong = wrong.map(|(name, found, written)| from_difference(name, found, written));
    format!("event {event}: {}", wrong.unwrap_or_default())
}

/// Both values, from the first difference on.
fn from_difference(name: &str, found: &[u8], written: &[u8]) -> String {
    let pairs = found.iter().zip(written);
    let at = pairs
        .take_while(|(found, written)| found == written)
        .count();
    let from = if at == 0 {
        String::new()
    } else {
        format!(" from byte {at}")
    };
    format!(
        "{name}{from} {} instead of {}",
        short(&found[at..]),
        short(&written[at..])
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

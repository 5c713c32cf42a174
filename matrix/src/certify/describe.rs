//! Says what was seen that was not expected.

use std::fmt::Write;

use esse_conformance::report::escape;

use super::model::Reading;
use super::probe::{Probe, Reconnection, Seen, SeenEvent};
use super::profile::Profile;
use super::verdict::{Verdict, predict};

/// Events and pieces shown at most.
const SHOWN: usize = 6;

/// A few lines on one probe: its stream, what was expected, what the model predicts, what was seen.
pub(super) fn describe(
    cut: &str,
    verdict: &Verdict,
    seen: &Seen,
    probe: &Probe,
    right: &[Reading],
    profile: &Profile,
) -> String {
    let mut text = match verdict {
        Verdict::Outdated(quirks) => {
            let names: Vec<String> = quirks.iter().map(ToString::to_string).collect();
            format!(
                "{cut}: as the standard says, which should not be by {}\n",
                names.join(", ")
            )
        }
        _ => format!("{cut}: neither as the standard says nor as a known deviation predicts\n"),
    };
    let predicted = predict(probe, &profile.deviations);
    // Writing to a String cannot fail.
    let _ = writeln!(text, "  stream     {}", of_pieces(&probe.chunks));
    if let Some(right) = right.first() {
        let _ = writeln!(text, "  expected   {}", of_reading(right, probe));
    }
    let _ = writeln!(text, "  predicted  {}", of_reading(&predicted, probe));
    let _ = write!(text, "  seen       {}", of_seen(seen));
    text
}

/// The pieces in which it is sent, unless they are many.
fn of_pieces(pieces: &[Vec<u8>]) -> String {
    if pieces.len() > SHOWN {
        return escape::quote(&pieces.concat());
    }
    let quoted: Vec<String> = pieces.iter().map(|piece| escape::quote(piece)).collect();
    quoted.join(" ")
}

pub(super) fn of_reading(reading: &Reading, probe: &Probe) -> String {
    let events = of_events(&reading.events);
    if !probe.reconnects {
        return events;
    }
    let time = reading.reconnection_time;
    let time = time.map_or("its own time".to_owned(), |time| format!("{time} ms"));
    let id = escape::quote(reading.last_event_id.as_bytes());
    format!("{events}; then it reconnects after {time} with the ID {id}")
}

fn of_seen(seen: &Seen) -> String {
    let events = of_events(&seen.events);
    let again = seen
        .reconnection
        .as_ref()
        .map_or(String::new(), of_reconnection);
    let nothing = if seen.timed_out {
        "; then nothing more in time"
    } else {
        ""
    };
    format!("{events}{again}{nothing}")
}

fn of_reconnection(reconnection: &Reconnection) -> String {
    let id = reconnection.last_event_id.as_deref();
    let id = id.map_or("no ID".to_owned(), |id| {
        format!("the ID {}", escape::quote(id))
    });
    format!(
        "; then it reconnects after {} ms with {id}",
        reconnection.after.as_millis()
    )
}

fn of_events(events: &[SeenEvent]) -> String {
    let shown = events.iter().take(SHOWN).map(|event| {
        let [event_type, data, id] = [&event.event_type, &event.data, &event.last_event_id]
            .map(|text| escape::quote(text.as_bytes()));
        format!("type {event_type}, data {data}, last event ID {id}")
    });
    let shown: Vec<String> = shown.collect();
    match events.len() {
        0 => "no event".to_owned(),
        count if count > SHOWN => format!("{} and so on, {count} events", shown.join("; ")),
        _ => shown.join("; "),
    }
}

//! Shows answers in reports, one line per member.

use crate::escape;
use crate::judge::compare::Judged;
use crate::subject::{Event, Parsed};

/// The most events or comments that a report shows.
const SHOWN: usize = 8;

/// The members of an answer that are judged.
pub(crate) fn got(parsed: &Parsed, judged: Judged) -> Vec<String> {
    members(parsed, judged, |index| parsed.events[index].after_chunk)
}

/// The members of an expectation that are judged. `due` holds for each event after which chunk it
/// is due.
pub(crate) fn expected(parsed: &Parsed, due: &[usize], judged: Judged) -> Vec<String> {
    members(parsed, judged, |index| due.get(index).copied())
}

fn members(
    parsed: &Parsed,
    judged: Judged,
    after_chunk: impl Fn(usize) -> Option<usize>,
) -> Vec<String> {
    let mut lines = list("event", &parsed.events, |index, event| {
        let chunk = after_chunk(index).filter(|_| judged.after_chunk);
        self::event(event, chunk)
    });
    if let Some(id) = parsed
        .last_event_id
        .as_deref()
        .filter(|_| judged.last_event_id)
    {
        lines.push(format!("last event ID {}", escape::quote(id.as_bytes())));
    }
    if judged.reconnection_time {
        lines.push(match &parsed.reconnection_time {
            Some(time) => format!("reconnection time {time} ms"),
            None => "no reconnection time".to_owned(),
        });
    }
    if let Some(comments) = parsed.comments.as_ref().filter(|_| judged.comments) {
        lines.extend(list("comment", comments, |_, comment| {
            escape::quote(comment.as_bytes())
        }));
    }
    if let Some(ignored) = parsed.ignored.as_ref().filter(|_| judged.ignored) {
        lines.extend(list("ignored line", ignored, |_, (name, value)| {
            let [name, value] = [name, value].map(|text| escape::quote(text.as_bytes()));
            format!("name {name}, value {value}")
        }));
    }
    if let Some(discarded) = parsed.discarded.filter(|_| judged.discarded) {
        lines.push(format!("discarded at the end: {discarded}"));
    }
    lines
}

fn list<T>(noun: &str, items: &[T], show: impl Fn(usize, &T) -> String) -> Vec<String> {
    if items.is_empty() {
        return vec![format!("no {noun}s")];
    }
    let shown = items.iter().take(SHOWN).enumerate();
    let mut lines: Vec<String> = shown
        .map(|(index, item)| format!("{noun} {index}: {}", show(index, item)))
        .collect();
    if items.len() > SHOWN {
        lines.push(format!("and {} more {noun}s", items.len() - SHOWN));
    }
    lines
}

fn event(event: &Event, after_chunk: Option<usize>) -> String {
    let mut line = format!(
        "type {}, data {}",
        escape::quote(event.event_type.as_bytes()),
        escape::quote(event.data.as_bytes())
    );
    if let Some(id) = &event.last_event_id {
        line = format!("{line}, last event ID {}", escape::quote(id.as_bytes()));
    }
    if let Some(chunk) = after_chunk {
        line = format!("{line}, after chunk {chunk}");
    }
    line
}

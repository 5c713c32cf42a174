//! Shows answers in reports, a line for each member.

use crate::escape;
use crate::judge::compare::Judged;
use crate::subject::{Parsed, ParsedEvent};

/// Most events or comments that a report shows.
const SHOWN: usize = 8;

/// The members of an answer that are judged.
pub(crate) fn parsed(parsed: &Parsed, judged: Judged) -> Vec<String> {
    let mut lines = list("event", &parsed.events, |event| self::event(event, judged));
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
        lines.extend(list("comment", comments, |comment| {
            escape::quote(comment.as_bytes())
        }));
    }
    lines
}

fn list<T>(noun: &str, items: &[T], show: impl Fn(&T) -> String) -> Vec<String> {
    if items.is_empty() {
        return vec![format!("no {noun}s")];
    }
    let shown = items.iter().take(SHOWN).enumerate();
    let mut lines: Vec<String> = shown
        .map(|(index, item)| format!("{noun} {index}: {}", show(item)))
        .collect();
    if items.len() > SHOWN {
        lines.push(format!("and {} {noun}s more", items.len() - SHOWN));
    }
    lines
}

fn event(event: &ParsedEvent, judged: Judged) -> String {
    let mut line = format!(
        "type {}, data {}",
        escape::quote(event.event_type.as_bytes()),
        escape::quote(event.data.as_bytes())
    );
    if let Some(id) = &event.last_event_id {
        line = format!("{line}, last event ID {}", escape::quote(id.as_bytes()));
    }
    if let Some(chunk) = event.after_chunk.filter(|_| judged.after_chunk) {
        line = format!("{line}, after chunk {chunk}");
    }
    line
}

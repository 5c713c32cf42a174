//! The connection, on stderr: one line for each piece of news.

use std::error::Error;
use std::fmt::Display;
use std::time::Duration;

use esse_client::parser::NotAnEventStream;
use esse_client::{Closed, Ended, Reconnecting};
use http::header::CONTENT_TYPE;
use http::response::Parts;

use crate::{looks, stop};

pub(super) struct News {
    is_quiet: bool,
    connections: u64,
}

impl News {
    pub(super) const fn new(is_quiet: bool) -> Self {
        Self {
            is_quiet,
            connections: 0,
        }
    }

    pub(super) fn say(&self, news: impl Display) {
        if !self.is_quiet {
            stop::say(news);
        }
    }

    pub(super) fn opened(&mut self, head: &Parts) {
        self.connections += 1;
        let content_type = head.headers.get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        self.say(format_args!(
            "opened: {}, {:?}, {}",
            head.status,
            head.version,
            content_type.unwrap_or("no content type")
        ));
    }

    pub(super) const fn was_opened(&self) -> bool {
        self.connections > 0
    }

    pub(super) fn lost(&self, lost: &Reconnecting) {
        let why = match &lost.error {
            Some(error) => format!(" ({})", with_sources(&**error)),
            None => String::new(),
        };
        self.say(format_args!(
            "{}{why}; attempt {} in {}",
            lost.cause,
            lost.attempt,
            seconds(lost.wait)
        ));
        if lost.is_id_left_out {
            self.say("the last event ID cannot be sent in a header, so the stream begins anew");
        }
    }

    pub(super) fn summary(&self, events: u64, took: Duration, last_event_id: &str) {
        let id = if last_event_id.is_empty() {
            String::new()
        } else {
            format!("; last event ID {last_event_id:?}")
        };
        self.say(format_args!(
            "{} in {}, {}{id}",
            counted(events, "event"),
            seconds(took),
            counted(self.connections, "connection"),
        ));
    }
}

fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// What an error at the end says.
pub(super) fn describe(ended: &Ended) -> String {
    match ended {
        Ended::Closed {
            closed: Closed::Refused { answer, location },
            ..
        } => refused(answer, location.as_deref()),
        other => with_sources(other),
    }
}

fn refused(answer: &NotAnEventStream, location: Option<&str>) -> String {
    let content_type = answer.content_type.as_deref().unwrap_or("no content type");
    let mut text = format!("not an event stream: {}, {content_type}", answer.status);
    if let Some(location) = location {
        text = format!("{text}, location {location}");
    }
    if answer.body.is_empty() {
        return text;
    }
    format!("{text}; {}", looks::describe(&answer.body))
}

/// The error and what caused it, without repeating what the error says itself.
fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}

//! The connection, on stderr: one line for each piece of news.

use std::fmt::Display;
use std::time::Duration;

use esse_client::{Cause, Closed, Ended, Reconnecting};
use http::response::Parts;

use crate::phrases::{self, counted, seconds, with_sources};
use crate::stop;

pub(super) struct News {
    is_quiet: bool,
    connections: u64,
    /// The status of the last answer that was not a stream.
    refused: Option<u16>,
}

impl News {
    pub(super) const fn new(is_quiet: bool) -> Self {
        Self {
            is_quiet,
            connections: 0,
            refused: None,
        }
    }

    pub(super) fn say(&self, news: impl Display) {
        if !self.is_quiet {
            stop::say(news);
        }
    }

    pub(super) fn opened(&mut self, head: &Parts) {
        self.connections += 1;
        self.say(phrases::opened(head.status, head.version, &head.headers));
    }

    pub(super) const fn was_opened(&self) -> bool {
        self.connections > 0
    }

    /// What to say at the end if none was opened, and the exit status for it.
    pub(super) fn without_a_stream(&self) -> (String, u8) {
        match self.refused {
            Some(status) => (
                format!("no event stream came in time: the last answer was {status}"),
                stop::BAD_INPUT,
            ),
            None => ("no answer came in time".to_owned(), stop::NO_ANSWER),
        }
    }

    pub(super) fn lost(&mut self, lost: &Reconnecting) {
        if let Cause::Refused { status, .. } = lost.cause {
            self.refused = Some(status);
        }
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

/// What an error at the end says.
pub(super) fn describe(ended: &Ended) -> String {
    match ended {
        Ended::Closed {
            closed: Closed::Refused { answer, location },
            ..
        } => phrases::not_an_event_stream(answer, location.as_deref()),
        other => with_sources(other),
    }
}

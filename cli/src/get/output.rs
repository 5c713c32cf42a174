//! Events on stdout.

use std::env;
use std::io::{self, IsTerminal, StdoutLock, Write};

use esse_client::parser::OwnedEvent;

use super::arguments::Args;
use super::pretty::Pretty;
use crate::event_json::EventJson;
use crate::stop::Stop;
use crate::watched::Watched;

pub(super) struct Output {
    form: Form,
    stdout: Watched<StdoutLock<'static>>,
    buffer: Vec<u8>,
}

enum Form {
    JsonLines,
    Data,
    Pretty(Pretty),
}

impl Output {
    pub(super) fn new(args: &Args) -> Self {
        let stdout = io::stdout();
        let is_coloured = stdout.is_terminal() && may_be_coloured();
        Self {
            form: match args {
                Args { pretty: true, .. } => Form::Pretty(Pretty::new(is_coloured)),
                Args { data: true, .. } => Form::Data,
                _ => Form::JsonLines,
            },
            stdout: Watched(stdout.lock()),
            buffer: Vec::new(),
        }
    }

    /// Writes the event at once: the reader must not wait for the next one.
    pub(super) fn write(&mut self, event: &OwnedEvent) -> Result<(), Stop> {
        let event = EventJson::from(event.as_event());
        self.buffer.clear();
        match &self.form {
            Form::JsonLines => event.append_to(&mut self.buffer),
            Form::Data => self.buffer.extend_from_slice(event.data.as_bytes()),
            Form::Pretty(pretty) => pretty.append(event, &mut self.buffer),
        }
        self.buffer.push(b'\n');
        let written = self.stdout.write_all(&self.buffer);
        written
            .and_then(|()| self.stdout.flush())
            .map_err(|error| Stop::writing(&error))
    }
}

/// Unless `NO_COLOR` is set and not empty (<https://no-color.org>), or the terminal has no colours.
fn may_be_coloured() -> bool {
    let is_unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !is_unwanted && env::var_os("TERM").is_none_or(|value| value != "dumb")
}

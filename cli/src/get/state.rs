//! The file that remembers where a stream was.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use esse_client::{Connection, Resume};
use serde::{Deserialize, Serialize};

use crate::stop::{self, Stop};

/// How often it is written while events come. A process that is killed sees at most the events of
/// this time again.
const INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct State {
    path: Option<PathBuf>,
    /// What the file has.
    saved: Remembered,
    saved_at: Option<Instant>,
    now: Remembered,
    /// Writing failed the last time.
    has_failed: bool,
    has_said_so: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with `url` and `lastEventId`"
)]
struct Remembered {
    url: String,
    last_event_id: String,
    /// The reconnection time that the server sent, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    retry: Option<u64>,
}

impl State {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, or could not be written later. So the request, which may be one that is paid
    /// for, is not sent.
    pub(super) fn open(path: Option<&Path>, url: &str) -> Result<Self, Stop> {
        let remembered = match path {
            Some(path) => read(path, url)?,
            None => None,
        };
        let saved = remembered.unwrap_or_else(|| Remembered {
            url: url.to_owned(),
            ..Remembered::default()
        });
        let mut state = Self {
            path: None,
            now: saved.clone(),
            saved,
            saved_at: None,
            has_failed: false,
            has_said_so: false,
        };
        if let Some(path) = path {
            // A link stays one.
            let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            let written = write_beside(&target, &state.now).and_then(fs::remove_file);
            written.map_err(|error| Stop::file(path.display(), &error))?;
            state.path = Some(target);
        }
        Ok(state)
    }

    /// Where the file says to go on, if it does.
    pub(super) fn resume(&self) -> Option<Resume> {
        let mut resume = Resume::after(&*self.saved.last_event_id);
        resume.reconnection_time = self.saved.retry.map(Duration::from_millis);
        (resume != Resume::default()).then_some(resume)
    }

    /// To be called when the events so far were written.
    pub(super) fn note(&mut self, connection: &Connection) {
        if self.path.is_none() {
            return;
        }
        let resume = connection.to_resume();
        let retry = resume.reconnection_time;
        self.now.last_event_id = resume.last_event_id;
        self.now.retry = retry.and_then(|time| u64::try_from(time.as_millis()).ok());
        if self.saved_at.is_none_or(|at| at.elapsed() >= INTERVAL) {
            self.save();
        }
    }

    /// Writes the file, if anything has changed. If that fails, the events go on all the same.
    pub(super) fn save(&mut self) {
        let Some(path) = &self.path else { return };
        if self.now == self.saved {
            return;
        }
        self.saved_at = Some(Instant::now());
        let written = write(path, &self.now);
        self.has_failed = written.is_err();
        match written {
            Ok(()) => self.saved.clone_from(&self.now),
            Err(error) if !self.has_said_so => {
                self.has_said_so = true;
                let why = stop::reason(&error);
                stop::say(format_args!("{}: {why}; events go on", path.display()));
            }
            Err(_) => {}
        }
    }

    /// The outcome of the command: no success if the file does not say where the stream is.
    pub(super) fn status(&self, outcome: Result<ExitCode, Stop>) -> Result<ExitCode, Stop> {
        match outcome {
            Ok(ExitCode::SUCCESS) | Err(Stop::NobodyReads) if self.has_failed => {
                Ok(ExitCode::from(stop::TROUBLE))
            }
            other => other,
        }
    }
}

fn read(path: &Path, url: &str) -> Result<Option<Remembered>, Stop> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Stop::file(path.display(), &error)),
    };
    let name = path.display();
    let remembered: Remembered = serde_json::from_str(&text)
        .map_err(|error| Stop::Trouble(format!("{name} is not a state file: {error}")))?;
    if remembered.url != url {
        let of = remembered.url;
        return Err(Stop::Trouble(format!(
            "{name} belongs to {of}: use another file for each stream"
        )));
    }
    Ok(Some(remembered))
}

/// The file is replaced as a whole, so that a crash cannot leave half of it.
fn write(path: &Path, remembered: &Remembered) -> io::Result<()> {
    fs::rename(write_beside(path, remembered)?, path)
}

/// Writes a file beside the one of this path, and returns its path.
fn write_beside(path: &Path, remembered: &Remembered) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(remembered)?)?;
    file.write_all(b"\n")?;
    Ok(new)
}

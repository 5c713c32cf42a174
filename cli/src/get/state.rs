//! The file that remembers where a stream was.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use esse_client::{Connection, Resume};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::request;
use crate::stop::{self, Stop};

/// How often it is written while events come. A process that is killed sees at most the events of
/// this time again.
const INTERVAL: Duration = Duration::from_secs(1);

/// As many links as Linux follows from one to the next.
const LINKS: usize = 40;

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
    /// It is not a regular file, cannot be read, or could not be written later. So the request, which
    /// may be one that is paid for, is not sent.
    pub(super) fn open(path: Option<&Path>, url: &str) -> Result<Self, Stop> {
        let remembered = match path {
            Some(path) => {
                refuse_others(path)?;
                read(path, url)?
            }
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
            let target = followed(path).and_then(|target| {
                // It is removed again at once.
                write_beside(&target, &state.now)?;
                Ok(target)
            });
            state.path = Some(target.map_err(|error| Stop::file(path.display(), &error))?);
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
        let of = request::shown(&remembered.url);
        return Err(Stop::Trouble(format!(
            "{name} belongs to {of}: use another file for each stream"
        )));
    }
    Ok(Some(remembered))
}

/// A device or a pipe cannot be replaced, and reading it may never end.
fn refuse_others(path: &Path) -> Result<(), Stop> {
    match fs::metadata(path) {
        Ok(there) if !there.is_file() => {
            let name = path.display();
            Err(Stop::Trouble(format!("{name} is not a regular file")))
        }
        // What is not there is made, and other errors come back when it is read.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The file behind all links, which need not be there yet: a link stays one.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(to) => path = folder(&path).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("too many links"))
}

/// The file is replaced as a whole, so that a crash cannot leave half of it.
fn write(path: &Path, remembered: &Remembered) -> io::Result<()> {
    write_beside(path, remembered)?.persist(path)?;
    Ok(())
}

/// Writes a file with a name of its own beside the one of this path. Its mode is that of the file
/// there. A new one is for its owner alone: the URL may have a password or a token.
fn write_beside(path: &Path, remembered: &Remembered) -> io::Result<NamedTempFile> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    let mut new = tempfile::Builder::new()
        .prefix(&name)
        .make_in(folder(path), for_its_owner)?;
    if let Ok(there) = fs::metadata(path) {
        new.as_file().set_permissions(there.permissions())?;
    }
    new.write_all(&serde_json::to_vec(remembered)?)?;
    new.write_all(b"\n")?;
    Ok(new)
}

fn for_its_owner(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

//! The file that remembers where a stream was.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use esse_client::{Connection, Resume};
use serde::{Deserialize, Serialize};

use crate::stop::Stop;

/// How often it is written while events come. A process that is killed sees at most the events of
/// this time again.
const INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct State {
    path: Option<PathBuf>,
    /// What the file has.
    saved: Remembered,
    saved_at: Option<Instant>,
    now: Remembered,
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
    pub(super) fn open(path: Option<&Path>, url: &str) -> Result<Self, Stop> {
        let remembered = match path {
            Some(path) => read(path, url)?,
            None => None,
        };
        let saved = remembered.unwrap_or_else(|| Remembered {
            url: url.to_owned(),
            ..Remembered::default()
        });
        Ok(Self {
            path: path.map(Path::to_owned),
            now: saved.clone(),
            saved,
            saved_at: None,
        })
    }

    /// Where the file says to go on, if it does.
    pub(super) fn resume(&self) -> Option<Resume> {
        let mut resume = Resume::after(&*self.saved.last_event_id);
        resume.reconnection_time = self.saved.retry.map(Duration::from_millis);
        (resume != Resume::default()).then_some(resume)
    }

    /// To be called when the events so far were written.
    pub(super) fn note(&mut self, connection: &Connection) -> Result<(), Stop> {
        if self.path.is_none() {
            return Ok(());
        }
        let resume = connection.to_resume();
        let retry = resume.reconnection_time;
        self.now.last_event_id = resume.last_event_id;
        self.now.retry = retry.and_then(|time| u64::try_from(time.as_millis()).ok());
        if self.saved_at.is_none_or(|at| at.elapsed() >= INTERVAL) {
            self.save()?;
        }
        Ok(())
    }

    /// Writes the file, if anything has changed.
    pub(super) fn save(&mut self) -> Result<(), Stop> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        if self.now != self.saved {
            write(path, &self.now).map_err(|error| Stop::file(path.display(), &error))?;
            self.saved.clone_from(&self.now);
            self.saved_at = Some(Instant::now());
        }
        Ok(())
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

/// The file is replaced as a whole, so that a crash cannot leave half of it. A link stays one.
fn write(path: &Path, remembered: &Remembered) -> std::io::Result<()> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(remembered)?)?;
    file.write_all(b"\n")?;
    fs::rename(new, path)
}

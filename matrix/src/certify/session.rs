//! A browser at work: probes in, what it saw out, in bounded time.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt, io};

use esse_conformance::report::escape;

use super::board::Board;
use super::browser::{self, Browser};
use super::engine::Engine;
use super::probe::{Probe, Seen};
use super::profile::Profile;
use super::server;

/// How often it is looked whether the browser still runs.
const MOMENT: Duration = Duration::from_millis(200);
/// How long a browser may do nothing at all. Its page waits shorter than that for any stream.
const STANDSTILL: Duration = Duration::from_secs(75);

/// Why there is no result.
#[derive(Debug)]
pub enum Stopped {
    /// The browser, or a program that it takes, is not there; this says what to install.
    NotInstalled(String),
    /// The server cannot listen on loopback, or the browser cannot be started.
    CannotStart(String),
    /// The browser ended, or did nothing for too long. With the end of its stderr.
    Lost {
        /// What happened.
        how: String,
        /// What it said last.
        stderr: String,
    },
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInstalled(how) | Self::CannotStart(how) => f.write_str(how),
            Self::Lost { how, stderr } if stderr.trim().is_empty() => f.write_str(how),
            Self::Lost { how, stderr } => {
                write!(
                    f,
                    "{how}; it said last: {}",
                    escape::quote(stderr.trim().as_bytes())
                )
            }
        }
    }
}

impl std::error::Error for Stopped {}

/// An open browser. Dropped, it is ended.
#[derive(Debug)]
pub struct Session {
    board: Board,
    browser: Option<Browser>,
    version: String,
    profile: Profile,
    deadline: Instant,
}

impl Session {
    /// Opens the browser of an engine on a page of our own. `program` is used in place of the one that is
    /// installed. After `limit` the session is over, whatever it has got.
    ///
    /// # Errors
    /// When the browser is not installed, or it or the server cannot be started.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use esse_matrix::certify::{Engine, Session};
    ///
    /// let session = Session::open(Engine::Chromium, None, Duration::from_secs(600))?;
    /// println!("{}", session.version());
    /// # Ok::<(), esse_matrix::certify::Stopped>(())
    /// ```
    pub fn open(engine: Engine, program: Option<&Path>, limit: Duration) -> Result<Self, Stopped> {
        let program = match program {
            Some(program) => program.to_owned(),
            None => browser::find(engine)?,
        };
        let profile = Profile::of(engine).map_err(Stopped::CannotStart)?;
        let mut session = Self::without_browser(limit, profile)?;
        session.version = browser::version(engine, &program).map_err(no_browser)?;
        let address = server::start(&session.board)
            .map_err(|error| Stopped::CannotStart(format!("cannot listen on loopback: {error}")))?;
        let url = format!("http://{address}/");
        session.browser = Some(Browser::open(engine, &program, &url).map_err(no_browser)?);
        Ok(session)
    }

    pub(super) fn without_browser(limit: Duration, profile: Profile) -> Result<Self, Stopped> {
        let deadline = Instant::now().checked_add(limit);
        Ok(Self {
            board: Board::default(),
            browser: None,
            version: String::new(),
            profile,
            deadline: deadline
                .ok_or_else(|| Stopped::CannotStart("the time limit is too long".to_owned()))?,
        })
    }

    /// What the browser's program says its version is.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What is known of the engine.
    pub(super) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Makes the browser do these probes; the results are in the same order. Calls `done` with their
    /// number, again and again.
    pub(super) fn run(
        &mut self,
        probes: Vec<Probe>,
        done: &mut dyn FnMut(usize),
    ) -> Result<Vec<Seen>, Stopped> {
        let numbers = self.board.add(probes);
        let mut last_step = (0, Instant::now());
        loop {
            let (count, steps) = self.board.wait(&numbers, MOMENT);
            done(count);
            if count == numbers.len() {
                return Ok(self.board.take(numbers));
            }
            if steps != last_step.0 {
                last_step = (steps, Instant::now());
            }
            self.check(last_step.1)?;
        }
    }

    #[cfg(test)]
    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    fn check(&mut self, last_step: Instant) -> Result<(), Stopped> {
        if let Some(stderr) = self.browser.as_mut().and_then(Browser::last_words) {
            let how = "the browser ended before its work was done".to_owned();
            return Err(Stopped::Lost { how, stderr });
        }
        let how = if Instant::now() > self.deadline {
            "the time limit is over (see --timeout)"
        } else if last_step.elapsed() < STANDSTILL {
            return Ok(());
        } else if !self.board.is_open() {
            "the browser has not opened the page"
        } else {
            "the browser has come to a standstill"
        };
        let stderr = self.browser.as_mut().map(Browser::stderr);
        Err(Stopped::Lost {
            how: how.to_owned(),
            stderr: stderr.unwrap_or_default(),
        })
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_browser(error: io::Error) -> Stopped {
    Stopped::CannotStart(format!("cannot start the browser: {error}"))
}

//! A browser that opens a page for each scenario.

use std::time::Duration;

use esse_vectors::connect::Scenario;

use super::desk::Desk;
use super::server;
use crate::certify::browser::{self, Browser};
use crate::certify::{Engine, Stopped};

/// How long a browser may take to open its first page.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open browser. Dropped, it is ended.
#[derive(Debug)]
pub(super) struct Session {
    browser: Browser,
    version: String,
    driver: String,
}

impl Session {
    /// Opens the browser of an engine on a page of our own.
    pub(super) fn open(engine: Engine, scenarios: &[Scenario]) -> Result<Self, Stopped> {
        let cannot = |error| Stopped::CannotStart(format!("cannot start the browser: {error}"));
        let program = browser::find(engine)?;
        let version = browser::version(engine, &program).map_err(cannot)?;
        let desk = Desk::default();
        let address = server::start(&desk, scenarios)
            .map_err(|error| Stopped::CannotStart(format!("cannot listen on loopback: {error}")))?;
        let url = format!("http://{address}");
        let browser = Browser::open(engine, &program, &format!("{url}/")).map_err(cannot)?;
        let mut session = Self {
            browser,
            version,
            driver: format!("curl --silent --no-buffer {url}/drive --data-binary"),
        };
        if !desk.is_open(PATIENCE) {
            return Err(session.lost("the browser has not opened the page"));
        }
        Ok(session)
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The shell command that starts a driver.
    pub(super) fn driver(&self) -> &str {
        &self.driver
    }

    /// Whether it is still there: without it no verdict means anything.
    pub(super) fn check(&mut self) -> Result<(), Stopped> {
        match self.browser.last_words() {
            Some(_) => Err(self.lost("the browser ended before its work was done")),
            None => Ok(()),
        }
    }

    fn lost(&mut self, how: &str) -> Stopped {
        Stopped::Lost {
            how: how.to_owned(),
            stderr: self.browser.stderr(),
        }
    }
}

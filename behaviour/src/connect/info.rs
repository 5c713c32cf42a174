//! What a client says about itself: the first line of its driver.

use std::error::Error;
use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use esse_conformance::subject::title;
use esse_vectors::connect::Scenario;
use serde::{Deserialize, Serialize};

use super::child::Driver;
use super::option::ClientOption;
use super::record::Record;
use super::run;
use super::server::Server;
use crate::described::{Described, Kind};
use crate::pace::Pace;
use crate::verdict::{Rule, Verdict};

/// What a client says about itself. All but the name may be left out.
///
/// ```
/// use esse_behaviour::Described;
/// use esse_behaviour::connect::{ClientInfo, ClientOption};
///
/// let info: ClientInfo = serde_json::from_str(
///     r#"{"name":"x","language":"C","options":["retryMs","closeAfterMs"]}"#,
/// )?;
/// assert_eq!(info.title(), "x (C)");
/// assert!(info.has(&ClientOption::RetryMs) && !info.has(&ClientOption::Method));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientInfo {
    /// Its name. A file of known failures names its client with it.
    pub name: String,
    /// The programming language.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// The version of the client, not of the driver.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub implementation_version: String,
    /// The address of its project.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub homepage: String,
    /// The options that it has. Without a list it is asked everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<Vec<ClientOption>>,
}

impl ClientInfo {
    /// A client about which nothing is known. Its name is the command of its driver.
    pub fn unknown(command: &str) -> Self {
        Self {
            name: command.to_owned(),
            ..Self::default()
        }
    }

    /// Starts the driver once, for a server that answers 204, and reads its first line. A driver that
    /// says nothing about its client is one of an [unknown](Self::unknown) client.
    ///
    /// # Errors
    /// If there is no shell, or it cannot run the command.
    pub fn ask(command: &str, patience: Duration) -> Result<Self, CannotRun> {
        let record = Record::default();
        let nothing = no_content().map_err(|error| CannotRun::new(&error))?;
        let server = Server::bind(&nothing, &record).map_err(|error| CannotRun::new(&error))?;
        let (url, client) = (server.url(), &nothing.client);
        thread::scope(|scope| {
            server.start(scope);
            let ended = Driver::start(command, &url, client, &record, scope).map(|driver| {
                let end = Instant::now() + patience;
                record.wait(
                    |seen| seen.info.is_some() || seen.is_silent || !seen.lines.is_empty(),
                    |_| end,
                );
                driver.end(record.seen().is_silent)
            });
            server.stop();
            match ended.map_err(|error| CannotRun::new(&error))? {
                Some(ended) if ended.is_no_command() => Err(CannotRun::new(&ended)),
                _ => Ok(record.seen().info.unwrap_or_else(|| Self::unknown(command))),
            }
        })
    }

    /// Reads the line of a driver, if it is about the client.
    pub(super) fn read(line: &str) -> Option<Self> {
        serde_json::from_str(line).ok()
    }

    /// Whether it has the option, as far as it says.
    pub fn has(&self, option: &ClientOption) -> bool {
        let options = self.options.as_ref();
        options.is_none_or(|options| options.contains(option))
    }
}

impl Described for ClientInfo {
    const KIND: Kind = Kind::Client;
    type Item = Scenario;
    type Option = ClientOption;

    fn name(&self) -> &str {
        &self.name
    }

    fn title(&self) -> String {
        title(&self.name, &self.implementation_version, &self.language)
    }

    fn homepage(&self) -> Option<&str> {
        Some(self.homepage.as_str()).filter(|homepage| !homepage.is_empty())
    }

    fn lacks(&self, scenario: &Scenario) -> Vec<ClientOption> {
        let mut needed = ClientOption::needed(scenario);
        needed.retain(|option| !self.has(option));
        needed
    }

    fn rule(scenario: &Scenario) -> Rule {
        Rule {
            id: scenario.id.clone(),
            text: scenario.rule.clone(),
            source: scenario.source.clone(),
            basis: scenario.basis,
        }
    }

    fn run(
        command: &str,
        scenarios: &[Scenario],
        pace: Pace,
        progress: &mut dyn FnMut(&Verdict),
    ) -> Vec<Verdict> {
        run(command, scenarios, pace, progress)
    }
}

/// Why a driver cannot be asked anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannotRun(String);

impl CannotRun {
    fn new(error: &dyn fmt::Display) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for CannotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the driver cannot be run: {}", self.0)
    }
}

impl Error for CannotRun {}

/// A server that has nothing to say.
fn no_content() -> serde_json::Result<Scenario> {
    serde_json::from_str(
        r#"{"id": "start", "rule": "", "source": "", "basis": "policy", "server": [],
            "expect": {"said": ["closed"], "requests": []}}"#,
    )
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn ask(command: &str) -> Result<ClientInfo, CannotRun> {
        ClientInfo::ask(command, Duration::from_secs(10))
    }

    #[test]
    fn the_first_line_says_what_a_client_is() {
        let info = ask(r#"echo '{"name":"x","options":["hook","more"]}'; sleep 60; :"#).unwrap();
        assert_eq!(info.title(), "x");
        assert!(info.has(&ClientOption::Hook) && !info.has(&ClientOption::Once));
    }

    #[test]
    fn a_client_that_says_nothing_of_itself_is_asked_everything() {
        for command in [
            r#"echo '{"closed":"204"}'; sleep 60; :"#,
            "exit 3;",
            r#"echo '{"open":true}'; echo '{"name":"x"}'; sleep 60; :"#,
        ] {
            let info = ask(command).unwrap();
            assert_eq!(info, ClientInfo::unknown(command));
            assert!(info.has(&ClientOption::Hook));
        }
    }

    #[test]
    fn a_command_that_does_not_exist_cannot_be_run() {
        let error = ask("esse-no-such-program").unwrap_err().to_string();
        assert!(error.contains("exit status: 127: "), "{error}");
    }
}

//! What a server says about itself: the first line of its program.

use std::time::Duration;

use esse_conformance::subject::title;
use serde::{Deserialize, Serialize};

use super::check::{Check, ServerOption};
use super::run;
use super::server::Server;
use crate::described::{Described, Kind};
use crate::pace::Pace;
use crate::verdict::{Rule, Verdict};

/// The first line of a server's program: it listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ServerInfo {
    /// Where its event stream is: `http`, a host, a port, and a path.
    #[serde(skip_serializing)]
    pub url: String,
    /// What it calls itself. A file of known failures names its server with it.
    pub name: String,
    /// The version of the server under test.
    #[serde(default)]
    pub version: String,
    /// What it has.
    #[serde(default)]
    pub options: Vec<ServerOption>,
}

impl ServerInfo {
    /// Starts the server behind this shell command once, and asks for its name and options.
    ///
    /// # Errors
    /// Why it cannot be started, or what is wrong with its first line.
    pub fn ask(command: &str, patience: Duration) -> Result<Self, String> {
        Ok(Server::start(command, &[], patience)?.info().clone())
    }
}

impl Described for ServerInfo {
    const KIND: Kind = Kind::Server;
    type Item = &'static Check;
    type Option = ServerOption;

    fn name(&self) -> &str {
        &self.name
    }

    fn title(&self) -> String {
        title(&self.name, &self.version, "")
    }

    fn lacks(&self, check: &&'static Check) -> Vec<ServerOption> {
        let mut needed = check.needs.to_vec();
        needed.retain(|option| !self.options.contains(option));
        needed
    }

    fn rule(check: &&'static Check) -> Rule {
        Rule {
            id: check.id.to_owned(),
            text: check.rule.to_owned(),
            source: check.source.to_owned(),
            basis: check.basis,
        }
    }

    fn run(
        command: &str,
        checks: &[&'static Check],
        pace: Pace,
        progress: &mut dyn FnMut(&Verdict),
    ) -> Vec<Verdict> {
        run(command, checks, pace, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_names_every_option() {
        let all = [
            ServerOption::Ids,
            ServerOption::Types,
            ServerOption::Resume,
            ServerOption::Query,
            ServerOption::History,
            ServerOption::KeepAlive,
            ServerOption::Shutdown,
        ];
        let names = all.map(ServerOption::name);
        let line = format!(r#"{{"url":"u","name":"n","options":{names:?}}}"#);
        let info: ServerInfo = serde_json::from_str(&line).unwrap();
        assert_eq!(info.options, all);
    }
}

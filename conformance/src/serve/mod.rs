//! Runs checks against a server: a client connects, publishes through the server's own program, and
//! compares what it reads with what a standard client must read.
//!
//! The server is behind a program that is started once per check. It prints its URL, takes what is to
//! be published on its standard input, and answers each line. The README has the lines and the
//! variables of the environment that set it up.
//!
//! No check asserts that a server is fast: only that something comes at all, before the next event is
//! published.

mod check;
mod checks;
mod message;
mod response;
mod server;
mod stream;

use std::fmt;
use std::time::Duration;

pub use self::check::{Check, ServerOption};
pub use self::checks::checks;
pub use self::message::ServerInfo;
use self::server::Server;
use crate::parallel;

/// How many checks run at once: they mostly wait.
const AT_ONCE: usize = 8;

/// How a server did in one check. Shown as a few lines for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The check.
    pub check: &'static Check,
    /// What it showed.
    pub outcome: Outcome,
}

/// What a check showed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The server did as the rule says.
    Passed {
        /// Which of several right ways it took, if the rule leaves a choice.
        note: Option<String>,
    },
    /// What was seen instead.
    Failed(String),
    /// The server does not have an option that the check is about.
    NotAsked(ServerOption),
}

impl Verdict {
    /// Whether the check failed.
    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    /// Whether the server was asked, so that it has passed or failed.
    pub fn is_asked(&self) -> bool {
        !matches!(self.outcome, Outcome::NotAsked(_))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Check {
            id,
            rule,
            source,
            basis,
            ..
        } = self.check;
        match &self.outcome {
            Outcome::Passed { note: None } => writeln!(f, "pass  {id}"),
            Outcome::Passed { note: Some(note) } => writeln!(f, "pass  {id}: {note}"),
            Outcome::NotAsked(option) => writeln!(f, "skip  {id}: it has no option {option}"),
            Outcome::Failed(difference) => writeln!(
                f,
                "FAIL  {id}  ({basis})\n  rule    {rule}\n  source  {source}\n  wrong   {difference}"
            ),
        }
    }
}

/// Starts the server behind this shell command once, and asks for its name and options.
///
/// # Errors
/// Why it cannot be started, or what is wrong with its first line.
pub fn info(command: &str, patience: Duration) -> Result<ServerInfo, String> {
    Ok(Server::start(command, &[], patience)?.info().clone())
}

/// Runs each check with a server of its own, started by this shell command, several at a time.
/// `patience` is how long nothing may happen while something is expected. Calls `progress` with each
/// verdict as it comes, and returns all in the order of the checks.
pub fn run(
    command: &str,
    options: &[ServerOption],
    checks: &[&'static Check],
    patience: Duration,
    progress: &mut dyn FnMut(&Verdict),
) -> Vec<Verdict> {
    let judge = |(): &mut (), check: &&'static Check| Verdict {
        check,
        outcome: outcome(command, options, check, patience),
    };
    parallel::judge(vec![(); AT_ONCE], checks, judge, progress)
}

fn outcome(command: &str, options: &[ServerOption], check: &Check, patience: Duration) -> Outcome {
    if let Some(lacking) = check.needs.iter().find(|need| !options.contains(need)) {
        return Outcome::NotAsked(*lacking);
    }
    let checked = Server::start(command, check.variables, patience).and_then(|mut server| {
        let checked = check.run(&mut server);
        checked.map_err(|difference| server.explain(difference))
    });
    match checked {
        Ok(note) => Outcome::Passed { note },
        Err(difference) => Outcome::Failed(difference),
    }
}

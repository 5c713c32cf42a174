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
mod info;
mod message;
mod response;
mod server;
mod smoke;
mod stream;

use std::num::NonZeroUsize;
use std::time::Duration;

use esse_conformance::parallel;

pub use self::check::{Check, ServerOption};
pub use self::checks::checks;
pub use self::info::ServerInfo;
use self::server::Server;
pub use self::smoke::smoke;
use crate::described::Described;
use crate::pace::Pace;
use crate::result::BehaviourResult;
use crate::verdict::Verdict;

/// How long to wait for what a server should send, unless the caller says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// How many checks run at once, unless the caller says otherwise: they mostly wait.
const AT_ONCE: usize = 8;

/// The results of a server.
pub type ServerResult = BehaviourResult<ServerInfo>;

/// Runs each check with a server of its own, started by this shell command, several at a time, whatever
/// options it lacks. The patience is how long nothing may happen while something is expected. Calls
/// `progress` with each verdict as it comes, and returns all in the order of the checks.
pub fn run(
    command: &str,
    checks: &[&'static Check],
    pace: impl Into<Pace>,
    progress: &mut dyn FnMut(&Verdict),
) -> Vec<Verdict> {
    let Pace { patience, jobs } = pace.into();
    let judge = |(): &mut (), check: &&'static Check| {
        let checked = Server::start(command, check.variables, patience).and_then(|mut server| {
            let checked = check.run(&mut server);
            checked.map_err(|difference| server.explain(difference))
        });
        let (note, difference) = match checked {
            Ok(note) => (note, None),
            Err(difference) => (None, Some(difference)),
        };
        Verdict {
            rule: ServerInfo::rule(check),
            note,
            differences: difference.into_iter().collect(),
            not_started: false,
        }
    };
    parallel::judge(
        vec![(); jobs.map_or(AT_ONCE, NonZeroUsize::get)],
        checks,
        judge,
        progress,
    )
}

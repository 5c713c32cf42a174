//! Runs scenarios against a client: a server plays what the scenario says, and what the client says
//! and sends is compared with what a correct client does.
//!
//! The client is behind a *driver*: a program that is started once per scenario with a URL as its
//! last argument, connects to it, and prints what its user would see, as one JSON object a line. The
//! README has the lines and the variables of the environment that set it up.
//!
//! No scenario asserts that a client is fast: only that it is not too early.

mod child;
mod event_types;
mod info;
mod judge;
mod option;
mod play;
mod record;
mod request;
mod run;
mod said;
mod server;
mod smoke;
mod steps;

use std::num::NonZeroUsize;
use std::time::Duration;

use esse_conformance::parallel;
use esse_vectors::connect::Scenario;

pub use self::event_types::event_types;
pub use self::info::{CannotRun, ClientInfo};
pub use self::option::ClientOption;
pub use self::smoke::smoke;
pub use self::steps::{Step, steps};
use crate::described::Described;
use crate::pace::Pace;
use crate::result::BehaviourResult;
use crate::verdict::Verdict;

/// How long nothing may happen while something is expected, unless the caller says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// How many scenarios run at once, unless the caller says otherwise: they mostly wait.
const AT_ONCE: usize = 24;

/// The results of a client.
pub type ClientResult = BehaviourResult<ClientInfo>;

/// Runs each scenario with a driver of its own, started by this shell command, several at a time.
/// The patience is how long nothing may happen while something is expected, beyond the waits that a
/// scenario asks for. Calls `progress` with each verdict as it comes, and returns all in the order of
/// the scenarios.
pub fn run(
    command: &str,
    scenarios: &[Scenario],
    pace: impl Into<Pace>,
    progress: &mut dyn FnMut(&Verdict),
) -> Vec<Verdict> {
    let Pace { patience, jobs } = pace.into();
    let judge = |(): &mut (), scenario: &Scenario| {
        let (differences, not_started) = run::run(command, scenario, patience);
        Verdict {
            rule: ClientInfo::rule(scenario),
            note: None,
            differences,
            not_started,
        }
    };
    let at_once = jobs.map_or(AT_ONCE, NonZeroUsize::get);
    parallel::judge(vec![(); at_once], scenarios, judge, progress)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn scenario(id: &str) -> Vec<Scenario> {
        let all = esse_vectors::connect::scenarios().unwrap();
        all.into_iter()
            .filter(|scenario| scenario.id == id)
            .collect()
    }

    /// A driver that is not there, one that ends, and one that says the right thing but sends nothing.
    #[test]
    fn a_driver_that_does_nothing_fails() {
        let first = "output 1 is nothing, and should be `open`";
        let none = "the number of requests is 0, and should be 1";
        for (command, differences) in [
            (
                "exit 3;",
                vec![first, none, "the driver ended, exit status: 3: "],
            ),
            (
                "echo >&2 why; :",
                vec![first, none, "the driver ended, exit status: 0: why"],
            ),
            (
                "echo '{\"open\":true}'; :",
                vec![none, "the driver ended, exit status: 0: "],
            ),
        ] {
            let verdicts = run(
                command,
                &scenario("answers/open-without-events"),
                PATIENCE,
                &mut |_| {},
            );
            assert_eq!(verdicts[0].differences, differences, "{command}");
            assert!(!verdicts[0].not_started, "{command}");
        }
    }

    #[test]
    fn a_driver_that_has_done_nothing_yet_is_not_started() {
        let open = scenario("answers/open-without-events");
        let verdicts = run("sleep 60;", &open, Duration::from_millis(200), &mut |_| {});
        assert!(verdicts[0].not_started && !verdicts[0].is_passed());
    }
}

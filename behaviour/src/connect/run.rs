//! One scenario: starts the server and the driver, waits until the outcome is certain, ends both, and
//! lets the judge compare.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use esse_vectors::connect::Scenario;

use super::child::Driver;
use super::judge::{differences, is_complete, is_wrong_already};
use super::record::Record;
use super::server::Server;

/// The longest that a scenario may take, also if something happens all the time.
const LONGEST: Duration = Duration::from_secs(30);
/// How long nothing may follow, if the scenario does not say.
const QUIET: Duration = Duration::from_millis(500);

/// Returns how the client differs from a correct one, and whether that is only because its driver had
/// done nothing yet when the time was over.
pub(super) fn run(command: &str, scenario: &Scenario, patience: Duration) -> (Vec<String>, bool) {
    let record = Record::default();
    let server = match Server::bind(scenario, &record) {
        Ok(server) => server,
        Err(error) => {
            return (
                vec![format!("the server cannot be started: {error}")],
                false,
            );
        }
    };
    thread::scope(|scope| {
        server.start(scope);
        let driver = Driver::start(command, &server.url(), &scenario.client, &record, scope);
        let outcome = match driver {
            Ok(driver) => {
                let quiet = scenario.expect.quiet.unwrap_or(QUIET);
                wait(scenario, &record, patience, quiet);
                let seen = record.seen();
                let ended = driver.end(seen.is_silent);
                let ended = ended.map(|ended| ended.to_string());
                let differences = differences(scenario, &seen, ended.as_deref());
                let not_started = !differences.is_empty() && !seen.is_silent && seen.is_empty();
                (differences, not_started)
            }
            Err(error) => {
                let why = format!("the driver cannot be started: {error}");
                (vec![why], false)
            }
        };
        server.stop();
        outcome
    })
}

/// Waits for what is expected, and then for what is not. The waits that the scenario asks for do not
/// use up the patience. A client that is wrong already has this long to be wrong in other ways too:
/// one that connects again and again would take the longest time in most scenarios.
fn wait(scenario: &Scenario, record: &Record, patience: Duration, quiet: Duration) {
    let start = Instant::now();
    let waits = scenario.expect.requests.iter().filter_map(|one| one.after);
    let patience = patience + waits.max().unwrap_or_default();
    let longest = Cell::new(start + LONGEST.max(patience));
    record.wait(
        |seen| seen.is_silent || is_complete(&scenario.expect, seen),
        |seen| {
            if is_wrong_already(&scenario.expect, seen) {
                longest.set(longest.get().min(Instant::now() + patience));
            }
            longest
                .get()
                .min(seen.changed_at.unwrap_or(start) + patience)
        },
    );
    let seen = record.seen();
    // If something is still missing, the client is wrong whatever follows.
    if !seen.is_silent && is_complete(&scenario.expect, &seen) {
        record.pause(quiet);
    }
}

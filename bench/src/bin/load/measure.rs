//! What is measured: one file for each table.

mod cluster;
mod delivery;
mod file;
mod growth;
mod hostile;
mod latency;
mod mainnet;
mod publish;
mod resuming;
mod smoke;
mod staggered;
mod stalled;

use std::fmt::Debug;
use std::time::Duration;
use std::{array, io};

pub(crate) use cluster::cluster;
pub(crate) use delivery::delivery;
use esse_bench::numbers::median;
pub(crate) use file::file;
pub(crate) use growth::growth;
pub(crate) use hostile::hostile;
pub(crate) use latency::latency;
pub(crate) use mainnet::mainnet;
pub(crate) use publish::publish;
pub(crate) use resuming::resuming;
pub(crate) use smoke::smoke;
pub(crate) use stalled::stalled;

use crate::servers::Server;

/// Bytes of data in an event, by default.
const BYTES: usize = 300;
/// Bytes that a hub keeps, by default.
const KEEP: usize = 16 * 1024 * 1024;

/// What to measure, and how thoroughly.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) servers: Vec<Server>,
    pub(crate) rounds: usize,
    pub(crate) subscribers: Vec<usize>,
    /// Subscribers of each process of the cluster.
    pub(crate) cluster: usize,
    /// Clients that come back.
    pub(crate) resuming: usize,
    /// The time in which readers stop, one after the other.
    pub(crate) stall_for: Duration,
    /// The time of an attack.
    pub(crate) attack_for: Duration,
}

impl Plan {
    /// The same plan, only with servers that can serve a reader that stalls.
    fn of_those_that_stall(&self) -> Self {
        let mut plan = self.clone();
        plan.servers.retain(|server| *server != Server::Floor);
        plan
    }
}

/// Runs the servers in turn, round after round, so that other load on the machine affects all of
/// them alike. Returns the medians of each server's figures.
fn interleave<const N: usize>(
    plan: &Plan,
    mut run: impl FnMut(Server) -> io::Result<[f64; N]>,
) -> io::Result<Vec<(Server, [f64; N])>> {
    let mut results: Vec<_> = plan.servers.iter().map(|one| (*one, Vec::new())).collect();
    for _ in 0..plan.rounds {
        for (server, results) in &mut results {
            results.push(run(*server)?);
        }
    }
    let results = results.into_iter();
    Ok(results
        .map(|(server, results)| (server, medians(&results)))
        .collect())
}

fn medians<const N: usize>(results: &[[f64; N]]) -> [f64; N] {
    array::from_fn(|figure| median(results.iter().map(|result| result[figure]).collect()))
}

/// `10,000` for ten thousand.
fn count(number: usize) -> String {
    match number {
        0..10_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    }
}

/// Fails if a count is wrong.
fn check<T: PartialEq + Debug>(what: &str, found: &T, expected: &T) -> io::Result<()> {
    if found == expected {
        return Ok(());
    }
    let wrong = format!("{what}: {found:?} instead of {expected:?}");
    Err(io::Error::other(wrong))
}

//! What is measured: one file for each table.

mod delivery;
mod latency;
mod publish;
mod smoke;
mod stalled;

use std::{array, io};

pub(crate) use delivery::delivery;
use esse_bench::numbers::median;
pub(crate) use latency::latency;
pub(crate) use publish::publish;
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

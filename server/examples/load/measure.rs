//! What is measured: one file for each table.

mod delivery;
mod latency;
mod publish;
mod smoke;
mod stalled;

pub(crate) use delivery::delivery;
pub(crate) use latency::latency;
pub(crate) use publish::publish;
pub(crate) use smoke::smoke;
pub(crate) use stalled::stalled;

use crate::servers::Server;

/// How many bytes of data an event has, where nothing else is said.
const BYTES: usize = 300;
/// How many bytes a hub keeps where nothing else is said.
const KEEP: usize = 16 * 1024 * 1024;

/// How thoroughly.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) servers: Vec<Server>,
    /// Each measurement is made so often, the servers in turn.
    pub(crate) rounds: usize,
    pub(crate) subscribers: Vec<usize>,
}

impl Plan {
    /// The same, with the servers that can have a reader that stalls.
    fn of_those_that_stall(&self) -> Self {
        let mut plan = self.clone();
        plan.servers.retain(|server| *server != Server::Floor);
        plan
    }
}

/// For each server, what it came to in each round: A B C, A B C, so that what else the machine
/// does hits all alike.
fn interleave<T>(
    plan: &Plan,
    mut run: impl FnMut(Server) -> std::io::Result<T>,
) -> std::io::Result<Vec<(Server, Vec<T>)>> {
    let mut results: Vec<_> = plan.servers.iter().map(|one| (*one, Vec::new())).collect();
    for _ in 0..plan.rounds {
        for (server, results) in &mut results {
            results.push(run(*server)?);
        }
    }
    Ok(results)
}

/// The median of one of the figures.
fn middle<T>(results: &[T], figure: impl Fn(&T) -> f64) -> f64 {
    crate::table::median(results.iter().map(figure).collect())
}

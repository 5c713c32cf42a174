//! What an idle subscriber costs, and what each delivery costs.

use std::time::Duration;
use std::{io, thread};

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::{BYTES, KEEP, Plan, count, interleave};
use crate::servers::Server;
use crate::session::Session;

/// About how many deliveries of single events are measured.
const DELIVERIES: usize = 200_000;
const BATCH: usize = 10;
/// Subscribers that connect before the measurement, so that it leaves out what a process needs for
/// its first ones.
pub(super) const FIRST: usize = 10;

/// Prints the tables.
pub(crate) fn delivery(plan: &Plan) -> io::Result<()> {
    let head = ["subscribers", "server", "idle, KiB", "of peer"];
    let more = ["after events, KiB", "of peer"];
    let mut memory = Table::new(2, [&head[..], &more].concat());
    let head = ["subscribers", "server", "CPU, µs", "of peer", "writes"];
    let more = ["ten at once: CPU, µs", "of peer", "writes"];
    let mut processor = Table::new(2, [&head[..], &more].concat());
    for subscribers in &plan.subscribers {
        let results = interleave(plan, |server| run(server, *subscribers))?;
        for (server, figures) in &results {
            let [idle, used, cpu, writes, batch_cpu, batch_writes] = *figures;
            let of_peer = |figure: usize| figures[figure] / results[0].1[figure];
            let row = |table: &mut Table, figures: &[f64]| {
                let figures = figures.iter().map(|figure| significant(*figure));
                let cells = [server.name()].into_iter().chain(figures);
                table.row(count(*subscribers), cells);
            };
            row(&mut memory, &[idle, of_peer(0), used, of_peer(1)]);
            let single = [cpu, of_peer(2), writes];
            let batched = [batch_cpu, of_peer(4), batch_writes];
            row(&mut processor, &[single, batched].concat());
        }
    }
    println!("### Idle subscribers\n");
    println!("Resident memory of the server per subscriber.\n\n{memory}");
    println!("### Delivery\n");
    println!(
        "Per delivery of an event of {BYTES} bytes to a subscriber, published one by one and ten \
        at once.\n\n{processor}"
    );
    Ok(())
}

/// What is delivered: `rounds` times a batch of events, to each subscriber.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) subscribers: usize,
    pub(super) batch: usize,
    pub(super) rounds: usize,
}

/// KiB per subscriber, before and after events; the cost of single and of batched deliveries.
fn run(server: Server, subscribers: usize) -> io::Result<[f64; 6]> {
    let mut session = Session::start(server, KEEP)?;
    let memory = Memory::of_idle(&mut session, subscribers)?;
    let rounds = (DELIVERIES / subscribers).max(10);
    let load = |batch, rounds| Load {
        subscribers,
        batch,
        rounds,
    };
    deliver(&mut session, load(1, 2))?;
    let [cpu, writes] = deliver(&mut session, load(1, rounds))?;
    let [batch_cpu, batch_writes] = deliver(&mut session, load(BATCH, rounds.div_ceil(8)))?;
    let used = memory.each(&mut session)?;
    Ok([memory.idle, used, cpu, writes, batch_cpu, batch_writes])
}

/// The resident memory of a server.
pub(super) struct Memory {
    /// KiB before the subscribers.
    empty: u64,
    pub(super) subscribers: usize,
    /// KiB per idle subscriber.
    pub(super) idle: f64,
}

impl Memory {
    /// Connects the subscribers.
    pub(super) fn of_idle(session: &mut Session, subscribers: usize) -> io::Result<Self> {
        session.connect(FIRST, 0)?;
        settle();
        let mut memory = Self {
            empty: session.usage()?.resident,
            subscribers,
            idle: 0.0,
        };
        session.connect(subscribers, 0)?;
        settle();
        memory.idle = memory.each(session)?;
        Ok(memory)
    }

    /// KiB per subscriber now.
    fn each(&self, session: &mut Session) -> io::Result<f64> {
        let grown = session.usage()?.resident.saturating_sub(self.empty);
        Ok(float(grown) / float(self.subscribers))
    }
}

/// Publishes a batch, waits until all have it, publishes the next. Returns the CPU time of a
/// delivery in microseconds, and its writes.
pub(super) fn deliver(session: &mut Session, load: Load) -> io::Result<[f64; 2]> {
    let before = session.usage()?;
    for _ in 0..load.rounds {
        session.publish(load.batch, BYTES)?;
        session.delivered()?;
    }
    let after = session.usage()?;
    let used = [after.cpu - before.cpu, after.writes - before.writes];
    let deliveries = (load.subscribers + FIRST) * load.batch * load.rounds;
    Ok(used.map(|used| float(used) / float(deliveries)))
}

/// Waits until the server has done what connecting takes.
pub(super) fn settle() {
    thread::sleep(Duration::from_millis(300));
}

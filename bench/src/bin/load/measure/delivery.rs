//! What an idle subscriber costs, and what each delivery costs.

use std::time::Duration;
use std::{io, thread};

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::{BYTES, KEEP, Plan, count, interleave, middle};
use crate::process::Session;
use crate::servers::Server;

/// About how many deliveries of single events are measured.
const DELIVERIES: usize = 200_000;
const BATCH: usize = 10;
/// Subscribers that connect before the measurement, so that it leaves out what a process needs for
/// its first ones.
const FIRST: usize = 10;

/// The results of one run.
struct Figures {
    /// KiB per subscriber, before and after events.
    idle: f64,
    used: f64,
    single: Cost,
    batched: Cost,
}

/// The cost of a delivery.
struct Cost {
    /// CPU time in microseconds.
    cpu: f64,
    writes: f64,
}

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
        let results = results.iter().map(|(server, runs)| (server, medians(runs)));
        let results: Vec<_> = results.collect();
        for (server, of) in &results {
            let (name, peer) = ([server.name().to_owned()], &results[0].1);
            let idle = and_ratio(of.idle, peer.idle);
            let used = and_ratio(of.used, peer.used);
            memory.row(count(*subscribers), [&name[..], &idle, &used].concat());
            let single = cost_cells(&of.single, &peer.single);
            let batched = cost_cells(&of.batched, &peer.batched);
            processor.row(count(*subscribers), [&name[..], &single, &batched].concat());
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

fn and_ratio(value: f64, peer: f64) -> [String; 2] {
    [value, value / peer].map(significant)
}

fn cost_cells(of: &Cost, peer: &Cost) -> [String; 3] {
    [of.cpu, of.cpu / peer.cpu, of.writes].map(significant)
}

fn medians(runs: &[Figures]) -> Figures {
    let cost = |of: fn(&Figures) -> &Cost| Cost {
        cpu: middle(runs, |run| of(run).cpu),
        writes: middle(runs, |run| of(run).writes),
    };
    Figures {
        idle: middle(runs, |run| run.idle),
        used: middle(runs, |run| run.used),
        single: cost(|run| &run.single),
        batched: cost(|run| &run.batched),
    }
}

fn run(server: Server, subscribers: usize) -> io::Result<Figures> {
    let mut session = Session::start(server, KEEP)?;
    session.connect(FIRST, 0)?;
    settle();
    let empty = session.usage()?.resident;
    session.connect(subscribers, 0)?;
    settle();
    let each = |resident: u64| float(resident.saturating_sub(empty)) / float(subscribers);
    let idle = each(session.usage()?.resident);
    deliver(&mut session, subscribers, 1, 2)?;
    let rounds = (DELIVERIES / subscribers).max(10);
    let single = deliver(&mut session, subscribers, 1, rounds)?;
    let batched = deliver(&mut session, subscribers, BATCH, rounds.div_ceil(8))?;
    let used = each(session.usage()?.resident);
    Ok(Figures {
        idle,
        used,
        single,
        batched,
    })
}

/// Publishes a batch, waits until all have it, publishes the next.
fn deliver(
    session: &mut Session,
    subscribers: usize,
    batch: usize,
    rounds: usize,
) -> io::Result<Cost> {
    let before = session.usage()?;
    for _ in 0..rounds {
        session.publish(batch, BYTES)?;
        session.delivered()?;
    }
    let after = session.usage()?;
    let deliveries = float((subscribers + FIRST) * batch * rounds);
    Ok(Cost {
        cpu: float(after.cpu - before.cpu) / deliveries,
        writes: float(after.writes - before.writes) / deliveries,
    })
}

fn settle() {
    thread::sleep(Duration::from_millis(300));
}

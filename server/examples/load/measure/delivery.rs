//! What a subscriber costs that waits, and what an event costs for each that gets it.

use std::time::Duration;
use std::{io, thread};

use super::{BYTES, KEEP, Plan, interleave, middle};
use crate::process::Session;
use crate::servers::Server;
use crate::table::{Table, against, count, float, number};

/// Ratios to the peer.
const MEMORY_GOAL: f64 = 0.65;
const PROCESSOR_GOAL: f64 = 0.85;
/// Of direct mode: KiB, and a ratio to the peer.
const DIRECT_MEMORY_GOAL: f64 = 2.5;
const DIRECT_PROCESSOR_GOAL: f64 = 0.6;
/// How many deliveries are measured one by one, about.
const DELIVERIES: usize = 200_000;
const BATCH: usize = 10;
/// Connected before anything is measured: what the process needs for the first ones alone is not
/// counted.
const FIRST: usize = 10;

/// What one run came to.
struct Figures {
    /// KiB for each subscriber, before and after events.
    idle: f64,
    used: f64,
    single: Cost,
    batched: Cost,
}

/// For each delivery.
struct Cost {
    /// Microseconds.
    processor: f64,
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
        for (server, figures) in &results {
            let names = [count(*subscribers), server.name().to_owned()];
            let peer = &results[0].1;
            let goals = Goals::of(**server, peer);
            memory.row(&[&names[..], &memory_cells(figures, peer, &goals)].concat());
            processor.row(&[&names[..], &processor_cells(figures, peer, &goals)].concat());
        }
    }
    println!("### Idle subscribers\n");
    println!(
        "Resident memory of the server for each. Goal: at most {MEMORY_GOAL} of the peer's, and \
        {DIRECT_MEMORY_GOAL} KiB in direct mode.\n"
    );
    println!("{memory}");
    println!("### Delivery\n");
    println!(
        "For each event of {BYTES} bytes and subscriber, published one by one and ten at once. \
        Goal: at most {PROCESSOR_GOAL} of the peer's CPU, {DIRECT_PROCESSOR_GOAL} in direct mode, ten \
        events in one write.\n"
    );
    println!("{processor}");
    Ok(())
}

/// Of one server, as ratios to the peer.
struct Goals {
    memory: f64,
    processor: f64,
}

impl Goals {
    fn of(server: Server, peer: &Figures) -> Self {
        if server == Server::EsseDirect {
            return Self {
                memory: DIRECT_MEMORY_GOAL / peer.idle,
                processor: DIRECT_PROCESSOR_GOAL,
            };
        }
        Self {
            memory: MEMORY_GOAL,
            processor: PROCESSOR_GOAL,
        }
    }
}

fn memory_cells(of: &Figures, peer: &Figures, goals: &Goals) -> [String; 4] {
    let idle = [number(of.idle), against(of.idle / peer.idle, goals.memory)];
    let used = [number(of.used), number(of.used / peer.used)];
    let ([a, b], [c, d]) = (idle, used);
    [a, b, c, d]
}

fn processor_cells(of: &Figures, peer: &Figures, goals: &Goals) -> Vec<String> {
    let cells = |of: &Cost, peer: &Cost| {
        let ratio = against(of.processor / peer.processor, goals.processor);
        [number(of.processor), ratio, number(of.writes)]
    };
    let batched = cells(&of.batched, &peer.batched);
    [cells(&of.single, &peer.single), batched].concat()
}

fn medians(runs: &[Figures]) -> Figures {
    let cost = |of: fn(&Figures) -> &Cost| Cost {
        processor: middle(runs, |run| of(run).processor),
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
    let each = |resident: u64| float(resident.saturating_sub(empty)) / float(subscribers as u64);
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
    let deliveries = float(((subscribers + FIRST) * batch * rounds) as u64);
    Ok(Cost {
        processor: float(after.cpu - before.cpu) / deliveries,
        writes: float(after.writes - before.writes) / deliveries,
    })
}

fn settle() {
    thread::sleep(Duration::from_millis(300));
}

//! How memory and CPU per subscriber change as one process gets more of them.

use std::io;

use esse_bench::numbers::significant;
use esse_bench::table::Table;

use super::delivery::{Load, Memory, deliver};
use super::{BYTES, KEEP, Plan, count, interleave};
use crate::servers::Server;
use crate::session::Session;

/// A process may have 20,000 open files, unless its hard limit is raised.
const SUBSCRIBERS: [usize; 3] = [5000, 10_000, 19_000];
const ROUNDS: usize = 20;

/// Prints the table.
pub(crate) fn growth(plan: &Plan) -> io::Result<()> {
    let plan = &Plan {
        servers: vec![Server::EsseServe, Server::Floor],
        ..plan.clone()
    };
    let head = ["subscribers", "idle, KiB", "of the first"];
    let more = ["CPU, µs", "CPU of the floor, µs", "ratio"];
    let mut table = Table::new(1, [&head[..], &more].concat());
    let mut first = None;
    for subscribers in SUBSCRIBERS {
        let load = Load {
            subscribers,
            batch: 1,
            rounds: ROUNDS,
        };
        let results = interleave(plan, |server| run(server, load))?;
        let [(_, [idle, cpu]), (_, [_, floor])] = results[..] else {
            return Err(io::Error::other("two servers have two results"));
        };
        let first = *first.get_or_insert(idle);
        let figures = [idle, idle / first, cpu, floor, cpu / floor];
        table.row(count(subscribers), figures.map(significant));
    }
    println!("### Growth\n");
    println!(
        "Resident memory of `esse-serve` per idle subscriber, and its CPU per delivery of one event \
        of {BYTES} bytes that reaches all, in one process. Goal: memory within 5 % of the first \
        row, CPU at most 1.3 of the floor's.\n\n{table}"
    );
    Ok(())
}

/// Checks that each of a few subscribers gets each event once.
pub(crate) fn smoke() -> io::Result<()> {
    for server in [Server::EsseServe, Server::Floor] {
        let load = Load {
            subscribers: 200,
            batch: 1,
            rounds: 3,
        };
        let mut session = Session::start(server, KEEP)?;
        Memory::of_idle(&mut session, load.subscribers)?;
        deliver(&mut session, load)?;
        let counts = session.counts()?;
        super::check("growth: events", &(counts.fewest, counts.most), &(3, 3))?;
    }
    Ok(())
}

/// KiB per idle subscriber, and microseconds of a delivery.
fn run(server: Server, load: Load) -> io::Result<[f64; 2]> {
    let mut session = Session::start(server, KEEP)?;
    let memory = Memory::of_idle(&mut session, load.subscribers)?;
    deliver(&mut session, Load { rounds: 2, ..load })?;
    let [cpu, _] = deliver(&mut session, load)?;
    Ok([memory.idle, cpu])
}

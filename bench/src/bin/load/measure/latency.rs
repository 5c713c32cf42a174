//! How one stalled subscriber affects the others.

use std::io;

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::{BYTES, KEEP, Plan, count, interleave, middle};
use crate::process::Session;
use crate::protocol::Latencies;
use crate::servers::Server;

const SUBSCRIBERS: usize = 1000;
/// Events published beforehand, which fill the buffers of the stalled subscriber, and their size.
const FILLING: (usize, usize) = (32, 64 * 1024);
const EVENTS: usize = 100;
/// Microseconds between events, which is enough to deliver each before the next.
const EVERY: u64 = 25_000;

/// Prints the table.
pub(crate) fn latency(plan: &Plan) -> io::Result<()> {
    let plan = &plan.of_those_that_stall();
    let head = ["server", "p50, ms", "with a stalled one", "ratio"];
    let more = ["p99, ms", "with a stalled one", "ratio"];
    let mut table = Table::new(1, [&head[..], &more].concat());
    for (server, pairs) in interleave(plan, |server| Ok((run(server, 0)?, run(server, 1)?)))? {
        let cells = |figure: fn(&Latencies) -> u64| {
            let milliseconds = |nanoseconds: u64| float(nanoseconds) / 1e6;
            let without = middle(&pairs, |(without, _)| milliseconds(figure(without)));
            let with = middle(&pairs, |(_, with)| milliseconds(figure(with)));
            [without, with, with / without].map(significant)
        };
        let cells = [cells(|one| one.median), cells(|one| one.p99)].concat();
        table.row(server.name(), cells);
    }
    println!("### One stalled subscriber\n");
    println!(
        "From the call that publishes an event of {BYTES} bytes to the read that returns it, for \
        the readers among {} subscribers.\n\n{table}",
        count(SUBSCRIBERS)
    );
    Ok(())
}

fn run(server: Server, stalled: usize) -> io::Result<Latencies> {
    let mut session = Session::start(server, KEEP)?;
    session.connect(SUBSCRIBERS, stalled)?;
    let (events, bytes) = FILLING;
    for _ in 0..events {
        session.publish(1, bytes)?;
        session.delivered()?;
    }
    session.latencies()?;
    session.pace(EVENTS, BYTES, EVERY)?;
    session.delivered()?;
    session.latencies()
}

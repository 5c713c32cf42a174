//! What one subscriber that stalls does to the others.

use std::io;

use super::{BYTES, KEEP, Plan, interleave, middle};
use crate::process::Session;
use crate::protocol::Latencies;
use crate::servers::Server;
use crate::table::{Table, count, float, number};

const SUBSCRIBERS: usize = 1000;
/// So much is published before, for the buffers of the stalled one to fill up.
const FILLING: (usize, usize) = (32, 64 * 1024);
const EVENTS: usize = 100;
/// Microseconds between events: each is delivered before the next is published.
const EVERY: u64 = 25_000;

/// Prints the table.
pub(crate) fn latency(plan: &Plan) -> io::Result<()> {
    let plan = &plan.of_those_that_stall();
    let mut table = Table::new(
        1,
        [
            "server",
            "p50, ms",
            "with a stalled one",
            "ratio",
            "p99, ms",
            "with a stalled one",
            "ratio",
        ],
    );
    for (server, pairs) in interleave(plan, |server| Ok((run(server, 0)?, run(server, 1)?)))? {
        let of = |figure: fn(&Latencies) -> u64| {
            let milliseconds = |nanoseconds: u64| float(nanoseconds) / 1e6;
            let without = middle(&pairs, |(without, _)| milliseconds(figure(without)));
            let with = middle(&pairs, |(_, with)| milliseconds(figure(with)));
            [without, with, with / without].map(number)
        };
        let [p50, p50_with, p50_ratio] = of(|one| one.median);
        let [p99, p99_with, p99_ratio] = of(|one| one.p99);
        table.row(&[
            server.name().into(),
            p50,
            p50_with,
            p50_ratio,
            p99,
            p99_with,
            p99_ratio,
        ]);
    }
    println!(
        "### One stalled subscriber\n\nFrom the call that publishes an event of {BYTES} bytes to the read that returns it, for the others of {} subscribers. Goal: unchanged within noise.\n\n{table}",
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

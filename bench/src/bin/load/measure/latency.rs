//! How one stalled subscriber affects the others.

use std::io;

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::{BYTES, KEEP, Plan, count, interleave};
use crate::protocol::Pace;
use crate::servers::Server;
use crate::session::Session;

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
    let run = |server| {
        let ([p50, p99], [p50_beside, p99_beside]) = (run(server, 0)?, run(server, 1)?);
        Ok([p50, p50_beside, p99, p99_beside])
    };
    for (server, [p50, p50_beside, p99, p99_beside]) in interleave(plan, run)? {
        let median = [p50, p50_beside, p50_beside / p50];
        let tail = [p99, p99_beside, p99_beside / p99];
        let cells = median.into_iter().chain(tail).map(significant);
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

/// The median and the 99th percentile, in milliseconds.
fn run(server: Server, stalled: usize) -> io::Result<[f64; 2]> {
    let mut session = Session::start(server, KEEP)?;
    session.connect(SUBSCRIBERS, stalled)?;
    let (events, bytes) = FILLING;
    for _ in 0..events {
        session.publish(1, bytes)?;
        session.delivered()?;
    }
    session.latencies()?;
    session.pace(Pace::of("message", EVENTS, EVERY, BYTES))?;
    session.delivered()?;
    let latencies = session.latencies()?;
    Ok([latencies.median, latencies.p99].map(|nanoseconds| float(nanoseconds) / 1e6))
}

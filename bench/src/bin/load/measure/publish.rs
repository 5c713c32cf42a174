//! What publishing costs as the number of subscribers grows.

use std::io;

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::{BYTES, KEEP, Plan, count, interleave, medians};
use crate::servers::Server;
use crate::session::Session;

const SUBSCRIBERS: [usize; 5] = [1, 10, 100, 1000, 10_000];

/// Prints the table.
pub(crate) fn publish(plan: &Plan) -> io::Result<()> {
    // Two rounds are enough, because each gives medians already.
    let plan = &Plan {
        rounds: plan.rounds.min(2),
        ..plan.clone()
    };
    let head = ["subscribers", "server", "call, µs", "its CPU, µs"];
    let more = ["for each, ns", "to the last delivery, µs"];
    let mut table = Table::new(2, [&head[..], &more].concat());
    let most = plan.subscribers.iter().max().copied().unwrap_or_default();
    for subscribers in SUBSCRIBERS.into_iter().filter(|count| *count <= most) {
        for (server, [call, cpu, last]) in interleave(plan, |server| run(server, subscribers))? {
            let each = cpu * 1000.0 / float(subscribers);
            let figures = [call, cpu, each, last].map(significant);
            let cells = [&[server.name()][..], &figures].concat();
            table.row(count(subscribers), cells);
        }
    }
    println!("### Publishing\n");
    println!(
        "One event of {BYTES} bytes: the call that publishes it, and the time from its start to \
        the read of the last subscriber.\n\n{table}"
    );
    Ok(())
}

/// Microseconds for one event: the call, its CPU time, and until the last subscriber has it.
fn run(server: Server, subscribers: usize) -> io::Result<[f64; 3]> {
    let mut session = Session::start(server, KEEP)?;
    session.connect(subscribers, 0)?;
    let rounds = if subscribers > 1000 { 10 } else { 50 };
    let mut figures = Vec::new();
    for _ in 0..rounds {
        let published = session.publish(1, BYTES)?;
        let last = session.delivered()?.saturating_sub(published.at);
        figures.push([published.took, published.cpu, last].map(|time| float(time) / 1e3));
    }
    Ok(medians(&figures))
}

//! What subscribers cost that stop reading while large events are published.

use std::time::Duration;
use std::{io, thread};

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::staggered::staggered;
use super::{Plan, count, interleave};
use crate::servers::Server;
use crate::session::Session;

const SUBSCRIBERS: usize = 1000;
const PAYLOAD: usize = 1024 * 1024;
const EVENTS: usize = 8;

/// Prints the tables: readers that never read, and readers that stop one after the other.
pub(crate) fn stalled(plan: &Plan) -> io::Result<()> {
    let at_once = Plan {
        rounds: 1,
        ..plan.of_those_that_stall()
    };
    let mut table = Table::new(1, ["server", "growth, MiB", "KiB each"]);
    for (server, [growth]) in interleave(&at_once, growth)? {
        let each = growth * 1024.0 / float(SUBSCRIBERS);
        table.row(server.name(), [growth, each].map(significant));
    }
    println!("### Stalled readers\n");
    println!(
        "Growth of the server's resident memory while {EVENTS} events of 1 MiB are published to {} \
        subscribers that do not read. The hub keeps 1 MiB.\n\n{table}",
        count(SUBSCRIBERS)
    );
    staggered(plan)
}

/// In MiB.
fn growth(server: Server) -> io::Result<[f64; 1]> {
    let mut session = Session::start(server, PAYLOAD)?;
    session.connect(SUBSCRIBERS, SUBSCRIBERS)?;
    let before = settled(&mut session)?;
    for _ in 0..EVENTS {
        session.publish(1, PAYLOAD)?;
        thread::sleep(Duration::from_millis(100));
    }
    let after = settled(&mut session)?;
    Ok([(float(after) - float(before)) / 1024.0])
}

/// The resident memory, once it has stopped changing.
pub(super) fn settled(session: &mut Session) -> io::Result<u64> {
    let mut last = 0;
    for _ in 0..50 {
        thread::sleep(Duration::from_millis(400));
        let now = session.usage()?.resident;
        if now.abs_diff(last) <= last / 200 {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}

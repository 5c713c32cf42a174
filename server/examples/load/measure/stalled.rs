//! What subscribers cost that stop reading while large events are published.

use std::time::Duration;
use std::{io, thread};

use super::{Plan, interleave, middle};
use crate::process::Session;
use crate::servers::Server;
use crate::table::{Table, against, count, float, number};

const SUBSCRIBERS: usize = 1000;
const PAYLOAD: usize = 1024 * 1024;
const EVENTS: usize = 8;
/// Two payloads and 8 KiB for each subscriber, in MiB.
const GOAL: f64 = 2.0 + 8.0 * 1000.0 / 1024.0;

/// Prints the table.
pub(crate) fn stalled(plan: &Plan) -> io::Result<()> {
    let plan = Plan {
        rounds: 1,
        ..plan.of_those_that_stall()
    };
    let mut table = Table::new(1, ["server", "growth, MiB", "KiB each"]);
    for (server, grown) in interleave(&plan, run)? {
        let grown = middle(&grown, |one| *one);
        let each = grown * 1024.0 / float(SUBSCRIBERS as u64);
        table.row(&[server.name().into(), against(grown, GOAL), number(each)]);
    }
    println!(
        "### Stalled readers\n\nGrowth of the server's resident memory while {EVENTS} events of 1 MiB are published to {} subscribers that do not read; the hub keeps the bytes of one. Goal: less than two payloads and 8 KiB for each, {} MiB.\n\n{table}",
        count(SUBSCRIBERS),
        number(GOAL)
    );
    Ok(())
}

/// MiB.
fn run(server: Server) -> io::Result<f64> {
    let mut session = Session::start(server, PAYLOAD)?;
    session.connect(SUBSCRIBERS, SUBSCRIBERS)?;
    let before = settled(&mut session)?;
    for _ in 0..EVENTS {
        session.publish(1, PAYLOAD)?;
        thread::sleep(Duration::from_millis(100));
    }
    let after = settled(&mut session)?;
    Ok((float(after) - float(before)) / 1024.0)
}

/// The resident memory once it stays the same for a while.
fn settled(session: &mut Session) -> io::Result<u64> {
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

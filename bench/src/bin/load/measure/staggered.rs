//! What readers cost that stop reading one after the other, each at another large event.

use std::time::{Duration, Instant};
use std::{io, thread};

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::stalled::settled;
use super::{KEEP, Plan, check, count};
use crate::protocol::Usage;
use crate::servers::{Server, Setup};
use crate::session::Session;

const READERS: usize = 1000;
const PAYLOAD: usize = 1024 * 1024;
/// So that glibc does not raise the size above which it returns a block.
const RETURNING: [(&str, &str); 1] = [("MALLOC_MMAP_THRESHOLD_", "131072")];

/// Prints the table.
pub(crate) fn staggered(plan: &Plan) -> io::Result<()> {
    let head = ["server", "growth, MiB", "goal, MiB", "KiB each"];
    let mut table = Table::new(1, [&head[..], &["disconnected"]].concat());
    let goal = float(2 * KEEP + READERS * 8 * 1024) / 1024.0 / 1024.0;
    let mut measure = |server, name, variables: &[_]| {
        let (_, stalled) = run(server, READERS, plan.stall_for, variables)?;
        let each = stalled.growth * 1024.0 / float(READERS);
        let figures = [stalled.growth, goal, each].map(significant);
        let disconnected = count(stalled.disconnected);
        table.row(name, figures.into_iter().chain([disconnected]));
        io::Result::Ok(())
    };
    for server in plan.of_those_that_stall().servers {
        measure(server, server.name(), &[])?;
        if server == Server::EsseServe {
            let name = format!("{}, no free memory", server.name());
            measure(server, name, &RETURNING)?;
        }
    }
    println!(
        "The largest growth while {} readers stop one after the other within {} s, each at another \
        event of 1 MiB. A reader comes just before its event, and another one reads everything. The \
        hub keeps {} MiB, the peer's channel as many events. Goal: twice what is kept, and 8 KiB for \
        each. glibc keeps some of the memory that was freed. In the row *no free memory*, {} makes \
        it return large blocks at once.\n\n{table}",
        count(READERS),
        plan.stall_for.as_secs(),
        KEEP / 1024 / 1024,
        RETURNING
            .map(|(name, value)| format!("`{name}={value}`"))
            .join(" ")
    );
    Ok(())
}

/// Checks that the one that reads gets every event, and that only `serve` disconnects others.
pub(crate) fn smoke(plan: &Plan) -> io::Result<()> {
    const FEW: usize = 40;
    for server in plan.of_those_that_stall().servers {
        let (mut session, stalled) = run(server, FEW, Duration::ZERO, &[])?;
        let counts = session.counts()?;
        let events = FEW as u64;
        let found = (counts.fewest, counts.most);
        check("staggered: events", &found, &(events, events))?;
        // What is kept and what may be held are 15 events each, a little larger than 1 MiB.
        let bounded = FEW - 2 * (KEEP / PAYLOAD - 1);
        let expected = if server == Server::EsseServe {
            bounded
        } else {
            0
        };
        let mut disconnected = stalled.disconnected;
        // The last one is cut off when the last event is published, and closes in a turn of its own.
        for _ in 0..100 {
            if disconnected == expected {
                break;
            }
            thread::sleep(Duration::from_millis(20));
            disconnected = FEW + 1 - open(&session.usage()?);
        }
        check("staggered: disconnected", &disconnected, &expected)?;
    }
    Ok(())
}

struct Stalled {
    /// In MiB.
    growth: f64,
    disconnected: usize,
}

fn run(
    server: Server,
    readers: usize,
    within: Duration,
    variables: &[(&str, &str)],
) -> io::Result<(Session, Stalled)> {
    let setup = Setup::Plain {
        server,
        bytes: KEEP,
        events: KEEP / PAYLOAD,
    };
    let mut session = Session::start_in(&setup, variables)?;
    session.connect(1, 0)?;
    let before = settled(&mut session)?;
    let (mut most, mut connected) = (before, 1);
    let start = Instant::now();
    for number in 1..=readers {
        session.connect(1, 1)?;
        connected += 1;
        session.publish(1, PAYLOAD)?;
        session.delivered()?;
        if number % 10 == 0 {
            most = most.max(session.usage()?.resident);
        }
        let turn = within.mul_f64(float(number) / float(readers));
        thread::sleep(turn.saturating_sub(start.elapsed()));
    }
    let usage = session.usage()?;
    let stalled = Stalled {
        growth: float(most.max(usage.resident) - before) / 1024.0,
        disconnected: connected - open(&usage),
    };
    Ok((session, stalled))
}

/// How many connections the server has.
fn open(usage: &Usage) -> usize {
    usize::try_from(usage.connections).unwrap_or_default()
}

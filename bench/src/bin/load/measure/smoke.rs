//! A quick check, without measuring, of what the tables take for granted: every event arrives, and
//! a batch goes out in one write.

use std::fmt::Debug;
use std::io;

use super::{BYTES, KEEP, Plan};
use crate::process::Session;
use crate::servers::Server;

const SUBSCRIBERS: usize = 50;
const BATCH: usize = 10;
const ROUNDS: usize = 5;
/// More than the buffers of a stalled connection hold.
const LARGE: usize = 256 * 1024;

/// Fails if a server does not deliver each event once to each subscriber that reads, or if a hub
/// needs more than one write for ten events.
pub(crate) fn smoke(plan: &Plan) -> io::Result<()> {
    for server in &plan.of_those_that_stall().servers {
        let writes = ten_at_once(*server)?;
        let bytes = beside_stalled(*server)?;
        println!(
            "{}: {BATCH} events at once to {SUBSCRIBERS} subscribers, {ROUNDS} times, in {writes} \
            writes; {bytes} bytes to each while another one stalls",
            server.name()
        );
    }
    Ok(())
}

fn ten_at_once(server: Server) -> io::Result<u64> {
    let mut session = Session::start(server, KEEP)?;
    session.connect(SUBSCRIBERS, 0)?;
    publish(&mut session, 1, BYTES)?;
    let before = session.usage()?.writes;
    publish(&mut session, BATCH, BYTES)?;
    let writes = session.usage()?.writes - before;
    let events = (ROUNDS + ROUNDS * BATCH) as u64;
    check(server, "events", &session.counts()?, &(events, events))?;
    if server != Server::Peer {
        let expected = (ROUNDS * SUBSCRIBERS) as u64;
        check(server, "writes of ten events", &writes, &expected)?;
    }
    Ok(writes)
}

fn beside_stalled(server: Server) -> io::Result<usize> {
    let mut session = Session::start(server, LARGE)?;
    session.connect(SUBSCRIBERS, 1)?;
    publish(&mut session, 1, LARGE)?;
    let events = ROUNDS as u64;
    check(server, "events", &session.counts()?, &(events, events))?;
    Ok(ROUNDS * LARGE)
}

fn publish(session: &mut Session, batch: usize, bytes: usize) -> io::Result<()> {
    for _ in 0..ROUNDS {
        session.publish(batch, bytes)?;
        session.delivered()?;
    }
    Ok(())
}

fn check<T: PartialEq + Debug>(
    server: Server,
    what: &str,
    found: &T,
    expected: &T,
) -> io::Result<()> {
    if found == expected {
        return Ok(());
    }
    let name = server.name();
    let wrong = format!("{name}: {what}: {found:?} instead of {expected:?}");
    Err(io::Error::other(wrong))
}

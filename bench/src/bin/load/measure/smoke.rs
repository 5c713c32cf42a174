//! A quick check, without measuring, of what the tables take for granted: every event arrives, and
//! a batch goes out in one write.

use std::io;
use std::thread;

use super::{
    BYTES, KEEP, Plan, check, cluster, file, growth, hostile, mainnet, resuming, staggered,
};
use crate::servers::Server;
use crate::session::Session;

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
    others(plan)
}

/// The checks of other tables, at the same time, because they mostly wait.
fn others(plan: &Plan) -> io::Result<()> {
    let checks: [(_, &(dyn Fn() -> io::Result<()> + Sync)); 7] = [
        ("file", &file::smoke),
        ("growth", &growth::smoke),
        ("cluster", &cluster::smoke),
        ("resuming", &resuming::smoke),
        ("staggered", &|| staggered::smoke(plan)),
        ("mainnet", &mainnet::smoke),
        ("hostile", &hostile::smoke),
    ];
    thread::scope(|scope| {
        let checks = checks.map(|(name, check)| (name, scope.spawn(check)));
        for (name, check) in checks {
            let joined = check.join();
            joined.map_err(|_| io::Error::other(format!("{name}: panicked")))??;
            println!("{name}: no count is wrong");
        }
        Ok(())
    })
}

fn ten_at_once(server: Server) -> io::Result<u64> {
    let mut session = Session::start(server, KEEP)?;
    session.connect(SUBSCRIBERS, 0)?;
    publish(&mut session, 1, BYTES)?;
    let before = session.usage()?.writes;
    publish(&mut session, BATCH, BYTES)?;
    let writes = session.usage()?.writes - before;
    let events = (ROUNDS + ROUNDS * BATCH) as u64;
    check_events(server, &mut session, events)?;
    if server != Server::Peer {
        let expected = (ROUNDS * SUBSCRIBERS) as u64;
        let what = format!("{}: writes of ten events", server.name());
        check(&what, &writes, &expected)?;
    }
    Ok(writes)
}

fn beside_stalled(server: Server) -> io::Result<usize> {
    let mut session = Session::start(server, LARGE)?;
    session.connect(SUBSCRIBERS, 1)?;
    publish(&mut session, 1, LARGE)?;
    let events = ROUNDS as u64;
    check_events(server, &mut session, events)?;
    Ok(ROUNDS * LARGE)
}

fn publish(session: &mut Session, batch: usize, bytes: usize) -> io::Result<()> {
    for _ in 0..ROUNDS {
        session.publish(batch, bytes)?;
        session.delivered()?;
    }
    Ok(())
}

/// Checks how many events each reader has received.
fn check_events(server: Server, session: &mut Session, events: u64) -> io::Result<()> {
    let counts = session.counts()?;
    let what = format!("{}: events", server.name());
    check(&what, &(counts.fewest, counts.most), &(events, events))
}

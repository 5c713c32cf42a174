//! Several processes that serve the same events over one Redis.

use std::io;

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::delivery::{FIRST, Memory};
use super::{BYTES, Plan, check, count};
use crate::redis_server::RedisServer;
use crate::servers::Setup;
use crate::session::Session;

const PROCESSES: usize = 4;
const EVENTS: usize = 10;

/// Prints the table.
pub(crate) fn cluster(plan: &Plan) -> io::Result<()> {
    let Some(redis) = RedisServer::start("cluster")? else {
        return Ok(());
    };
    let mut nodes = nodes(&redis, plan.cluster)?;
    let head = ["process", "subscribers", "idle, KiB", "of the first"];
    let more = ["CPU, µs", "to the last delivery, ms"];
    let mut table = Table::new(1, [&head[..], &more].concat());
    let first = nodes[0].memory.idle;
    let delivered = publish(&mut nodes)?;
    for (number, (node, [cpu, last])) in nodes.iter().zip(delivered).enumerate() {
        let figures = [node.memory.idle, node.memory.idle / first, cpu, last];
        let cells = [count(plan.cluster)].into_iter();
        table.row(
            format!("{}", number + 1),
            cells.chain(figures.map(significant)),
        );
    }
    println!("### Several processes over Redis\n");
    println!(
        "{PROCESSES} processes of `serve` over one Redis. The first publishes {EVENTS} single \
        events of {BYTES} bytes, and each reaches all subscribers of all processes. Resident memory \
        per idle subscriber, CPU per delivery, and the mean time from the call that publishes to \
        the read of the process's last subscriber. Goal: memory within 5 % of the first.\n\n{table}"
    );
    Ok(())
}

/// Checks that each subscriber of each process gets each event once.
pub(crate) fn smoke() -> io::Result<()> {
    let Some(redis) = RedisServer::start("cluster")? else {
        return Ok(());
    };
    let mut nodes = nodes(&redis, 20)?;
    publish(&mut nodes)?;
    for node in &mut nodes {
        let counts = node.session.counts()?;
        let events = EVENTS as u64;
        let found = (counts.fewest, counts.most);
        check("cluster: events", &found, &(events, events))?;
    }
    Ok(())
}

struct Node {
    session: Session,
    memory: Memory,
}

fn nodes(redis: &RedisServer, subscribers: usize) -> io::Result<Vec<Node>> {
    let setup = Setup::Cluster { url: redis.url() };
    let nodes = (0..PROCESSES).map(|_| {
        let mut session = Session::start_with(&setup)?;
        let memory = Memory::of_idle(&mut session, subscribers)?;
        Ok(Node { session, memory })
    });
    nodes.collect()
}

/// For each process: microseconds of CPU for a delivery, and milliseconds until its last subscriber
/// had an event.
fn publish(nodes: &mut [Node]) -> io::Result<Vec<[f64; 2]>> {
    let usage = |nodes: &mut [Node]| -> io::Result<Vec<u64>> {
        let usage = nodes.iter_mut().map(|node| Ok(node.session.usage()?.cpu));
        usage.collect()
    };
    let before = usage(nodes)?;
    let mut last = vec![0; nodes.len()];
    for _ in 0..EVENTS {
        let (first, others) = nodes.split_first_mut().ok_or(io::ErrorKind::NotFound)?;
        let at = first.session.publish(1, BYTES)?.at;
        last[0] += first.session.delivered()?.saturating_sub(at);
        for (node, last) in others.iter_mut().zip(&mut last[1..]) {
            let delivered = node.session.delivered_from_others(1)?;
            *last += delivered.saturating_sub(at);
        }
    }
    let after = usage(nodes)?;
    let figures = nodes.iter().zip(before.iter().zip(after)).zip(last);
    Ok(figures
        .map(|((node, (before, after)), last)| {
            let deliveries = EVENTS * (node.memory.subscribers + FIRST);
            [
                float(after - before) / float(deliveries),
                float(last) / float(EVENTS) / 1e6,
            ]
        })
        .collect())
}

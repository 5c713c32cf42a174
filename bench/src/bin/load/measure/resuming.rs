//! What clients cost that come back with an old event ID after a restart, over Redis.

use std::io;
use std::time::Instant;

use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;
use redis::{Client, Connection, cmd, pipe};

use super::stalled::settled;
use super::{BYTES, Plan, check, count};
use crate::payload::{now, payload};
use crate::redis_server::RedisServer;
use crate::servers::Setup;
use crate::servers::cluster::KEY;
use crate::session::Session;

/// Events in the stream before the process starts.
const EVENTS: u64 = 2000;
/// How many of the newest each client has missed. A process reads 1024 when it starts.
const MISSED: [u64; 3] = [100, 1000, 1200];
/// Each group of clients has an ID of its own.
const GROUPS: u64 = 10;

/// Prints the table.
pub(crate) fn resuming(plan: &Plan) -> io::Result<()> {
    let head = ["missed", "clients", "growth, MiB", "goal, MiB"];
    let more = ["KiB each", "at most, MiB", "Redis commands", "s"];
    let mut table = Table::new(1, [&head[..], &more].concat());
    let goal = 4.0 + float(plan.resuming) / 1024.0;
    for missed in MISSED {
        let Some(resumed) = run(plan.resuming, missed)? else {
            return Ok(());
        };
        let each = resumed.growth * 1024.0 / float(plan.resuming);
        let [growth, goal, each, most] =
            [resumed.growth, goal, each, resumed.most].map(significant);
        let commands = resumed.commands.to_string();
        let seconds = significant(resumed.seconds);
        let clients = count(plan.resuming);
        table.row(
            missed.to_string(),
            [clients, growth, goal, each, most, commands, seconds],
        );
    }
    println!("### Clients that come back over Redis\n");
    println!(
        "A process of `serve` starts over a stream of {EVENTS} events of {BYTES} bytes. Then clients \
        come back with {GROUPS} different event IDs, and read what they missed. *Growth* is that of \
        the resident memory until all have it, *at most* the largest on the way. *s* is the time \
        from the first connect to the last event. Goal: 4 MiB and 1 KiB for each client, and 200 \
        commands.\n\n{table}"
    );
    Ok(())
}

/// Checks that each of a few clients gets what it missed, once, and that they share what is read.
pub(crate) fn smoke() -> io::Result<()> {
    for missed in MISSED {
        let Some(resumed) = run(50, missed)? else {
            return Ok(());
        };
        // The feed reads too. Clients that missed little are answered from memory.
        let most = if missed <= 1000 { 10 } else { 200 };
        check("resuming: few commands", &(resumed.commands <= most), &true)?;
    }
    Ok(())
}

struct Resumed {
    /// In MiB.
    growth: f64,
    most: f64,
    commands: u64,
    seconds: f64,
}

/// Fails if a client got another number of events than it missed.
fn run(clients: usize, missed: u64) -> io::Result<Option<Resumed>> {
    let Some(redis) = RedisServer::start("resuming")? else {
        return Ok(None);
    };
    let client = Client::open(redis.url()).map_err(io::Error::other)?;
    let mut connection = client.get_connection().map_err(io::Error::other)?;
    fill(&mut connection)?;
    let mut session = Session::start_with(&Setup::Cluster { url: redis.url() })?;
    let before = settled(&mut session)?;
    let commands = commands(&mut connection)?;
    let start = Instant::now();
    let mut expected = 0;
    for group in 0..GROUPS {
        let id = EVENTS - missed - group;
        let all = clients as u64;
        let members = (all * (group + 1) / GROUPS) - (all * group / GROUPS);
        let members = usize::try_from(members).map_err(io::Error::other)?;
        session.resume(members, format!("{id}-0"), missed + group)?;
        expected += members as u64 * (missed + group);
    }
    session.delivered()?;
    let seconds = start.elapsed().as_secs_f64();
    let after = settled(&mut session)?;
    let usage = session.usage()?;
    let counts = session.counts()?;
    check("resuming: events", &counts.all, &expected)?;
    check(
        "resuming: most events",
        &(counts.most),
        &(missed + GROUPS - 1),
    )?;
    check("resuming: fewest events", &counts.fewest, &missed)?;
    let growth = |resident: u64| (float(resident) - float(before)) / 1024.0;
    Ok(Some(Resumed {
        growth: growth(after),
        most: growth(usage.most_resident),
        commands: self::commands(&mut connection)? - commands,
        seconds,
    }))
}

/// Adds the events, with the IDs `1-0` to `2000-0`.
fn fill(connection: &mut Connection) -> io::Result<()> {
    let mut adds = pipe();
    for id in 1..=EVENTS {
        let mut add = cmd("XADD");
        add.arg(KEY).arg(format!("{id}-0"));
        add.arg("data").arg(payload(BYTES, now()));
        adds.add_command(add).ignore();
    }
    adds.query(connection).map_err(io::Error::other)
}

/// How many commands Redis has carried out. Asking is one.
fn commands(connection: &mut Connection) -> io::Result<u64> {
    let info: String = cmd("INFO")
        .arg("stats")
        .query(connection)
        .map_err(io::Error::other)?;
    let mut lines = info.lines();
    let number = lines.find_map(|line| line.strip_prefix("total_commands_processed:"));
    let number = number.and_then(|number| number.parse().ok());
    number.ok_or_else(|| io::Error::other("Redis does not count its commands"))
}

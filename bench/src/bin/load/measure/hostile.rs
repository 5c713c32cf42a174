//! What attackers cost the server and an honest subscriber beside them.

mod attacks;

use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};
use std::{io, thread};

use attacks::{Case, HONEST, Size, cases};
use esse_bench::numbers::{float, significant};
use esse_bench::table::Table;

use super::{BYTES, Plan, check, count};
use crate::attackers::Attackers;
use crate::protocol::{Pace, Taken};
use crate::request::{read_head, request};
use crate::servers::Setup;
use crate::session::{Crowd, Session};

/// Microseconds between events for the honest subscriber.
const EVERY: u64 = 5000;
/// How often the memory is looked at.
const SAMPLE: Duration = Duration::from_millis(100);
/// How long a new subscriber may wait.
const PATIENCE: Duration = Duration::from_secs(5);
/// When to look which connections are still held.
const LATER: Duration = Duration::from_secs(35);

/// Prints the table.
pub(crate) fn hostile(plan: &Plan) -> io::Result<()> {
    let head = ["attack", "connections", "growth, MiB", "sent, MiB"];
    let more = ["p99, ms", "in the attack", "ratio", "new one, ms"];
    let mut table = Table::new(1, [&head[..], &more, &["held later"]].concat());
    for case in cases(Size::Full(plan.attack_for)) {
        let figures = run(&case, plan.attack_for, LATER)?;
        table.row(case.name, figures.cells());
    }
    println!("### Hostile clients\n");
    println!(
        "Attacks of {} s on `serve` and a hub as they are by default; in the last two rows there \
        may be {} connections. The honest subscriber has another address, and gets an event of \
        {BYTES} bytes every {} ms. Beside the 100 readers, an event of each of 4,000 topics is \
        published. *Growth* is that of the server's resident memory, at most. *Sent* is what arrived \
        at the attackers. *p99* is the time from the call that publishes to the honest \
        subscriber's read. *New one* is the time that a new subscriber waited for its response head, \
        near the end of the attack. *Held later* counts connections of attackers {} s after it. \
        All processes share the cores.\n\n{table}",
        plan.attack_for.as_secs_f64(),
        count(attacks::ALL),
        EVERY / 1000,
        LATER.as_secs(),
    );
    Ok(())
}

/// Checks that the honest subscriber gets every event, that a new one gets in unless one address may
/// take all connections, and that slow clients are disconnected.
pub(crate) fn smoke() -> io::Result<()> {
    for case in cases(Size::Smoke) {
        let figures = run(&case, attacks::SMOKE, PATIENCE)?;
        let what = |what| format!("{}: {what}", case.name);
        let attempts = case.attack.connections as u64;
        let Taken {
            connected, failed, ..
        } = figures.taken;
        check(&what("connections"), &(connected + failed), &attempts)?;
        check(
            &what("a new one"),
            &figures.new_one.is_some(),
            &case.lets_in,
        )?;
        if let Some(held) = figures.held {
            check(&what("held"), &held, &0)?;
        }
    }
    Ok(())
}

struct Figures {
    taken: Taken,
    /// In KiB.
    growth: u64,
    /// Nanoseconds.
    before: u64,
    during: u64,
    /// `None` if it did not get a response with status 200.
    new_one: Option<Duration>,
    held: Option<u64>,
}

impl Figures {
    fn cells(&self) -> Vec<String> {
        let mib = |bytes: u64| significant(float(bytes) / 1024.0 / 1024.0);
        let ms = |nanoseconds: u64| significant(float(nanoseconds) / 1e6);
        let new_one = self.new_one.map(|took| took.as_secs_f64() * 1e3);
        vec![
            count(usize::try_from(self.taken.connected).unwrap_or(usize::MAX)),
            mib(self.growth * 1024),
            mib(self.taken.bytes),
            ms(self.before),
            ms(self.during),
            significant(float(self.during) / float(self.before)),
            new_one.map_or_else(|| "refused".to_owned(), significant),
            self.held
                .map_or_else(|| "–".to_owned(), |held| held.to_string()),
        ]
    }
}

fn run(case: &Case, time: Duration, later: Duration) -> io::Result<Figures> {
    let mut session = Session::start_with(&Setup::Node(case.limits))?;
    let mut honest = Crowd::start()?;
    honest.connect(session.address(), Some(HONEST), 1, 0)?;
    let pace = Pace::during(time, HONEST, EVERY, BYTES);
    let events = pace.times;
    session.pace(pace.clone())?;
    honest.wait_for(events as u64)?;
    let before = honest.latencies()?.p99;
    for _ in 0..case.filling {
        session.publish(1, attacks::FILLING)?;
    }

    let resident = session.usage()?.resident;
    let mut attackers = Attackers::start()?;
    session.pace(pace)?;
    for beside in &case.beside {
        session.pace(beside.clone())?;
    }
    attackers.begin(session.address(), case.attack(events))?;
    let start = Instant::now();
    let most = largest(&mut session, start + time.mul_f64(0.8))?;
    let new_one = come(session.address());
    let most = most.max(largest(&mut session, start + time)?);
    honest.wait_for(2 * events as u64)?;
    let taken = taken(&mut attackers, case.attack.connections)?;
    let held = if case.is_held {
        Some(held(&mut session, later)?)
    } else {
        None
    };
    Ok(Figures {
        taken,
        growth: most.saturating_sub(resident),
        before,
        during: honest.latencies()?.p99,
        new_one,
        held,
    })
}

/// The largest resident memory up to then.
fn largest(session: &mut Session, end: Instant) -> io::Result<u64> {
    let mut most = session.usage()?.resident;
    while Instant::now() < end {
        thread::sleep(SAMPLE.min(end.saturating_duration_since(Instant::now())));
        most = most.max(session.usage()?.resident);
    }
    Ok(most)
}

/// What the attackers got, once all of them have connected or failed.
fn taken(attackers: &mut Attackers, connections: usize) -> io::Result<Taken> {
    let end = Instant::now() + PATIENCE;
    loop {
        let taken = attackers.taken()?;
        if taken.connected + taken.failed == connections as u64 || Instant::now() > end {
            return Ok(taken);
        }
        thread::sleep(SAMPLE);
    }
}

/// How many connections of attackers are open after this time. Ends early if there are none.
fn held(session: &mut Session, later: Duration) -> io::Result<u64> {
    let end = Instant::now() + later;
    loop {
        // One is that of the honest subscriber.
        let held = session.usage()?.connections.saturating_sub(1);
        if held == 0 || Instant::now() > end {
            return Ok(held);
        }
        thread::sleep(SAMPLE);
    }
}

/// How long it takes to become a subscriber.
fn come(address: SocketAddr) -> Option<Duration> {
    let start = Instant::now();
    let connect = || -> io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        io::Write::write_all(&mut stream, request(Some(HONEST), None).as_bytes())?;
        read_head(&mut stream).map(drop)
    };
    connect().ok().map(|()| start.elapsed())
}

//! The server process.

use std::io;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::time::{ClockId, clock_gettime};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::payload::{now, payload};
use crate::protocol::{Pace, Published, ToServer, Usage, received, send};
use crate::servers::{Counters, Publish, Running, Setup};

const TOPIC: &str = "message";

/// Serves, and obeys the parent process until it closes the pipe.
pub(crate) fn run(setup: &str) -> io::Result<()> {
    let setup: Setup = serde_json::from_str(setup)?;
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let running = runtime.block_on(setup.start(listener))?;
    send(&address)?;
    for command in received() {
        obey(command?, &runtime, &running)?;
    }
    runtime.shutdown_background();
    Ok(())
}

/// A task publishes, as in an application.
fn obey(command: ToServer, runtime: &Runtime, running: &Running) -> io::Result<()> {
    let publish = running.publish.clone();
    match command {
        ToServer::Usage => send(&usage((running.counters)())?),
        ToServer::Publish { events, bytes } => {
            let task = runtime.spawn(async move { publish_once(&publish, events, bytes) });
            send(&runtime.block_on(task).map_err(io::Error::other)??)
        }
        ToServer::Pace(by_clock) => {
            runtime.spawn(pace(publish, by_clock));
            send(&())
        }
    }
}

fn publish_once(publish: &Publish, events: usize, bytes: usize) -> io::Result<Published> {
    let at = now();
    let texts = (0..events).map(|_| payload(bytes, at)).collect();
    let (begun, cpu) = (clock(ClockId::CLOCK_MONOTONIC)?, thread_time()?);
    publish(TOPIC, texts);
    Ok(Published {
        at,
        took: clock(ClockId::CLOCK_MONOTONIC)? - begun,
        cpu: thread_time()? - cpu,
    })
}

async fn pace(publish: Publish, by_clock: Pace) {
    let mut ticks = tokio::time::interval(Duration::from_micros(by_clock.every));
    for topic in by_clock.topics.iter().cycle().take(by_clock.times) {
        ticks.tick().await;
        let at = now();
        let texts = (0..by_clock.batch).map(|_| payload(by_clock.bytes, at));
        publish(topic, texts.collect());
    }
}

fn thread_time() -> io::Result<u64> {
    clock(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn clock(id: ClockId) -> io::Result<u64> {
    let time = Duration::from(clock_gettime(id)?);
    Ok(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

fn usage(counters: Counters) -> io::Result<Usage> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let times = [usage.user_time(), usage.system_time()];
    let micros = times.map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    Ok(Usage {
        cpu: u64::try_from(micros.iter().sum::<i64>()).unwrap_or_default(),
        resident: kib("VmRSS:")?,
        most_resident: kib("VmHWM:")?,
        writes: counters.writes,
        connections: counters.connections,
        missed: counters.missed,
    })
}

fn kib(field: &str) -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.trim().split(' ').next());
    let number = number.and_then(|number| number.parse().ok());
    number.ok_or_else(|| io::Error::other(format!("/proc/self/status has no {field}")))
}

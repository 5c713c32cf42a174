//! What a subscriber costs in direct mode: resident memory while it is idle, and CPU for each
//! event delivered. Rough figures, for work on direct mode.
//!
//! ```sh
//! ulimit -n 25000
//! cargo run --release -p esse-server --features direct --example direct_cost -- 10000
//! ```
//! The clients are a process of their own, started by this one.

use std::error::Error;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;
use std::{env, fs};

use esse_encoder::Block;
use esse_server::{Direct, Hub};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

type Outcome = Result<(), Box<dyn Error>>;

/// How many deliveries are measured, about.
const DELIVERIES: usize = 500_000;
/// Nothing here takes longer.
const BOUND: Duration = Duration::from_secs(300);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let mut arguments = env::args().skip(1);
    let subscribers = arguments.next().map_or(Ok(1000), |number| number.parse())?;
    match arguments.next() {
        Some(server) => timeout(BOUND, read_all(server.parse()?, subscribers)).await?,
        None => timeout(BOUND, measure(subscribers)).await?,
    }
}

async fn measure(subscribers: usize) -> Outcome {
    let hub = Hub::new();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    let direct = Direct::new(&hub);
    let meter = direct.meter();
    let serving = tokio::spawn(direct.serve(listener));

    // The first few pay for what all share.
    let mut first = start_readers(server, 10).await?;
    let before = resident_bytes()?;
    let mut readers = start_readers(server, subscribers).await?;
    sleep(Duration::from_secs(1)).await;
    let idle = resident_bytes()?.saturating_sub(before);
    println!(
        "{subscribers} subscribers, {} bytes each while idle",
        idle / subscribers
    );

    for together in [1, 10] {
        let rounds = (DELIVERIES / subscribers / together).max(1);
        let (writes, cpu) = (meter.read().writes, cpu_nanoseconds()?);
        let sent = hub.metrics().sent;
        for _ in 0..rounds {
            hub.publish_all((0..together).map(|_| Block::event("x".repeat(290))))?;
            while hub.metrics().lag > 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        let (sent, writes) = (hub.metrics().sent - sent, meter.read().writes - writes);
        let each = (cpu_nanoseconds()? - cpu) / sent;
        println!(
            "{together} at once: {each} ns of CPU each for {sent} deliveries in {writes} writes"
        );
    }
    println!("{:?}", hub.metrics().closed);
    hub.close(None);
    serving.await?;
    readers.wait().await?;
    first.wait().await?;
    Ok(())
}

/// Starts the process that reads, and waits until all are subscribed.
async fn start_readers(
    server: SocketAddr,
    subscribers: usize,
) -> Result<tokio::process::Child, Box<dyn Error>> {
    let mut readers = Command::new(env::current_exe()?)
        .args([subscribers.to_string(), server.to_string()])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = readers.stdout.take().ok_or("no output")?;
    let mut lines = BufReader::new(output).lines();
    lines
        .next_line()
        .await?
        .ok_or("the readers did not start")?;
    Ok(readers)
}

/// Subscribes so many times, and reads until the server closes.
async fn read_all(server: SocketAddr, subscribers: usize) -> Outcome {
    let mut sockets = Vec::new();
    for _ in 0..subscribers {
        let mut socket = TcpStream::connect(server).await?;
        socket
            .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            .await?;
        let mut head = [0; 512];
        let _ = socket.read(&mut head).await?;
        sockets.push(socket);
    }
    println!("all are there");
    let tasks = sockets.into_iter().map(|mut socket| {
        tokio::spawn(async move { while socket.readable().await.is_ok() && read(&mut socket) {} })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await?;
    }
    Ok(())
}

/// Whether there may be more.
fn read(socket: &mut TcpStream) -> bool {
    let mut buffer = [0; 16 * 1024];
    match socket.try_read(&mut buffer) {
        Ok(read) => read > 0,
        Err(error) => error.kind() == std::io::ErrorKind::WouldBlock,
    }
}

fn resident_bytes() -> Result<usize, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.ok_or("no VmRSS")?.parse::<usize>()? * 1024)
}

/// Of this process, in user and kernel: counted by the system in hundredths of a second.
fn cpu_nanoseconds() -> Result<u64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let after_name = stat.rsplit(')').next().ok_or("no stat")?;
    let mut fields = after_name.split_whitespace().skip(11);
    let mut ticks = || {
        fields
            .next()
            .ok_or("no times")?
            .parse()
            .map_err(Box::<dyn Error>::from)
    };
    let (user, system): (u64, u64) = (ticks()?, ticks()?);
    Ok((user + system) * 10_000_000)
}

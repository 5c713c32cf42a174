//! A node of the Beacon API that streams events of a made-up chain, at mainnet's rhythm:
//! `/eth/v1/events?topics=head_v2,block`, `/metrics`, and a page at `/` that shows all of it live.
//!
//! ```text
//! cargo run --release -p esse-server --features axum,serve --example beacon -- --speed 12
//! curl -N 'http://127.0.0.1:5052/eth/v1/events?topics=head_v2,block'
//! ```
//!
//! It has the 24 topics of the specification. `head` is deprecated there in favour of `head_v2`.
//! The specification has no event IDs. Here each event has one, so that a client resumes after
//! it, and a client that missed events gets the event `missed`.

mod chain;
mod node;
mod payload;
mod routes;
mod topics;

use std::io::{self, Write};
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chain::{Chain, Volume};
use clap::Parser;
use esse_encoder::Block;
use esse_server::{Hub, serve};
use node::Node;
use tokio::net::TcpListener;
use tokio::signal::ctrl_c;

/// The reconnection time at the end. A restart takes longer than a lost connection.
const RETRY_AFTER_STOP: Duration = Duration::from_secs(2);
/// How many validators attest in each slot of mainnet, about.
const MAINNET_ATTESTATIONS: u64 = 30_000;

/// Streams the events of a made-up beacon chain to many clients.
#[derive(Parser)]
#[command(name = "beacon")]
struct Args {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// Port to listen on, or 0 for a free one; the address is printed
    #[arg(long, default_value_t = 5052)]
    port: u16,
    /// Speed relative to mainnet, whose slots take 12 seconds
    #[arg(long, default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// Attestations of single validators in a slot
    #[arg(long, default_value_t = 64)]
    attestations: u64,
    /// As many attestations as on mainnet: 30000 in a slot
    #[arg(long, conflicts_with = "attestations")]
    mainnet: bool,
    /// Size of the largest payloads, in KiB; payload attributes and attester slashings have between
    /// a quarter of it and all of it
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    large: u32,
    /// Seed of the chain; the same seed makes the same chain [default: from the clock]
    #[arg(long)]
    seed: Option<u64>,
    /// Number of events of each topic to keep for clients that come back
    #[arg(long, default_value_t = 32_768)]
    keep_events: usize,
    /// Limit on the size of all of them, in MiB
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=16_384))]
    keep_mib: u32,
    /// Redis whose stream all nodes share, such as <redis://127.0.0.1>
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Publish nothing, and stream what other nodes publish into the same Redis
    #[arg(long, requires = "redis")]
    follow_only: bool,
    /// Seconds that clients get to read what was published, when the node is stopped
    #[arg(long, default_value_t = 5)]
    drain: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("beacon: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run(args: &Args) -> Result<(), String> {
    let listener = listen(args).await?;
    let node = Arc::new(node(args)?);
    if !args.follow_only {
        let (node, chain, speed) = (Arc::clone(&node), chain(args), args.speed);
        tokio::spawn(async move { node.follow(chain, speed).await });
    }
    let served = until_ctrl_c(listener, &node.hub, Duration::from_secs(args.drain)).await;
    served.map_err(|error| error.to_string())
}

async fn listen(args: &Args) -> Result<TcpListener, String> {
    let at = (args.host, args.port);
    let cannot = |error| format!("cannot listen on {}:{}: {error}", at.0, at.1);
    TcpListener::bind(at).await.map_err(cannot)
}

fn node(args: &Args) -> Result<Node, String> {
    let hub = Hub::builder()
        .keep_events(args.keep_events)
        .keep_bytes((args.keep_mib as usize) << 20);
    match &args.redis {
        Some(url) => Node::over_redis(url, hub),
        None => Ok(Node::alone(hub)),
    }
}

fn chain(args: &Args) -> Chain {
    let attestations = if args.mainnet {
        MAINNET_ATTESTATIONS
    } else {
        args.attestations
    };
    let volume = Volume {
        attestations,
        large: (args.large as usize) << 10,
    };
    Chain::new(args.seed.unwrap_or_else(seed_of_now), volume)
}

/// A new chain each time.
fn seed_of_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default();
    (now.as_secs() << 32) | u64::from(now.subsec_nanos())
}

/// Serves until Ctrl-C. From then on nobody is accepted, clients have `drain` to read what was
/// published, and connections of clients that do not read are dropped.
async fn until_ctrl_c(listener: TcpListener, hub: &Hub, drain: Duration) -> io::Result<()> {
    let address = listener.local_addr()?;
    let draining = hub.clone();
    let interrupted = async move {
        let _ = ctrl_c().await;
        draining.drain_with(&Block::new().retry(RETRY_AFTER_STOP));
    };
    let server = serve(listener, routes::router(hub.clone()))
        .hub(hub)
        .drain_within(drain)
        .until(interrupted);
    // Ctrl-C is caught before the address is printed.
    let print = async { println!("listening on http://{address}") };
    tokio::join!(biased; server.into_future(), print).0?;
    let cut_off = match hub.metrics().closed.stalled {
        0 => "",
        _ => ", some clients did not read",
    };
    // The reader of this output may have gone.
    let _ = writeln!(io::stdout(), "stopped{cut_off}");
    Ok(())
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (0.001..=10_000.0).contains(&speed) => Ok(speed),
        _ => Err("use a number from 0.001 to 10000".to_owned()),
    }
}

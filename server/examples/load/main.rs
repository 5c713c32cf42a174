//! Measures the server beside what a user would write today: axum's `Sse` over
//! `tokio::sync::broadcast`. Loopback only; the server and its subscribers are processes of their
//! own, which this program starts of itself and ends.

mod machine;
mod measure;
mod payload;
mod process;
mod protocol;
mod serve;
mod servers;
mod subscribers;
mod table;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use measure::Plan;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use servers::Server;

/// Connections of 10,000 subscribers, and some files more.
const DESCRIPTORS: u64 = 10_200;

/// Load on the server, beside axum's own `Sse` over a broadcast channel, as Markdown tables.
#[derive(Parser)]
#[command(
    name = "load",
    after_help = "\
Exit status:
  0  measured; with --smoke: every count is right
  1  a count is wrong, or a process did not answer
  2  wrong arguments, or the limit on open files is too low"
)]
struct Cli {
    /// What to measure; everything where nothing is named
    #[arg(value_enum)]
    tables: Vec<Measurement>,
    /// Check counts with small numbers, in seconds; measure nothing
    #[arg(long)]
    smoke: bool,
    /// How often each is measured; medians are printed
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// How many subscribers idle and get events, one table row for each
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    subscribers: Vec<usize>,
    /// Which servers; the ratios are to the first
    #[arg(
        long,
        value_delimiter = ',',
        value_enum,
        default_value = "peer,esse-axum,esse,esse-direct,floor"
    )]
    servers: Vec<Server>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// Memory of idle subscribers, and CPU of each delivery
    Delivery,
    /// Memory of subscribers that do not read
    Stalled,
    /// What one stalled subscriber does to the others
    Latency,
    /// The cost of publishing against the number of subscribers
    Publish,
}

/// What this program starts itself as.
#[derive(Subcommand)]
enum Part {
    #[command(hide = true)]
    Serve { server: Server, keep: usize },
    #[command(hide = true)]
    Subscribe,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The processes that this one starts have its limit.
    let limit = if cli.smoke { Ok(()) } else { raise_limit() };
    if let Err(error) = limit {
        eprintln!("load: the limit on open files cannot be raised to {DESCRIPTORS}: {error}");
        return ExitCode::from(2);
    }
    let done = match cli.part {
        Some(Part::Serve { server, keep }) => serve::run(server, keep),
        Some(Part::Subscribe) => subscribers::run(),
        None => run(&cli),
    };
    if let Err(error) = done {
        eprintln!("load: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn raise_limit() -> nix::Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= DESCRIPTORS {
        return Ok(());
    }
    setrlimit(Resource::RLIMIT_NOFILE, DESCRIPTORS, hard.max(DESCRIPTORS))
}

fn run(cli: &Cli) -> io::Result<()> {
    let plan = Plan {
        servers: cli.servers.clone(),
        rounds: cli.rounds,
        subscribers: cli.subscribers.clone(),
    };
    if cli.smoke {
        return measure::smoke(&plan);
    }
    println!("{}", machine::header());
    let all: [(_, fn(&Plan) -> _); 4] = [
        (Measurement::Delivery, measure::delivery),
        (Measurement::Stalled, measure::stalled),
        (Measurement::Latency, measure::latency),
        (Measurement::Publish, measure::publish),
    ];
    for (table, measure) in all {
        if cli.tables.is_empty() || cli.tables.contains(&table) {
            measure(&plan)?;
        }
    }
    Ok(())
}

//! Measures the server beside what a user would write today: axum's `Sse` over
//! `tokio::sync::broadcast`. All traffic is on loopback. The server and its subscribers run in
//! processes of their own, which this program starts and ends.

mod measure;
mod payload;
mod process;
mod protocol;
mod serve;
mod servers;
mod subscribers;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use esse_bench::header::header;
use measure::Plan;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use servers::Server;

/// 10,000 connections and some other files.
const DESCRIPTORS: u64 = 10_200;

const CRATES: [&str; 7] = [
    "esse-server",
    "axum",
    "hyper",
    "hyper-util",
    "tokio",
    "tokio-stream",
    "bytes",
];

/// Load on the server beside axum's own `Sse` over a broadcast channel, as Markdown tables.
#[derive(Parser)]
#[command(
    name = "load",
    after_help = "\
Exit status:
  0  measured; with --smoke: all counts are right
  1  a count is wrong, or a process did not answer
  2  invalid arguments, or the limit on open files is too low"
)]
struct Cli {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    tables: Vec<Measurement>,
    /// Check the counts on a few subscribers, which takes seconds; measure nothing
    #[arg(long)]
    smoke: bool,
    /// Number of rounds; the tables show medians
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// Numbers of subscribers for `delivery`; also the limit for `publish`
    #[arg(long, value_delimiter = ',', default_value = "1000,10000")]
    subscribers: Vec<usize>,
    /// Servers to measure; ratios are to the first
    #[arg(
        long,
        value_delimiter = ',',
        value_enum,
        default_value = "peer,esse-axum,esse,esse-serve,floor"
    )]
    servers: Vec<Server>,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// Memory per idle subscriber and CPU per delivery
    Delivery,
    /// Memory that subscribers cost when they stop reading
    Stalled,
    /// How one stalled subscriber affects the others
    Latency,
    /// What publishing costs as the number of subscribers grows
    Publish,
}

/// The processes that this program starts.
#[derive(Subcommand)]
enum Part {
    #[command(hide = true)]
    Serve { server: Server, keep: usize },
    #[command(hide = true)]
    Subscribe,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The child processes inherit the limit.
    let limit = if cli.smoke { Ok(()) } else { raise_limit() };
    if let Err(error) = limit {
        eprintln!("load: cannot raise the limit on open files to {DESCRIPTORS}: {error}");
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
    let program = "cargo run --release -p esse-bench --features load --bin load";
    println!("{}", header(program, &CRATES));
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

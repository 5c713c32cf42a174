//! Measures the server beside what a user would write today: axum's `Sse` over
//! `tokio::sync::broadcast`. All traffic is on loopback. The server and its subscribers run in
//! processes of their own, which this program starts and ends.

mod attackers;
mod measure;
mod payload;
mod process;
mod protocol;
mod redis_server;
mod request;
mod serve;
mod servers;
mod session;
mod subscribers;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use esse_bench::header::header;
use measure::Plan;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use servers::Server;

/// 10,000 connections and some other files.
const DESCRIPTORS: u64 = 10_200;
/// The same for the largest server of `growth`.
const DESCRIPTORS_OF_GROWTH: u64 = 19_200;

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
    /// Number of rounds; the tables show medians. `cluster`, `resuming`, `stalled`, `hostile` and `file`
    /// have one round
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
    /// Subscribers of each of the four processes of `cluster`
    #[arg(long, default_value_t = 10_000)]
    cluster: usize,
    /// Clients that come back in `resuming`
    #[arg(long, default_value_t = 10_000)]
    resuming: usize,
    /// Seconds in which the readers of `stalled` stop, one after the other
    #[arg(long, default_value_t = 60)]
    stall_for: u64,
    /// Seconds of each attack of `hostile`
    #[arg(long, default_value_t = 5)]
    attack_for: u64,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// Memory per idle subscriber and CPU per delivery
    Delivery,
    /// How memory and CPU per subscriber grow up to 19,000 of them
    Growth,
    /// Four processes that serve the same events over one Redis
    Cluster,
    /// Clients that come back with old event IDs after a restart, over Redis
    Resuming,
    /// Memory that subscribers cost when they stop reading
    Stalled,
    /// How one stalled subscriber affects the others
    Latency,
    /// What publishing costs as the number of subscribers grows
    Publish,
    /// A burst of 30,030 events in a second, beside quiet topics
    Mainnet,
    /// An event of 1 GiB from a file, to readers of different speeds
    File,
    /// Attackers, and an honest subscriber beside them
    Hostile,
}

/// The processes that this program starts.
#[derive(Subcommand)]
enum Part {
    #[command(hide = true)]
    Serve { setup: String },
    #[command(hide = true)]
    Subscribe,
    #[command(hide = true)]
    Attack,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.part {
        Some(Part::Serve { setup }) => serve::run(setup),
        Some(Part::Subscribe) => subscribers::run(),
        Some(Part::Attack) => attackers::run(),
        None => {
            let descriptors = cli.descriptors();
            // The child processes inherit the limit.
            if let Err(error) = raise_limit(descriptors) {
                eprintln!("load: cannot raise the limit on open files to {descriptors}: {error}");
                return ExitCode::from(2);
            }
            run(&cli)
        }
    };
    if let Err(error) = done {
        eprintln!("load: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

impl Cli {
    fn measures(&self, table: Measurement) -> bool {
        self.tables.is_empty() || self.tables.contains(&table)
    }

    /// How many files a process may have to open.
    fn descriptors(&self) -> u64 {
        if self.smoke {
            return 0;
        }
        if self.measures(Measurement::Growth) {
            return DESCRIPTORS_OF_GROWTH;
        }
        DESCRIPTORS.max(self.cluster.max(self.resuming) as u64 + 200)
    }
}

fn raise_limit(descriptors: u64) -> nix::Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft >= descriptors {
        return Ok(());
    }
    setrlimit(Resource::RLIMIT_NOFILE, descriptors, hard.max(descriptors))
}

fn run(cli: &Cli) -> io::Result<()> {
    let plan = Plan {
        servers: cli.servers.clone(),
        rounds: cli.rounds,
        subscribers: cli.subscribers.clone(),
        cluster: cli.cluster,
        resuming: cli.resuming,
        stall_for: Duration::from_secs(cli.stall_for),
        attack_for: Duration::from_secs(cli.attack_for),
    };
    if cli.smoke {
        return measure::smoke(&plan);
    }
    let program = "cargo run --release -p esse-bench --features load --bin load";
    println!("{}", header(program, &CRATES));
    let all: [(_, fn(&Plan) -> _); 10] = [
        (Measurement::Delivery, measure::delivery),
        (Measurement::Growth, measure::growth),
        (Measurement::Cluster, measure::cluster),
        (Measurement::Resuming, measure::resuming),
        (Measurement::Stalled, measure::stalled),
        (Measurement::Latency, measure::latency),
        (Measurement::Publish, measure::publish),
        (Measurement::Mainnet, measure::mainnet),
        (Measurement::Hostile, measure::hostile),
        (Measurement::File, measure::file),
    ];
    for (table, measure) in all {
        if cli.measures(table) {
            measure(&plan)?;
        }
    }
    Ok(())
}

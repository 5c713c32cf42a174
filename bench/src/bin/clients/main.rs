//! Measures the client beside what people use today, over loopback: events for each second of CPU
//! that the client's process takes. The server is a process of its own.

mod layer;
mod read;
mod serve;

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

use clap::{Parser, Subcommand, ValueEnum};
use esse_bench::header::header;
use esse_bench::numbers::{median, ratio, significant};
use esse_bench::table::Table;

const CRATES: [&str; 7] = [
    "esse-client",
    "esse-parser",
    "reqwest-eventsource",
    "eventsource-client",
    "reqwest",
    "hyper",
    "tokio",
];

/// The client beside its peers, as Markdown tables.
#[derive(Parser)]
#[command(name = "clients")]
struct Cli {
    /// Number of rounds; the tables show medians
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Mebibytes of data in each run
    #[arg(long, default_value_t = 64)]
    mebibytes: usize,
    #[command(subcommand)]
    part: Option<Part>,
}

/// The processes that this program starts.
#[derive(Subcommand)]
enum Part {
    #[command(hide = true)]
    Serve { events: usize, bytes: usize },
    #[command(hide = true)]
    Read { client: Client, url: String },
}

#[derive(Clone, Copy, ValueEnum)]
enum Client {
    /// reqwest's stream of chunks, and the parser
    Raw,
    /// The same, with the parser's stream of events
    Stream,
    Esse,
    /// The same, with events that borrow from their chunk
    EsseBorrowed,
    ReqwestEventsource,
    #[value(name = "eventsource-client")]
    LaunchDarkly,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match &cli.part {
        Some(Part::Serve { events, bytes }) => serve::run(*events, *bytes),
        Some(Part::Read { client, url }) => read::run(*client, url),
        None => run(&cli),
    };
    if let Err(error) = done {
        eprintln!("clients: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn run(cli: &Cli) -> io::Result<()> {
    let program = "cargo run --release -p esse-bench --features clients --bin clients";
    println!("{}", header(program, &CRATES));
    println!("Events for each second of CPU of the client's process, and the ratio to `raw`.\n");
    let mut table = Table::new(1, ["client", "100 bytes", "", "4 KiB", ""]);
    let small = events_per_second(cli, 100)?;
    let large = events_per_second(cli, 4096)?;
    for (client, (small_rate, large_rate)) in Client::value_variants()
        .iter()
        .zip(small.iter().zip(&large))
    {
        let name = client.to_possible_value();
        let cells = [
            significant(*small_rate),
            ratio(small_rate / small[0]),
            significant(*large_rate),
            ratio(large_rate / large[0]),
        ];
        table.row(
            name.map_or(String::new(), |name| name.get_name().into()),
            cells,
        );
    }
    println!("{table}");
    layer::run(cli.rounds);
    Ok(())
}

/// The median of each client, in the order of the variants. The clients take turns.
fn events_per_second(cli: &Cli, bytes: usize) -> io::Result<Vec<f64>> {
    let events = (cli.mebibytes << 20) / bytes;
    let clients = Client::value_variants();
    let mut rates = vec![Vec::new(); clients.len()];
    for _ in 0..cli.rounds {
        for (client, rates) in clients.iter().zip(&mut rates) {
            rates.push(one_run(*client, events, bytes)?);
        }
    }
    Ok(rates.into_iter().map(median).collect())
}

fn one_run(client: Client, events: usize, bytes: usize) -> io::Result<f64> {
    let mut server = start(&["serve", &events.to_string(), &bytes.to_string()])?;
    let url = first_line(&mut server.0)?;
    let name = client.to_possible_value();
    let name = name.as_ref().map_or("", |name| name.get_name());
    let mut reader = start(&["read", name, &url])?;
    let line = first_line(&mut reader.0)?;
    let (seen, seconds) = line.split_once(' ').unwrap_or_default();
    if seen != events.to_string() {
        return Err(io::Error::other(format!(
            "{name} read {seen} events of {events}"
        )));
    }
    let seconds: f64 = seconds.parse().map_err(io::Error::other)?;
    Ok(esse_bench::numbers::float(events) / seconds)
}

/// This program in another role. It is killed when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> io::Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    let child = command.args(arguments).stdout(Stdio::piped()).spawn()?;
    Ok(Process(child))
}

fn first_line(child: &mut Child) -> io::Result<String> {
    let output = child.stdout.take();
    let output = output.ok_or_else(|| io::Error::other("no pipe"))?;
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

//! `esse vectors`: shows the golden vectors.

mod bytes;
mod explain;
mod export;
mod files;
mod standard;
mod wpt;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use esse_conformance::suite::{Suite, Vector};

use crate::nearest::nearest;
use crate::stop::{Stop, print};

const EXAMPLES: &str = "\
Examples:
  esse vectors                          their version, and all of them
  esse vectors list bom/                those whose ID begins with this
  esse vectors list 9.2.6/field/id      those for a place in the standard
  esse vectors explain bom/then-lf
  esse vectors export --max-bytes 100000 DIR
  esse vectors export --format wpt DIR  as web-platform-tests";

const LIST_EXAMPLES: &str = "\
Examples:
  esse vectors list bom/                those whose ID begins with this
  esse vectors list 9.2.6/field/id      those for a place in the standard";

/// Show the golden vectors: the expected results, example by example
///
/// A parse vector is an event stream and the events that it means. An encode vector is a block and
/// its bytes, or the reason why it must be refused. Each names its place in the WHATWG standard.
#[derive(clap::Args)]
#[command(before_help = EXAMPLES, version = esse_vectors::VERSION)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    List(List),
    Explain(Explain),
    Export(export::Args),
}

/// List vectors: ID, level, place in the standard, comment
#[derive(Default, Parser)]
#[command(before_help = LIST_EXAMPLES)]
struct List {
    /// Only vectors whose ID, or place in the standard, begins with this
    #[arg(default_value = "", hide_default_value = true)]
    prefix: String,
}

/// Explain a vector: its bytes, what the standard makes of them, and which bug it catches
#[derive(Parser)]
#[command(before_help = "Examples:\n  esse vectors explain bom/then-lf")]
struct Explain {
    /// The ID, as `esse vectors list` shows it
    id: String,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<ExitCode, Stop> {
    match &args.command {
        None => print(&overview(&Suite::load().map_err(broken)?))?,
        Some(Command::List(args)) => print(&list(args)?)?,
        Some(Command::Explain(args)) => print(&explain(&args.id)?)?,
        Some(Command::Export(args)) => export::run(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn broken(error: impl std::fmt::Display) -> Stop {
    Stop::BadInput(error.to_string())
}

/// The version, how many there are, and the list.
fn overview(suite: &Suite) -> String {
    let version = esse_vectors::VERSION;
    let (parse, encode) = (suite.parse.len(), suite.encode.len());
    let table = table(&suite.vectors().collect::<Vec<_>>());
    format!("esse-vectors {version}: {parse} parse vectors, {encode} encode vectors\n\n{table}")
}

fn list(List { prefix }: &List) -> Result<String, Stop> {
    let suite = Suite::load().map_err(broken)?;
    let begins =
        |vector: &&Vector| vector.id.starts_with(prefix) || vector.spec.starts_with(prefix);
    let vectors: Vec<&Vector> = suite.vectors().filter(begins).collect();
    if vectors.is_empty() {
        return Err(Stop::Trouble(format!("no vector begins with {prefix:?}")));
    }
    Ok(table(&vectors))
}

fn table(vectors: &[&Vector]) -> String {
    let id_width = vectors.iter().map(|vector| vector.id.len()).max();
    let spec_width = vectors.iter().map(|vector| vector.spec.len()).max();
    let (id_width, spec_width) = (id_width.unwrap_or(0), spec_width.unwrap_or(0));
    let row = |vector: &&Vector| {
        let Vector {
            id, spec, comment, ..
        } = vector;
        let level = vector.level;
        format!("{id:id_width$}  {level:4}  {spec:spec_width$}  {comment}\n")
    };
    vectors.iter().map(row).collect()
}

fn explain(id: &str) -> Result<String, Stop> {
    let notes = esse_vectors::notes().map_err(broken)?;
    let parse = esse_vectors::parse_vectors().map_err(broken)?;
    if let Some(vector) = parse.iter().find(|vector| vector.id == id) {
        return Ok(explain::parse_vector(vector, &notes));
    }
    let encode = esse_vectors::encode_vectors().map_err(broken)?;
    if let Some(vector) = encode.iter().find(|vector| vector.id == id) {
        return Ok(explain::encode_vector(vector, &notes));
    }
    let parse = parse.iter().map(|vector| vector.id.as_str());
    let encode = encode.iter().map(|vector| vector.id.as_str());
    let near = nearest(id, parse.chain(encode));
    Err(Stop::Trouble(format!(
        "no vector has the ID {id:?}; {near}; `esse vectors list` shows all"
    )))
}

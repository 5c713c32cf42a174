//! `esse vectors`: shows the golden vectors.

mod bytes;
mod explain;
mod export;
mod files;
mod standard;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use esse_vectors::{EncodeVector, Level, ParseVector, VectorError};

use crate::stop::{self, Stop};

const AFTER_HELP: &str = "\
Examples:
  esse vectors                          their version, and all of them
  esse vectors list bom/                those whose ID begins so
  esse vectors list 9.2.6/field/id      those for a place in the standard
  esse vectors explain bom/then-lf
  esse vectors export --format files DIR";

/// Show the golden vectors: what right is, example by example
///
/// A parse vector is an event stream and the events it must give; an encode vector is a block and
/// the bytes it must give, or why it must be refused. Each names its place in the WHATWG standard.
#[derive(clap::Args)]
#[command(after_help = AFTER_HELP, version = esse_vectors::VERSION)]
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
struct List {
    /// Only vectors whose ID, or place in the standard, begins with this
    #[arg(default_value = "", hide_default_value = true)]
    prefix: String,
}

/// Explain one vector: its bytes, what the standard makes of them, and which bug it hunts
#[derive(Parser)]
struct Explain {
    /// The ID, as `esse vectors list` shows it
    id: String,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    stop::exit(match &args.command {
        None => overview(),
        Some(Command::List(args)) => list(args),
        Some(Command::Explain(args)) => explain(args),
        Some(Command::Export(args)) => export::run(args),
    })
}

/// A vector of either kind.
enum Vector {
    Parse(ParseVector),
    Encode(EncodeVector),
}

impl Vector {
    fn all() -> Result<Vec<Self>, Stop> {
        let parse = esse_vectors::parse_vectors().map_err(|error| broken(&error))?;
        let encode = esse_vectors::encode_vectors().map_err(|error| broken(&error))?;
        Ok(parse
            .into_iter()
            .map(Self::Parse)
            .chain(encode.into_iter().map(Self::Encode))
            .collect())
    }

    fn id(&self) -> &str {
        match self {
            Self::Parse(vector) => &vector.id,
            Self::Encode(vector) => &vector.id,
        }
    }

    fn spec(&self) -> &str {
        match self {
            Self::Parse(vector) => &vector.spec,
            Self::Encode(vector) => &vector.spec,
        }
    }

    fn level(&self) -> Level {
        match self {
            Self::Parse(vector) => vector.level,
            Self::Encode(vector) => vector.level,
        }
    }

    fn comment(&self) -> &str {
        match self {
            Self::Parse(vector) => &vector.comment,
            Self::Encode(vector) => &vector.comment,
        }
    }

    fn begins_with(&self, prefix: &str) -> bool {
        self.id().starts_with(prefix) || self.spec().starts_with(prefix)
    }
}

fn broken(error: &VectorError) -> Stop {
    Stop::BadInput(error.to_string())
}

/// The list for people: with the version, and how many there are.
fn overview() -> Result<ExitCode, Stop> {
    let vectors = Vector::all()?;
    let is_parse = |vector: &&Vector| matches!(vector, Vector::Parse(_));
    let parse = vectors.iter().filter(is_parse).count();
    let encode = vectors.len() - parse;
    let version = esse_vectors::VERSION;
    let head =
        format!("esse-vectors {version}: {parse} parse vectors, {encode} encode vectors\n\n");
    print(&(head + &table(&vectors)))
}

fn list(args: &List) -> Result<ExitCode, Stop> {
    let mut vectors = Vector::all()?;
    vectors.retain(|vector| vector.begins_with(&args.prefix));
    if vectors.is_empty() {
        return Err(Stop::BadInput(format!(
            "no vector begins with {:?}",
            args.prefix
        )));
    }
    print(&table(&vectors))
}

fn table(vectors: &[Vector]) -> String {
    let width = |text: fn(&Vector) -> &str| vectors.iter().map(text).map(str::len).max();
    let (id_width, spec_width) = (
        width(Vector::id).unwrap_or_default(),
        width(Vector::spec).unwrap_or_default(),
    );
    let row = |vector: &Vector| {
        let (id, spec, comment) = (vector.id(), vector.spec(), vector.comment());
        let level = explain::level(vector.level());
        format!("{id:id_width$}  {level:4}  {spec:spec_width$}  {comment}\n")
    };
    vectors.iter().map(row).collect()
}

fn explain(args: &Explain) -> Result<ExitCode, Stop> {
    let vectors = Vector::all()?;
    let notes = esse_vectors::notes().map_err(|error| broken(&error))?;
    match vectors.iter().find(|vector| vector.id() == args.id) {
        Some(Vector::Parse(vector)) => print(&explain::parse_vector(vector, &notes)),
        Some(Vector::Encode(vector)) => print(&explain::encode_vector(vector, &notes)),
        None => Err(unknown(&args.id, &vectors)),
    }
}

/// Those in the same folder are the likeliest to be meant.
fn unknown(id: &str, vectors: &[Vector]) -> Stop {
    let folder = id.rsplit_once('/').map_or(id, |(folder, _)| folder);
    let near: Vec<&str> = vectors
        .iter()
        .map(Vector::id)
        .filter(|id| id.starts_with(folder))
        .take(5)
        .collect();
    let advice = match near.as_slice() {
        [] => "`esse vectors list` shows all".to_owned(),
        near => format!("there is {}", near.join(", ")),
    };
    Stop::BadInput(format!("no vector has the ID {id:?}; {advice}"))
}

fn print(text: &str) -> Result<ExitCode, Stop> {
    let mut output = BufWriter::new(io::stdout().lock());
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map(|()| ExitCode::SUCCESS)
        .map_err(|error| Stop::writing(&error))
}

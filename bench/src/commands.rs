//! The commands of the program, one file for each.

pub mod allocs;
pub mod corpus;
pub mod count;
pub mod encode;
pub mod instructions;
pub mod parse;
pub mod scaling;

use std::collections::BTreeSet;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::peers::{ENCODERS, EncodingSubject, Kind, SUBJECTS, Subject};
use crate::{ChunkSize, Corpus, Plan, header};

/// The chunk sizes of the tables. The last two show only how the time grows with the number of
/// chunks.
const USUAL_CHUNKS: [ChunkSize; 7] = [
    ChunkSize::Event,
    ChunkSize::Bytes(1460),
    ChunkSize::Bytes(4 << 10),
    ChunkSize::Bytes(16 << 10),
    ChunkSize::WHOLE,
    ChunkSize::Bytes(16),
    ChunkSize::Bytes(1),
];

/// The most seconds for a cell, and for a run, of `--quick`.
const QUICK: (f64, f64) = (0.08, 0.4);

/// What to measure, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Corpora [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_enum)]
    corpus: Vec<Corpus>,
    /// Chunk sizes: `event` for one event each, a number of bytes, or `whole`.
    #[arg(long, value_name = "SIZE", value_delimiter = ',')]
    chunk: Vec<ChunkSize>,
    /// Ways to use esse's parser [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',', ignore_case = true, value_parser = form_names())]
    form: Vec<String>,
    /// Peers [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = peer_names())]
    peer: Vec<String>,
    /// See all corpora within two minutes: 256 KiB of each, less time, no chunks of 16 B and 1 B.
    #[arg(long)]
    quick: bool,
    /// The most rounds.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// The size of a corpus: 1 MiB, which stays in the cache, or 64 MiB.
    #[arg(long, default_value = "hot")]
    size: Size,
    /// Seconds per subject and cell; at least three rounds are run.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.25)]
    budget: f64,
    /// Seconds after which a run is given up.
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0)]
    cap: f64,
}

/// How much of a corpus.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Size {
    Hot,
    Cold,
}

impl Options {
    fn corpora(&self) -> Vec<Corpus> {
        or_all(&self.corpus, &Corpus::ALL)
    }

    fn chunks(&self) -> Vec<ChunkSize> {
        let usual = if self.quick { 5 } else { USUAL_CHUNKS.len() };
        or_all(&self.chunk, &USUAL_CHUNKS[..usual])
    }

    fn subjects(&self) -> Vec<Subject> {
        let form = |subject: &Subject| {
            let mut forms = self.form.iter();
            self.form.is_empty()
                || forms.any(|form| form.eq_ignore_ascii_case(form_name(subject.name)))
        };
        let chosen = |subject: &&Subject| match subject.kind {
            Kind::Esse => subject.is_reference() || form(subject),
            Kind::Peer | Kind::Limit => self.wants(subject.name, subject.kind),
        };
        SUBJECTS.iter().filter(chosen).copied().collect()
    }

    fn encoders(&self) -> Vec<EncodingSubject> {
        let chosen = |subject: &&EncodingSubject| self.wants(subject.name, subject.kind);
        ENCODERS.iter().filter(chosen).copied().collect()
    }

    fn wants(&self, name: &str, kind: Kind) -> bool {
        kind != Kind::Peer || self.peer.is_empty() || self.peer.iter().any(|peer| peer == name)
    }

    fn bytes(&self) -> usize {
        match self.size {
            _ if self.quick => 256 << 10,
            Size::Hot => 1 << 20,
            Size::Cold => 64 << 20,
        }
    }

    fn plan(&self) -> Plan {
        let (mut budget, mut cap) = (self.budget, self.cap);
        if self.quick {
            (budget, cap) = (budget.min(QUICK.0), cap.min(QUICK.1));
        }
        Plan {
            rounds: self.rounds.into(),
            budget: Duration::from_secs_f64(budget.clamp(0.0, 3600.0)),
            cap: Duration::from_secs_f64(cap.clamp(0.001, 3600.0)),
        }
    }
}

/// The column that peers are sorted by: 16 KiB, if there is one.
fn sort_column(sizes: &[ChunkSize]) -> usize {
    let read = ChunkSize::Bytes(16 << 10);
    sizes.iter().position(|size| *size == read).unwrap_or(0)
}

fn or_all<T: Copy>(chosen: &[T], all: &[T]) -> Vec<T> {
    if chosen.is_empty() { all } else { chosen }.to_vec()
}

/// The lines above the tables of this program.
fn header(program: &str) -> String {
    let command = format!("cargo run --release -p esse-bench --bin {program}");
    header::header(&command, &crates())
}

/// The crates under test.
pub(crate) fn crates() -> Vec<&'static str> {
    ["esse-parser", "esse-encoder"]
        .into_iter()
        .chain(peers())
        .collect()
}

fn form_names() -> PossibleValuesParser {
    let forms = SUBJECTS
        .iter()
        .filter(|subject| subject.kind == Kind::Esse && !subject.is_reference());
    let names = forms.map(|subject| form_name(subject.name));
    names.collect::<Vec<_>>().into()
}

/// The name of a way to use esse, on the command line.
fn form_name(name: &'static str) -> &'static str {
    name.strip_prefix("esse ").unwrap_or(name)
}

/// With `none`, the tables show esse and the limits alone.
fn peer_names() -> PossibleValuesParser {
    peers()
        .into_iter()
        .chain(["none"])
        .collect::<Vec<_>>()
        .into()
}

/// The crates that are peers of esse's parser or encoder.
fn peers() -> BTreeSet<&'static str> {
    let parsers = SUBJECTS.iter().map(|subject| (subject.name, subject.kind));
    let encoders = ENCODERS.iter().map(|subject| (subject.name, subject.kind));
    parsers
        .chain(encoders)
        .filter(|(_, kind)| *kind == Kind::Peer)
        .map(|(name, _)| name)
        .collect()
}

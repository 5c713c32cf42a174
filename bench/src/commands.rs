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

/// What to measure, and for how long.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Corpora [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_enum)]
    corpus: Vec<Corpus>,
    /// Chunk sizes in bytes, or `whole`.
    #[arg(long, value_name = "SIZE", value_delimiter = ',')]
    chunk: Vec<ChunkSize>,
    /// Peers [default: all].
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = peer_names())]
    peer: Vec<String>,
    /// The most rounds.
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..))]
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

    fn chunks(&self, usual: &[ChunkSize]) -> Vec<ChunkSize> {
        or_all(&self.chunk, usual)
    }

    fn subjects(&self) -> Vec<Subject> {
        let chosen = |subject: &&Subject| self.wants(subject.name, subject.kind);
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
            Size::Hot => 1 << 20,
            Size::Cold => 64 << 20,
        }
    }

    fn plan(&self) -> Plan {
        Plan {
            rounds: self.rounds.into(),
            budget: Duration::from_secs_f64(self.budget.clamp(0.0, 3600.0)),
            cap: Duration::from_secs_f64(self.cap.clamp(0.001, 3600.0)),
        }
    }
}

/// The chunk sizes of the tables.
fn usual_chunks() -> [ChunkSize; 6] {
    let [one, sixteen, packet, read, large] = [1, 16, 1460, 16 << 10, 64 << 10].map(ChunkSize::new);
    [one, sixteen, packet, read, large, ChunkSize::WHOLE]
}

/// The column that peers are sorted by: 16 KiB, if there is one.
fn sort_column(sizes: &[ChunkSize]) -> usize {
    let read = ChunkSize::new(16 << 10);
    sizes.iter().position(|size| *size == read).unwrap_or(0)
}

fn or_all<T: Copy>(chosen: &[T], all: &[T]) -> Vec<T> {
    if chosen.is_empty() { all } else { chosen }.to_vec()
}

/// The lines above the tables.
fn header() -> String {
    header::header("cargo run --release -p esse-bench", &crates())
}

/// The crates under test.
pub(crate) fn crates() -> Vec<&'static str> {
    ["esse-parser", "esse-encoder"]
        .into_iter()
        .chain(peers())
        .collect()
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

//! How often a parser allocates, and how much.
//!
//! What counts replaces the allocator and slows it, so a program of its own runs this, and the
//! counter comes from there.

use std::time::{Duration, Instant};

use crate::commands::{Options, header};
use crate::numbers::{float, significant};
use crate::peers::{Kind, Subject};
use crate::sink::Discard;
use crate::table::Table;
use crate::{ChunkSize, Corpus, Feed, Sample};

/// Runs something and gives the number of its allocations, and their bytes.
pub type Counter = fn(&mut dyn FnMut()) -> (u64, u64);

/// Counts and prints.
pub fn run(options: &Options, counter: Counter) {
    println!("{}", header("allocations"));
    println!("Allocations per event, and bytes allocated per event.\n");
    let sizes = options.chunks();
    let mut subjects = options.subjects();
    subjects.retain(|subject| subject.kind != Kind::Limit);
    for corpus in options.corpora() {
        let sample = corpus.sample(options.bytes());
        println!("{}", table(corpus, &sample, &subjects, &sizes, counter));
    }
}

fn table(
    corpus: Corpus,
    sample: &Sample,
    subjects: &[Subject],
    sizes: &[ChunkSize],
    counter: Counter,
) -> Table {
    let heads = sizes
        .iter()
        .flat_map(|size| [size.to_string(), "bytes".into()]);
    let mut table = Table::new(1, [corpus.name()].into_iter().chain(heads));
    for subject in subjects {
        let cells = sizes
            .iter()
            .flat_map(|size| cells(subject, sample, *size, counter));
        table.row(subject.row(), cells);
    }
    table
}

fn cells(subject: &Subject, sample: &Sample, size: ChunkSize, counter: Counter) -> [String; 2] {
    let deadline = Instant::now() + Duration::from_secs(5);
    let feed = Feed::new(sample, size, deadline);
    let mut sink = Discard::new(deadline);
    let (count, bytes) = counter(&mut || {
        // One that fails is counted as far as it comes.
        let _ = (subject.parse)(&feed, &mut sink);
    });
    let per_event = |total: u64| match (total, sink.events) {
        (0, _) => "0".into(),
        (_, 0) => "–".into(),
        (total, events) => significant(float(total) / float(events)),
    };
    [per_event(count), per_event(bytes)]
}

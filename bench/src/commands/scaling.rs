//! `scaling`: whether the time is linear in the size of an event.

use esse_testkit::Random;

use crate::commands::{Options, header, usual_chunks};
use crate::corpus::fingerprint;
use crate::measure::{Cell, column};
use crate::numbers::{float, ratio, significant};
use crate::payloads::lines;
use crate::peers::{Kind, Subject};
use crate::rounds::Time;
use crate::table::Table;
use crate::{ChunkSize, Plan, Sample};

/// The number of peers that are measured, after a first look at all of them.
const BEST: usize = 3;

const MEBIBYTES: [usize; 3] = [1, 4, 16];

/// Measures and prints.
pub fn run(options: &Options) {
    println!("{}", header());
    let sizes = options.chunks(&usual_chunks());
    for shape in [Shape::Line, Shape::Lines, Shape::Comment] {
        println!("### {}\n\n{}", shape.title(), shape.table(&sizes, options));
    }
}

/// What makes the event large.
#[derive(Clone, Copy)]
enum Shape {
    Line,
    Lines,
    Comment,
}

impl Shape {
    fn title(self) -> &'static str {
        match self {
            Self::Line => "an event of one line",
            Self::Lines => "an event of lines of 40 bytes",
            Self::Comment => "a comment, then `data: x`",
        }
    }

    fn sample(self, mebibytes: usize) -> Sample {
        let size = mebibytes << 20;
        let (before, data) = match self {
            Self::Line => (String::new(), Random::new(1).hex(size)),
            Self::Lines => (String::new(), lines(size)),
            Self::Comment => (format!(": {}\n", Random::new(1).hex(size)), "x".into()),
        };
        let fields = format!("data: {}\n\n", data.replace('\n', "\ndata: "));
        Sample {
            corpus: None,
            bytes: (before + &fields).into(),
            events: vec![fingerprint("message", data.as_bytes(), "")],
        }
    }

    fn table(self, sizes: &[ChunkSize], options: &Options) -> Table {
        let samples = MEBIBYTES.map(|mebibytes| self.sample(mebibytes));
        let subjects = chosen(&samples[0], options);
        let heads = ["ns per byte", "MiB"].map(str::to_owned).into_iter();
        let mut table = Table::new(1, heads.chain(sizes.iter().map(ToString::to_string)));
        let measured = samples
            .each_ref()
            .map(|sample| measure(sample, sizes, &subjects, options));
        for (place, subject) in subjects.iter().enumerate() {
            for (mebibytes, sizes) in MEBIBYTES.iter().zip(&measured) {
                let cells = sizes.iter().map(|cells| shown(&cells[place], *mebibytes));
                table.row(
                    subject.name,
                    [mebibytes.to_string()].into_iter().chain(cells),
                );
            }
            let growth = (0..sizes.len()).map(|size| {
                let cell = |sample: &Vec<Vec<Cell>>| sample[size][place].nanoseconds();
                growth(cell(&measured[0]), cell(&measured[2]))
            });
            table.row(
                subject.name,
                ["16 / 1".to_owned()].into_iter().chain(growth),
            );
        }
        table
    }
}

/// Esse, and the best of the peers on the smallest event in chunks of 16 KiB.
fn chosen(sample: &Sample, options: &Options) -> Vec<Subject> {
    let plan = plan(options);
    let mut cells = column(
        &candidates(options),
        sample,
        ChunkSize::new(16 << 10),
        &plan,
    );
    cells.retain(|cell| cell.is_exact() && cell.nanoseconds().is_some());
    cells.sort_by(|a, b| key(a).total_cmp(&key(b)));
    cells
        .into_iter()
        .take(1 + BEST)
        .map(|cell| cell.subject)
        .collect()
}

fn key(cell: &Cell) -> f64 {
    match cell.subject.kind {
        Kind::Peer => cell.nanoseconds().unwrap_or(f64::MAX),
        Kind::Esse | Kind::Limit => 0.0,
    }
}

fn candidates(options: &Options) -> Vec<Subject> {
    let mut subjects = options.subjects();
    subjects.retain(|subject| subject.name == "esse" || subject.kind == Kind::Peer);
    subjects
}

fn measure(
    sample: &Sample,
    sizes: &[ChunkSize],
    subjects: &[Subject],
    options: &Options,
) -> Vec<Vec<Cell>> {
    let column = |size: &ChunkSize| {
        eprintln!("{} bytes, chunks: {size}", sample.bytes.len());
        column(subjects, sample, *size, &plan(options))
    };
    sizes.iter().map(column).collect()
}

fn plan(options: &Options) -> Plan {
    let plan = options.plan();
    Plan {
        rounds: plan.rounds.min(9),
        ..plan
    }
}

fn shown(cell: &Cell, mebibytes: usize) -> String {
    match cell.time {
        Time::Median(time) => significant(time / float(mebibytes << 20)),
        Time::Over(cap) => format!("> {} s", significant(cap.as_secs_f64())),
    }
}

/// The growth of the time per byte: 1 if it is linear, 16 if it is quadratic.
fn growth(small: Option<f64>, large: Option<f64>) -> String {
    match (small, large) {
        (Some(small), Some(large)) => ratio(large / small / 16.0),
        _ => "–".into(),
    }
}

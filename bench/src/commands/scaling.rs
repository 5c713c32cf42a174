//! `scaling`: whether the time is linear in the size of an event.

use esse_testkit::Random;

use crate::commands::{Options, header};
use crate::grid::Grid;
use crate::numbers::{ratio, significant};
use crate::payloads::lines;
use crate::peers::{Kind, SUBJECTS, Subject};
use crate::table::Table;
use crate::{ChunkSize, Plan, Sample, Written};

/// The number of peers that are measured, after a first look at all of them.
const BEST: usize = 3;

const MEBIBYTES: [usize; 3] = [1, 4, 16];

/// Measures and prints.
pub fn run(options: &Options) {
    println!("{}", header("esse-bench"));
    let mut sizes = options.chunks();
    // One event in one chunk is `whole`.
    sizes.retain(|size| *size != ChunkSize::Event);
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
        let bytes = before + &fields;
        Sample {
            ends: [bytes.len()].into(),
            bytes: bytes.into(),
            events: vec![Written {
                named: None,
                data,
                id: String::new(),
            }],
        }
    }

    fn table(self, sizes: &[ChunkSize], options: &Options) -> Table {
        let plan = plan(options);
        let samples = MEBIBYTES.map(|mebibytes| self.sample(mebibytes));
        let subjects = chosen(&samples[0], options, &plan);
        let grids = samples.each_ref().map(|sample| {
            eprintln!("{}, {} bytes", self.title(), sample.bytes.len());
            Grid::of_parsers(&subjects, sample, sizes, &plan)
        });
        let heads = ["ns per byte", "MiB"].map(str::to_owned).into_iter();
        let mut table = Table::new(1, heads.chain(sizes.iter().map(ToString::to_string)));
        for (place, subject) in subjects.iter().enumerate() {
            for (mebibytes, grid) in MEBIBYTES.iter().zip(&grids) {
                let columns = grid.columns.iter();
                let cells = columns.map(|column| column.shown(place, significant));
                table.row(
                    subject.row(),
                    [mebibytes.to_string()].into_iter().chain(cells),
                );
            }
            let columns = grids[0].columns.iter().zip(&grids[2].columns);
            let growth = columns.map(|(small, large)| {
                growth(
                    small.cells[place].nanoseconds(),
                    large.cells[place].nanoseconds(),
                )
            });
            table.row(
                subject.row(),
                ["16 / 1".to_owned()].into_iter().chain(growth),
            );
        }
        table
    }
}

/// Esse, and the best of the peers on the smallest event in chunks of 16 KiB.
fn chosen(sample: &Sample, options: &Options, plan: &Plan) -> Vec<Subject> {
    let mut subjects = options.subjects();
    subjects.retain(|subject| subject.name == SUBJECTS[0].name || subject.kind == Kind::Peer);
    let grid = Grid::of_parsers(&subjects, sample, &[ChunkSize::Bytes(16 << 10)], plan);
    let order = grid.order(&grid.columns[0]);
    let best = order.into_iter().filter(|place| {
        let cell = &grid.columns[0].cells[*place];
        cell.right().is_some()
    });
    best.take(1 + BEST).map(|place| subjects[place]).collect()
}

fn plan(options: &Options) -> Plan {
    let plan = options.plan();
    Plan {
        rounds: plan.rounds.min(9),
        ..plan
    }
}

/// The growth of the time per byte: 1 if it is linear, 16 if it is quadratic.
fn growth(small: Option<f64>, large: Option<f64>) -> String {
    match (small, large) {
        (Some(small), Some(large)) => ratio(large / small / 16.0),
        _ => "–".into(),
    }
}

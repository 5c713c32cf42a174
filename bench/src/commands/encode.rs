//! `encode`: the time per payload.

use std::hint::black_box;
use std::time::{Duration, Instant};

use esse_parser::{Chunk, Parser};

use crate::commands::{Options, header};
use crate::numbers::{float, ratio, significant};
use crate::peers::{EncodingSubject, Kind};
use crate::rounds::Run;
use crate::table::Table;
use crate::{Payloads, Plan};

/// The row of the limit.
const LIMIT: &str = "memcpy of the output";

/// Measures and prints.
pub fn run(options: &Options) {
    println!("{}", header());
    let subjects = options.encoders();
    let columns = Payloads::ALL.map(|payloads| Column::measure(payloads, &subjects, options));
    println!("{}", times(&subjects, &columns));
    println!("Speed over speed; a peer whose output is wrong is not the best one:\n");
    println!("{}", ratios(&columns));
    for (subject, column) in differing(&subjects, &columns) {
        println!("\\* {subject} on {column}: its output, parsed, is not the payload.\n");
    }
}

/// All encoders on the payloads of one kind; the limit is the last.
struct Column {
    payloads: Payloads,
    cells: Vec<Cell>,
}

struct Cell {
    name: &'static str,
    kind: Kind,
    is_right: bool,
    /// Nanoseconds per payload, if it was not given up.
    time: Option<f64>,
}

impl Column {
    fn measure(payloads: Payloads, subjects: &[EncodingSubject], options: &Options) -> Self {
        eprintln!("{}", payloads.title());
        let made = payloads.make();
        let output = output(&subjects[0], &made);
        let encoders = subjects.iter().map(|subject| timing(subject, &made));
        let mut runs: Vec<Run<'_>> = encoders.chain([timing_memcpy(&output)]).collect();
        let times = plan(options).measure(&mut runs);
        let cells = subjects.iter().map(|subject| Cell::new(subject, &made));
        let mut cells: Vec<Cell> = cells.chain([Cell::LIMIT]).collect();
        for (cell, time) in cells.iter_mut().zip(times) {
            cell.time = time.nanoseconds().map(|time| time / float(made.len()));
        }
        Self { payloads, cells }
    }

    fn time(&self, name: &str) -> Option<f64> {
        self.cells.iter().find(|cell| cell.name == name)?.time
    }

    fn best_peer(&self) -> Option<f64> {
        let peers = self
            .cells
            .iter()
            .filter(|cell| cell.kind == Kind::Peer && cell.is_right);
        peers.filter_map(|cell| cell.time).min_by(f64::total_cmp)
    }
}

impl Cell {
    const LIMIT: Self = Self {
        name: LIMIT,
        kind: Kind::Limit,
        is_right: true,
        time: None,
    };

    fn new(subject: &EncodingSubject, payloads: &[String]) -> Self {
        Self {
            name: subject.name,
            kind: subject.kind,
            is_right: data_of(&output(subject, payloads)) == payloads,
            time: None,
        }
    }
}

/// Runs are short: there is time for many rounds.
fn plan(options: &Options) -> Plan {
    let plan = options.plan();
    Plan {
        rounds: plan.rounds * 20,
        ..plan
    }
}

/// The payloads are copied before the clock starts, and what is left of them dropped after.
fn timing<'r>(subject: &EncodingSubject, made: &'r [String]) -> Run<'r> {
    let mut encode = (subject.start)();
    twice(move || {
        let mut payloads = made.to_vec();
        let start = Instant::now();
        encode(&mut payloads, &mut |bytes| {
            black_box(bytes);
        });
        start.elapsed()
    })
}

fn timing_memcpy(output: &[u8]) -> Run<'_> {
    let mut copy = Vec::new();
    twice(move || {
        let start = Instant::now();
        copy.clear();
        copy.extend_from_slice(output);
        black_box(&copy);
        start.elapsed()
    })
}

/// The first time brings the buffer that is kept back into the cache, as if no other had run.
fn twice<'r>(mut run: impl FnMut() -> Duration + 'r) -> Run<'r> {
    Box::new(move |_| {
        run();
        run()
    })
}

/// All the bytes that an encoder makes of the payloads.
fn output(subject: &EncodingSubject, payloads: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    (subject.start)()(&mut payloads.to_vec(), &mut |part| {
        bytes.extend_from_slice(part);
    });
    bytes
}

fn data_of(stream: &[u8]) -> Vec<String> {
    let (mut parser, mut chunk) = (Parser::new(), Chunk::new(stream));
    let mut data = Vec::new();
    while let Ok(Some(event)) = parser.next_event(&mut chunk) {
        data.push(event.data.to_owned());
    }
    data
}

fn times(subjects: &[EncodingSubject], columns: &[Column]) -> Table {
    let mut table = table("ns per payload", columns);
    let names = subjects.iter().map(|subject| subject.name).chain([LIMIT]);
    for (place, name) in names.enumerate() {
        table.row(
            name,
            columns.iter().map(|column| shown(&column.cells[place])),
        );
    }
    table
}

fn shown(cell: &Cell) -> String {
    let mark = if cell.is_right { "" } else { "*" };
    let time = cell.time.map_or("too long".into(), significant);
    format!("{time}{mark}")
}

fn ratios(columns: &[Column]) -> Table {
    let mut table = table("ratio", columns);
    for name in ["esse", "esse DataWriter", "esse Frame"] {
        let best = |column: &Column| quotient(column.best_peer(), column.time(name));
        table.row(format!("{name} / best peer"), columns.iter().map(best));
        let limit = |column: &Column| quotient(column.time(LIMIT), column.time(name));
        table.row(format!("{name} / memcpy"), columns.iter().map(limit));
    }
    table
}

fn quotient(time: Option<f64>, over: Option<f64>) -> String {
    match (time, over) {
        (Some(time), Some(over)) => ratio(time / over),
        _ => "–".into(),
    }
}

fn table(first: &str, columns: &[Column]) -> Table {
    let titles = columns.iter().map(|column| column.payloads.title());
    Table::new(1, [first].into_iter().chain(titles))
}

fn differing<'c>(
    subjects: &[EncodingSubject],
    columns: &'c [Column],
) -> impl Iterator<Item = (&'static str, &'static str)> + use<'c> {
    let count = subjects.len();
    columns.iter().flat_map(move |column| {
        let wrong = column.cells[..count].iter().filter(|cell| !cell.is_right);
        wrong.map(|cell| (cell.name, column.payloads.title()))
    })
}

//! Rows and columns of measured cells, and the ratios between them.

use std::fmt;
use std::time::{Duration, Instant};

use crate::numbers::{float, ratio, significant};
use crate::peers::{Kind, Subject};
use crate::rounds::{Run, Time};
use crate::sink::Discard;
use crate::table::Table;
use crate::{ChunkSize, Feed, Plan, Sample, Verdict};

/// A row for each subject, and a column for each thing that they work on.
pub(crate) struct Grid {
    pub(crate) rows: Vec<Row>,
    pub(crate) columns: Vec<Column>,
}

/// What a row is about.
#[derive(Clone)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The type of its chunks.
    pub(crate) input: &'static str,
}

/// What all subjects did with the same input.
pub(crate) struct Column {
    pub(crate) title: String,
    /// The number of bytes, events or payloads; the tables show the time for one of them.
    pub(crate) units: f64,
    /// Whether the ratios of this column are shown.
    pub(crate) has_ratios: bool,
    pub(crate) cells: Vec<Cell>,
}

/// What one subject did.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) time: Time,
    /// How the result differs from the right one.
    pub(crate) wrong: Option<String>,
}

/// The speed of one row over that of another.
pub(crate) struct Comparison {
    pub(crate) row: String,
    pub(crate) other: Other,
}

/// What a row is compared with.
pub(crate) enum Other {
    /// The fastest peer whose result is right. If a type of chunks is given, it gets these.
    BestPeer(Option<&'static str>),
    /// The row of this name.
    Row(String),
}

impl Grid {
    /// Checks the parsers, then times them in interleaved rounds.
    pub(crate) fn of_parsers(
        subjects: &[Subject],
        sample: &Sample,
        sizes: &[ChunkSize],
        plan: &Plan,
    ) -> Self {
        let columns = sizes.iter().map(|size| Column {
            title: size.to_string(),
            units: float(sample.bytes.len()),
            has_ratios: !matches!(size, ChunkSize::Bytes(..=16)),
            cells: cells(subjects, sample, *size, plan),
        });
        Self {
            rows: subjects.iter().map(Row::of).collect(),
            columns: columns.collect(),
        }
    }

    /// The rows by this column: esse as listed, peers by speed, then the limits.
    pub(crate) fn order(&self, column: &Column) -> Vec<usize> {
        let key = |place: &usize| match self.rows[*place].kind {
            Kind::Esse => (0, 0.0),
            Kind::Peer => (1, column.cells[*place].right().unwrap_or(f64::MAX)),
            Kind::Limit => (2, 0.0),
        };
        let mut order: Vec<usize> = (0..self.rows.len()).collect();
        order.sort_by(|a, b| {
            let ((a, time), (b, other)) = (key(a), key(b));
            a.cmp(&b).then(time.total_cmp(&other))
        });
        order
    }

    /// All cells, in the order of a column. `show` gets nanoseconds per unit.
    pub(crate) fn table(&self, head: &str, by: usize, show: impl Fn(f64) -> String) -> Table {
        let titles = self.columns.iter().map(|column| &*column.title);
        let mut table = Table::new(1, [head].into_iter().chain(titles));
        for place in self.order(&self.columns[by]) {
            let columns = self.columns.iter();
            let cells = columns.map(|column| column.shown(place, &show));
            table.row(&self.rows[place].name, cells);
        }
        table
    }

    pub(crate) fn ratios(&self, comparisons: &[Comparison]) -> Table {
        let titles = self.columns_with_ratios().map(|column| &*column.title);
        let mut table = Table::new(1, ["speed / speed"].into_iter().chain(titles));
        for comparison in comparisons {
            let cells = self
                .columns_with_ratios()
                .map(|column| self.ratio(column, comparison));
            table.row(comparison.to_string(), cells);
        }
        table
    }

    pub(crate) fn columns_with_ratios(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.has_ratios)
    }

    /// How many times as fast it is, and as which peer.
    pub(crate) fn ratio(&self, column: &Column, comparison: &Comparison) -> String {
        let cell = |name: &str| {
            let place = self.rows.iter().position(|row| row.name == name)?;
            column.cells[place].nanoseconds()
        };
        let quotient = |other: f64| Some(ratio(other / cell(&comparison.row)?));
        let shown = match &comparison.other {
            Other::Row(name) => cell(name).and_then(quotient),
            Other::BestPeer(input) => self.best_peer(column, *input).and_then(|(time, name)| {
                let ratio = quotient(time)?;
                Some(format!("{ratio} {name}"))
            }),
        };
        shown.unwrap_or_else(|| "–".into())
    }

    fn best_peer(&self, column: &Column, input: Option<&str>) -> Option<(f64, &str)> {
        let rows = self.rows.iter().zip(&column.cells);
        rows.filter(|(row, _)| row.kind == Kind::Peer)
            .filter(|(row, _)| input.is_none_or(|input| row.input == input))
            .filter_map(|(row, cell)| Some((cell.right()?, &*row.name)))
            .min_by(|(a, _), (b, _)| a.total_cmp(b))
    }

    /// Prints the first difference of each row. Stars in the table mark the others.
    pub(crate) fn print_differences(&self, on: &str) {
        for (place, row) in self.rows.iter().enumerate() {
            let mut columns = self.columns.iter();
            let wrong = columns.find_map(|column| {
                let how = column.cells[place].wrong.as_ref()?;
                Some((&column.title, how))
            });
            if let Some((title, how)) = wrong {
                println!("\\* {}, {on}{title}: {how}.\n", row.name);
            }
        }
    }
}

impl Row {
    fn of(subject: &Subject) -> Self {
        Self {
            name: subject.row(),
            kind: subject.kind,
            input: subject.input,
        }
    }
}

impl Column {
    /// A cell as the tables show it.
    pub(crate) fn shown(&self, place: usize, show: impl Fn(f64) -> String) -> String {
        let cell = &self.cells[place];
        let number = match cell.time {
            Time::Least(time) => show(time / self.units),
            Time::Over(cap) => format!("> {} s", significant(cap.as_secs_f64())),
        };
        let mark = if cell.wrong.is_some() { "*" } else { "" };
        number + mark
    }
}

impl Cell {
    pub(crate) fn nanoseconds(&self) -> Option<f64> {
        self.time.nanoseconds()
    }

    /// The time, if the result is right.
    pub(crate) fn right(&self) -> Option<f64> {
        self.nanoseconds().filter(|_| self.wrong.is_none())
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.other {
            Other::BestPeer(None) => write!(f, "{} / best peer", self.row),
            Other::BestPeer(Some(input)) => write!(f, "{} / best peer of {input}", self.row),
            Other::Row(other) => write!(f, "{} / {other}", self.row),
        }
    }
}

fn cells(subjects: &[Subject], sample: &Sample, size: ChunkSize, plan: &Plan) -> Vec<Cell> {
    let verdict = |subject: &Subject| match subject.kind {
        Kind::Limit => Verdict::Exact,
        Kind::Esse | Kind::Peer => subject.verdict(sample, size, plan.cap),
    };
    let verdicts: Vec<Verdict> = subjects.iter().map(verdict).collect();
    let subject_and_verdict = subjects.iter().zip(&verdicts);
    let mut runs: Vec<Run<'_>> = subject_and_verdict
        .map(|(subject, verdict)| match verdict {
            Verdict::Late => Box::new(|_| plan.cap * 2) as Run<'_>,
            _ => Box::new(|deadline| time(subject, sample, size, deadline)),
        })
        .collect();
    let times = plan.measure(&mut runs);
    let cells = verdicts.iter().zip(times).map(|(verdict, time)| Cell {
        time,
        wrong: match verdict {
            Verdict::Differs(how) => Some(how.clone()),
            Verdict::Exact | Verdict::Late => None,
        },
    });
    cells.collect()
}

fn time(subject: &Subject, sample: &Sample, size: ChunkSize, deadline: Instant) -> Duration {
    let feed = Feed::new(sample, size, deadline);
    let mut sink = Discard::new(deadline);
    let start = Instant::now();
    // One that fails or differs is timed as far as it comes, and marked in the table.
    let _ = (subject.parse)(&feed, &mut sink);
    start.elapsed()
}
